"""Records on disk: written whole or not at all, read back, found.

A cell's folder holds `record.json`, the predictions file that the record names, and `log.txt`. The texts of test
examples are kept once for all cells that were judged on them, two folders above (`texts_path`).
The predictions file is written first, under a name made of its content; renaming the record is the one step
that makes both valid, so a killed writer leaves the old pair or the new one.
"""

import errno
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import said
from bench.escape.terminal import say
from bench.results import places
from bench.results.record import Record, Status, parse
from bench.results.regular import NO_WRITING, read_regular
from bench.rights import share

if TYPE_CHECKING:
    import pandas as pd  # a third of a second, which those who only look for records need not wait

RECORD = places.RECORD
LOG = "log.txt"
PREDICTIONS = "predictions-"
"""The beginning of a name that goes on with the content's hash."""
TEXTS = "texts"
MAX_PREDICTIONS = 8 * 2**30
"""Bytes of a file of predictions or texts."""
MAX_CHARACTERS = 1000
"""Of a text that is kept."""
MAX_TEXTS = 20_000
"""Of a test set, the first."""


_HASH = re.compile(r"^(?:predictions|test)-([0-9a-f]{12,64})\.parquet$")
"""Of the names that `write` makes of contents."""

Stamp = tuple[int, int, int]
"""Of a file: inode, modification time in ns, size in bytes."""
_written: ContextVar[dict[Path, Stamp] | None] = ContextVar("_written", default=None)


class UnreadableRecord(Exception):
    """A record file that is there and cannot be read; it counts as not done."""


class Damaged(Exception):
    """A file whose name says what its content's hash is, and it is not."""


def write(
    folder: Path,
    record: Record,
    predictions: "pd.DataFrame | None" = None,
    texts: "pd.DataFrame | None" = None,
) -> Record:
    """Keep `record` and its predictions in `folder`, in place of what was there, and the test examples' `texts`.

    Returns the record as written, which names its predictions file. Raises OSError where the disk refuses, ValueError
    where there is no writing it (a text that is none), and then leaves what was there before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = None
    if predictions is not None:
        content = to_parquet(predictions)
        name = f"{PREDICTIONS}{hashlib.sha256(content).hexdigest()[:12]}.parquet"
        write_atomically(folder / name, content)
    kept = None if texts is None else _kept_texts(folder, texts)
    record = record.model_copy(update={"predictions_file": name, "texts_file": kept})
    write_atomically(folder / RECORD, record.to_json().encode())
    _remove_stale(folder, keep=name)
    return record


def check_place(folder: Path) -> None:
    """Raise OSError where a record in `folder` could not take the place of what is there: a folder."""
    path = folder / RECORD
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _kept_texts(folder: Path, texts: "pd.DataFrame") -> str | None:
    """What `keep_texts` gives; None where something is in the way of the texts, which no record shall be lost for."""
    try:
        return keep_texts(folder, texts)
    except OSError as error:
        if error.errno in NO_WRITING:
            raise
        say(f"warning: the texts of the test examples cannot be kept: {said(error)}", error=True)
        return None


def keep_texts(folder: Path, texts: "pd.DataFrame") -> str:
    """Keep test examples (columns id and text) for the cell in `folder`, unless they are there; return their name.

    Their content is their name, so that writers can't be in each other's way. Long texts are cut, and of huge sets
    the first examples are kept: they are for reading. Raises OSError.
    """
    some = texts.head(MAX_TEXTS)
    some = some.assign(
        text=[text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…" for text in some["text"]]
    )
    content = to_parquet(some)
    name = f"test-{hashlib.sha256(content).hexdigest()[:16]}.parquet"
    path = texts_path(folder, name)
    if not _holds(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    return name


def _holds(path: Path, content: bytes) -> bool:
    try:
        return read_regular(path, len(content)) == content
    except OSError:  # there is none, or what is there is damaged: it is written anew
        return False


def texts_path(folder: Path, name: str) -> Path:
    """Where the cell in `folder` has the texts of this name: beside the rows of its data set."""
    return texts_folder(folder) / Path(name).name


def texts_folder(folder: Path) -> Path:
    """Where the cell in `folder` and others have their texts."""
    return folder.parent.parent / TEXTS


def _remove_stale(folder: Path, keep: str | None) -> None:
    """Remove predictions that no record names any more, and what a killed writer left half-written."""
    for pattern in (f"{PREDICTIONS}*.parquet", f".{PREDICTIONS}*", f".{RECORD}.*"):
        for path in folder.glob(pattern):
            if path.name != keep:
                with suppress(OSError):  # what is no file, or not ours, takes room and nothing else
                    path.unlink()


def to_parquet(frame: "pd.DataFrame") -> bytes:
    """`frame` as the bytes of a Parquet file, the same for the same content."""
    return frame.to_parquet(path=None, index=False, compression="zstd")


def write_atomically(path: Path, content: bytes) -> None:
    """Write to a temporary file in the same folder, flush it to disk, rename it to `path`."""
    written_so_far = _written.get()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            written = _stamp(os.fstat(file.fileno()))
        share(Path(temporary))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    if written_so_far is not None:
        written_so_far[path] = written


@contextmanager
def record_writes() -> Iterator[dict[Path, Stamp]]:
    """Gather what `write_atomically` writes meanwhile, each file with the stamp that it got."""
    files: dict[Path, Stamp] = {}
    token = _written.set(files)
    try:
        yield files
    finally:
        _written.reset(token)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(folder: Path) -> Record | None:
    """The record in `folder`; None where there is none. Raises UnreadableRecord."""
    path = folder / RECORD
    try:
        text = read_regular(path).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableRecord(f"{path}: {error}") from error
    try:
        return parse(text)
    except ValueError as error:
        raise UnreadableRecord(f"{path}: {error}") from error


def read_predictions(folder: Path, record: Record) -> "pd.DataFrame | None":
    """The predictions that `record` names (columns: see `Record.predictions_file`); None where it has none.

    Raises OSError, and Damaged where they are not those that were written.
    """
    if record.predictions_file is None:
        return None
    import pandas as pd

    return pd.read_parquet(io.BytesIO(read_named(folder / Path(record.predictions_file).name)))


def read_named(path: Path) -> bytes:
    """The content of a file that `write` named after it. Raises OSError, and Damaged where it is another one by now."""
    content, said = read_regular(path, MAX_PREDICTIONS), _HASH.search(path.name)
    if said is None:
        raise Damaged(f"{path.name} is no name that a file of this program has")
    if not hashlib.sha256(content).hexdigest().startswith(said[1]):
        raise Damaged(f"{path.name} is damaged: its content is not what was written under this name")
    return content


def stamp(folder: Path) -> Stamp | None:
    """What is different after a new record was written to `folder`; None where there is none."""
    return file_stamp(folder / RECORD)


def file_stamp(path: Path) -> Stamp | None:
    """What is different after `path` was written; None where it can't be looked at."""
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):  # a NUL in its name is a ValueError
        return None


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_mtime_ns, found.st_size


FileState = tuple[str, int, int, int, int]
"""Of a file: its name, inode, times of its last change of content and of anything (ns), size in bytes."""


def file_states(folder: Path, *prefixes: str) -> list[FileState]:
    """States of the files in `folder` with one of `prefixes`, by name; none without such a folder. Raises OSError.

    They differ after a file was written, replaced, removed, or given other rights.
    """
    try:
        with os.scandir(folder) as files:
            return sorted(_state_of(file) for file in files if file.name.startswith(prefixes))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _state_of(file: "os.DirEntry[str]") -> FileState:
    try:
        found = file.stat()
    except FileNotFoundError:  # a link to nowhere
        found = file.stat(follow_symlinks=False)
    return file.name, found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def status(folder: Path) -> Status | None:
    """How the cell in `folder` ended; None where it has no readable record."""
    try:
        record = read(folder)
    except UnreadableRecord:
        return None
    return None if record is None else record.status


def status_since(folder: Path, before: Stamp | None) -> Status | None:
    """How the cell in `folder` ended by a record that is not the one of stamp `before`; None where there is none."""
    return None if stamp(folder) == before else status(folder)


def scan(results_dir: Path) -> Iterator[Path]:
    """The folders of cells below `results_dir` that hold a record file (`places.find_records`), in a fixed order."""
    yield from places.find_records(results_dir).own
