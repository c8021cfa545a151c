"""A study of 8 cells of which some are done, its report, and a drawing that ends when a test says so."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.address import LOCAL, address_of
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.watch.drawing import Drawn
from bench.watch.server import Server, listen
from bench.watch.study import Study, study_of
from bench.watch.watcher import Watcher
from tests.report import simulate
from tests.report.blank import draw_blanks
from tests.support.cli import composed
from tests.sweep import simulated

DONE = 5
"""Cells of the study that are done at first."""


class ByHand:
    """Drawings that end when a test says so; `begun` are their words, `at_once` how many there were at one time."""

    def __init__(self) -> None:
        self.begun: list[Sequence[str]] = []
        self.running = self.at_once = self.killed = 0
        self.result: Drawn | None = None

    def __call__(self, words: Sequence[str]) -> "ByHand":
        self.begun.append(words)
        self.running += 1
        self.at_once = max(self.at_once, self.running)
        return self

    def ended(self) -> Drawn | None:
        """What `finish` gave."""
        result, self.result = self.result, None
        self.running -= result is not None
        return result

    def end(self) -> None:
        """As Ctrl-C."""
        self.killed += 1

    def finish(self, code: int = 0, output: str = "report: here\n", complaints: str = "") -> None:
        """The drawing ends so."""
        self.result = Drawn(code, output, complaints)


@pytest.fixture
def by_hand() -> ByHand:
    return ByHand()


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Of `python -m bench -m`."""
    return words_in(tmp_path)


def words_in(folder: Path) -> list[str]:
    """Those of a study in `folder`, which is made there."""
    options, conf, _, experiment = simulated.small(folder)
    places = [f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")]
    return [f"{options}={conf}", experiment, *places]


def finish(words: Sequence[str], folder: Path, first: int, last: int) -> None:
    """Write whole records of these cells."""
    simulated.finish_whole(composed("-m", *words)[first:last], folder / "results")


@pytest.fixture
def study(words: list[str], tmp_path: Path) -> Study:
    return begun(words, tmp_path)


def begun(words: Sequence[str], folder: Path) -> Study:
    """The study of `words_in(folder)`, with some of its cells done."""
    finish(words, folder, 0, DONE)
    return study_of([*words])


@pytest.fixture
def report(study: Study, tmp_path: Path) -> Path:
    return report_of(study, tmp_path)


def report_of(study: Study, folder: Path) -> Path:
    """The folder of its report, which has one of any other grid in it."""
    cells = simulate.grid(folder / "simulated", [("minilm", "lora"), ("tfidf_sgd", None)], num_labels=(2,))
    simulate.run(cells)
    with pytest.MonkeyPatch.context() as patched:
        draw_blanks(patched)
        write_report(cells, study.folder, ReportOptions("mine"))
    return study.folder


@contextmanager
def watched(study: Study, draw: ByHand | None = None, every: float = 0.0) -> Iterator[Watcher]:
    """A watcher that looks many times a second."""
    with Watcher(study, every, draw or ByHand(), look=0.02) as watcher:
        yield watcher


@contextmanager
def served(watcher: Watcher, host: str = LOCAL) -> Iterator[Server]:
    """A server on any free port."""
    with listen(address_of(host), 0, watcher) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
