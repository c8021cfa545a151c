"""A folder to work in, files as people have them, and `bench init` in this process."""

import csv
from pathlib import Path

import pytest

from tests.support.texts import topics

LABELS = ("delivery", "billing", "returns")


def rows(count: int = 60) -> list[tuple[str, str]]:
    """`count` texts of each label."""
    frame = topics(count, labels=LABELS)
    return list(zip(frame["text"], frame["label"], strict=True))


def write_csv(path: Path, header: list[str], lines: list[list[object]], delimiter: str = ",") -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *lines])


def initialised(*words: str) -> int:
    """The exit code of `bench init`, which asks nothing and plans nothing."""
    from bench.init.__main__ import main

    return main([*words, "--yes", "--no-plan"])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command is run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path


@pytest.fixture
def tickets(here: Path) -> int:
    """A file with the usual troubles, `tickets.csv`; how many of its rows can be used."""
    usable = rows()
    lines: list[list[object]] = [[number, text, label] for number, (text, label) in enumerate(usable)]
    lines += [
        [900, "", "billing"],
        [901, "nobody said what this is", ""],
        ["", "", ""],
        [902, "a parcel that came late", "delivery "],
        [903, "a bill that is wrong", "Billing"],
    ]
    write_csv(here / "tickets.csv", ["ticket", "body", "queue"], lines)
    return len(usable) + 2
