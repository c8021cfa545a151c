"""Odd files in a folder of results: each costs its own cell or table at most, is told, and the report is drawn."""

import errno
import hashlib
import io
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.report import page
from bench.results import store
from bench.results.claims import CLAIM
from bench.sweep.index import INDEX
from tests.support.cli import call, composed
from tests.sweep import simulated


class Place:
    """A finished sweep of 8 cells with its report's folder, and what commands say of it."""

    def __init__(self, folder: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """`made` is a folder in which the sweep was finished, of which this is a copy."""
        self.folder, self.capsys = folder, capsys
        shutil.copytree(made / "results", folder / "results")
        self.cells: list[Cell] = list(map(to_cell, composed(*words_of(made))))
        self.words = [*words_of(made), *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache"))]
        self.report = folder / "reports" / "mine"

    def of(self, number: int) -> Path:
        return self.cells[number].folder(self.folder / "results")

    def predictions(self, number: int) -> Path:
        return next(self.of(number).glob("predictions-*"))

    @property
    def texts(self) -> Path:
        return next(store.texts_folder(self.of(0)).iterdir())

    def says(self, command: str, *words: str) -> tuple[str, str]:
        """Standard output and error of a command that ends well."""
        self.capsys.readouterr()
        code = call(*self.words, f"command={command}", *words)
        said = self.capsys.readouterr()
        assert code == 0, said.err
        assert "Traceback" not in said.out + said.err
        return said.out, said.err

    def draws(self) -> str:
        """The report's page as text, drawn now."""
        out, _ = self.says("report", "redraw=true")
        assert out == f"report: {self.report / 'index.html'}\n"
        assert len(pd.read_csv(self.report / "results.csv")) == len(self.cells)
        return (self.report / "index.md").read_text()


def words_of(made: Path) -> list[str]:
    return ["--config-dir", str(made / "conf"), "-m", "+experiment=mine"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sweep is finished."""
    folder = tmp_path_factory.mktemp("made")
    simulated.finish_whole(composed(*simulated.small(folder)), folder / "results")
    return folder


@pytest.fixture
def place(tmp_path: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, made, capsys)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without figures, which take seconds; each section has a guard of its own."""
    monkeypatch.setattr(page, "make_sections", lambda view: [])


def written(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)


KINDS: dict[str, Callable[[Path], Any]] = {
    "folder": Path.mkdir,
    "full folder": lambda path: (path / "x").mkdir(parents=True),
    "pipe": os.mkfifo,
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "circle": lambda path: path.symlink_to(path.name),
    "empty": written(b""),
    "zeros": written(bytes(1000)),
    "deep": written(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": written(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "digits": written(b"9" * 100_000),
    "NaN": written(b"NaN"),
    "Infinity": written(b'{"format": Infinity, "entries": {}, "key": Infinity}'),
    "half a character": written(b'{"format": "\\ud800", "key": "\\ud800"}'),
    "no UTF-8": written(b'{"format": "\xff", "key": "\xff"}'),
    "cut gzip": written(b"\x1f\x8b\x08\x00\x00"),
    "cut Parquet": written(b"PAR1" + bytes(20)),
    "another user's": lambda path: path.write_bytes(b"{}"),
}


def forbid(monkeypatch: pytest.MonkeyPatch, closed: set[str]) -> None:
    """Files that are another user's, though the tests may be root's."""
    real = os.open

    def refuse(path: Any, *options: Any, **more: Any) -> int:
        if str(path) in closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *options, **more)

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("first", range(0, len(KINDS), 3))
def test_odd_things_in_the_place_of_files(place: Place, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records and predictions; of the first kind also texts, a claim, what is remembered of records, answers, pages."""
    kinds, closed = list(KINDS)[first : first + 3], set()
    records = [place.of(number) / store.RECORD for number in range(3)]
    predictions = [place.predictions(number) for number in range(3, 6)]
    memory = [place.folder / "results" / INDEX, place.report / ".stamp.json", place.report / ".answers.parquet"]
    others, texts = [place.texts, place.of(6) / CLAIM, *memory], place.texts.name
    place.report.mkdir(parents=True)
    for kind, *paths in zip(kinds, records, predictions, strict=False):
        for path in (*paths, *(others if kind == kinds[0] else ())):
            path.unlink(missing_ok=True)
            KINDS[kind](path)
            if kind == "another user's":
                closed.add(str(path))
    forbid(monkeypatch, closed)
    said = place.draws()
    for cell in place.cells[: len(kinds)]:
        (line,) = (line for line in said.splitlines() if cell.key in line)
        assert "unreadable" in line
    count = "1 cell" if len(kinds) == 1 else f"{len(kinds)} cells"
    assert f"The predictions of {count} that finished ok can't be read" in said
    for number, path in list(enumerate(predictions, start=3))[: len(kinds)]:
        assert f"{place.cells[number].key}: {path.name}" in said
    assert "## Texts that can't be read" in said
    assert f"The texts in 1 file can't be read, and mistakes are shown without them. {texts}" in said
    _, error = place.says("status")
    assert error.startswith("warning: ")
    assert str(place.of(0)) in error
    assert error.count("\n") == 1


def renamed(path: Path, content: bytes, results: Path) -> None:
    """Put `content` in a file's place, under the name that it would have, in all records too."""
    kind, length = ("predictions", 12) if path.name.startswith("predictions") else ("test", 16)
    name, old = f"{kind}-{hashlib.sha256(content).hexdigest()[:length]}.parquet", path.name
    path.unlink()
    path.with_name(name).write_bytes(content)
    for record in [path.with_name(store.RECORD)] if kind == "predictions" else results.rglob(store.RECORD):
        record.write_text(record.read_text().replace(old, name))


def odd_table(content: bytes, noise: random.Random) -> bytes:
    """A table with something wrong in one column, or in all."""
    frame = pd.read_parquet(io.BytesIO(content))
    column, first = noise.choice(list(frame.columns)), noise.randrange(1, len(frame))
    if (kind := noise.randrange(4)) == 0:
        frame = frame.drop(columns=column)
    elif kind == 1:
        frame = noise.choice([frame.head(first), frame.tail(first), pd.concat([frame, frame]), frame.iloc[::-1]])
    elif kind == 2:
        value = noise.choice([7, 1.5, None, True, b"\xff\xfe", ["x"], [0.5, 0.5], {"a": 1}, pd.Timestamp("2025-01-01")])
        frame[column] = [value] * len(frame)
    else:
        value = noise.choice([None, "x" * 100_000, "", "label 1"])
        if column != "probabilities":
            frame[column] = [value, *list(frame[column])[1:]]
    return store.to_parquet(frame)


def damaged(content: bytes, noise: random.Random) -> bytes:
    """A byte flipped, or the file cut."""
    place = noise.randrange(len(content))
    if noise.random() < 0.3:
        return content[:place]
    return content[:place] + bytes([content[place] ^ (1 << noise.randrange(8))]) + content[place + 1 :]


VALUES = (
    None, True, 0, 1, -1, 0.5, 1e30, 2**62, 2**70, float("nan"), float("inf"), "", "x" * 5000, "\ud800", "\udcff", "\0",
    "[/]", "<b>&", [], {}, [None], [[1, 2], [3, 4]], {"a": 1}, {"\ud800": 1},
)  # fmt: skip


def odd_record(path: Path, noise: random.Random) -> None:
    """Something in a record is another thing, gone, or of another length."""
    content = json.loads(path.read_text())

    def within(part: Any) -> list[tuple[Any, Any]]:
        names = list(part) if isinstance(part, dict) else list(range(min(len(part), 3)))
        found = [(part, name) for name in names if name != "key"]
        return found + [below for name in names if isinstance(part[name], dict | list) for below in within(part[name])]

    part, name = noise.choice(within(content))
    if (kind := noise.randrange(4)) == 0:
        del part[name]
    elif kind == 1 and isinstance(part[name], list):
        part[name] = noise.choice([part[name][:-1], part[name] * 2])
    elif kind == 2 and type(part[name]) in (int, float):
        part[name] *= noise.choice([0, -1, 1000, 1e-300, 1e300])
    else:
        part[name] = noise.choice(VALUES)
    path.write_text(json.dumps(content))


def change_all(place: Place, noise: random.Random) -> None:
    """Something odd in the files of all cells but the last, and in the texts that they share."""
    for number in range(len(place.cells) - 1):
        kind = noise.choice(["record", "record", "table", "bytes", "name"])
        path = place.predictions(number)
        if kind == "record":
            odd_record(place.of(number) / store.RECORD, noise)
        elif kind == "table":
            renamed(path, odd_table(path.read_bytes(), noise), place.folder / "results")
        elif kind == "bytes":
            renamed(path, damaged(path.read_bytes(), noise), place.folder / "results")
        else:
            path.with_name(os.fsdecode(b"predictions-\xff.parquet")).write_bytes(path.read_bytes())
            (place.of(number).parent / os.fsdecode(b"\xff")).mkdir(exist_ok=True)
    change = noise.choice([odd_table, damaged])
    renamed(place.texts, change(place.texts.read_bytes(), noise), place.folder / "results")


@pytest.mark.usefixtures("bare")
def test_whatever_stands_in_files_the_report_is_drawn(place: Place) -> None:
    """Files whose names are right for what they hold, so that only their content is odd."""
    shutil.copytree(place.folder / "results", place.folder / "whole")
    for seed in range(5):
        shutil.rmtree(place.folder / "results")
        shutil.copytree(place.folder / "whole", place.folder / "results")
        change_all(place, random.Random(seed))
        place.draws()
        place.says("status")


def test_with_all_its_sections(place: Place) -> None:
    change_all(place, random.Random(100))
    place.draws()
    assert "This section could not be made" not in (place.report / "index.md").read_text()


@pytest.mark.usefixtures("bare")
def test_names_that_are_no_utf_8(place: Place) -> None:
    """Folders, files, links that go round in a circle, wherever a report or a plan looks."""
    place.draws()
    results = place.folder / "results"
    folders = [results, results / "topics", store.texts_folder(place.of(0)), place.of(0), place.report]
    for folder in (*folders, place.report / "tables", place.folder / "reports"):
        odd = folder / os.fsdecode(b"\xff")
        odd.mkdir()
        (odd / os.fsdecode(b"\xfe")).symlink_to(os.fsdecode(b"\xfe"))
        (folder / os.fsdecode(b"record\xff.json")).write_text("{}")
    assert "can't be read" not in place.draws()
    assert place.says("status")[1] == ""
