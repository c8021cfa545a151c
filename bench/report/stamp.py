"""Whether a report is still what its records would give: a stamp beside the page says what it was made of.

The stamp holds a fingerprint of everything that a report is made of, and how each file was when it was written. It is
written last and taken away before anything is drawn, so a report that was cut short has none. Where anything is in
doubt the report is drawn again: a wrong "unchanged" would be a lie, a needless drawing costs a minute.
"""

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.results.regular import read_json
from bench.results.store import (
    PREDICTIONS,
    RECORD,
    FileState,
    Stamp,
    file_stamp,
    file_states,
    texts_folder,
    write_atomically,
)

PAGE, MARKDOWN = "index.html", "index.md"
STAMP = ".stamp.json"
PACKAGE = Path(__file__).parents[1]
CODE = (
    "report",
    "bounds.py",
    "results",
    "escape",
    "metrics",
    "errors.py",
    "kind.py",
    "rights.py",
    "wording.py",
    "running/__init__.py",
    "running/cgroups.py",
    "running/cores.py",
    "running/garbage.py",
)
"""Of `bench`: what a report is made by."""
SOURCES = (".py", ".j2", ".css", ".js", ".csv")


def unchanged_page(expected: Sequence[ExpectedCell], folder: Path, options: ReportOptions) -> Path | None:
    """The page in `folder` if `page.write_report` with the same arguments would write the same; None if in doubt."""
    known = _read(folder)
    made_of = fingerprint(expected, options)
    if (
        known is None
        or made_of is None
        or known.get("made_of") != made_of
        or not _are_there(folder, known.get("files"))
    ):
        return None
    return folder / PAGE


def fingerprint(expected: Sequence[ExpectedCell], options: ReportOptions) -> str | None:
    """A digest of the cells, the files that they left, `options`, the report's code and all installed packages.

    Files of cells go in by place, size and times, not by content: that takes a second for ten thousand of them. None
    where somebody has no right to look at them.
    """
    digest = hashlib.sha256()
    try:
        files = list(_files_of(expected))
    except OSError:
        return None
    for part in (options, sys.version, _packages(), list(expected), files):
        digest.update(f"{part!r}\n".encode())
    for path in _code():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PACKAGE)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def forget(folder: Path) -> None:
    """Take the stamp away, before a file of the report changes. A folder in its place is none, and stays."""
    path = folder / STAMP
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)


def remember(folder: Path, made_of: str, written: Mapping[Path, Stamp]) -> None:
    """Stamp the report in `folder`: `made_of` is the fingerprint from before it was drawn, `written` are its files.

    Hidden files are caches, which no reader misses.
    """
    ours = {path: stamp for path, stamp in written.items() if path.is_relative_to(folder) and path.name[0] != "."}
    files = {str(path.relative_to(folder)): stamp for path, stamp in ours.items()}
    write_atomically(folder / STAMP, json.dumps({"made_of": made_of, "files": files}).encode())


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        content = read_json(folder / STAMP)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _are_there(folder: Path, files: Any) -> bool:
    """Whether all files of a stamp are as they were written, the page among them."""
    if not isinstance(files, dict) or PAGE not in files:
        return False
    return all(list(file_stamp(folder / name) or ()) == stamp for name, stamp in files.items())


def _packages() -> list[tuple[str, str]]:
    """All that are installed: which of them a figure depends on, nobody can list."""
    return sorted((found.name, found.version) for found in importlib.metadata.distributions())


def _code() -> Iterable[Path]:
    for name in CODE:
        place = PACKAGE / name
        yield from sorted(path for path in place.rglob("*") if path.suffix in SOURCES) if place.is_dir() else [place]


def _files_of(expected: Sequence[ExpectedCell]) -> Iterable[list[FileState]]:
    """The record and predictions of each cell, then the texts that cells share."""
    for cell in expected:
        yield file_states(cell.folder, RECORD, PREDICTIONS)
    for folder in dict.fromkeys(texts_folder(cell.folder) for cell in expected):
        yield file_states(folder, "")
