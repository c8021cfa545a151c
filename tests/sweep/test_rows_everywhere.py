"""Plan, status, progress and summary call the rows of a grid as its report does."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.results.record import Status
from bench.sweep.duration import Basis, Durations
from bench.sweep.index import Index
from bench.sweep.launch import expected_cells
from bench.sweep.progress import Progress
from bench.sweep.rows import rows_of
from bench.sweep.runners.pool import Pool
from bench.sweep.slots import Slot
from bench.sweep.summary import print_summary
from bench.sweep.survey import survey
from tests.support.cli import composed
from tests.sweep import simulated

RANKS = ("model=bert_base", "method.r=4,256")
NAMES = ["bert_base lora r=4", "bert_base lora r=256"]


@pytest.fixture
def two(words: list[str]) -> list[str]:
    """Two rows of 4 cells, which differ in the rank alone."""
    return [*words, *RANKS]


def cells(words: list[str]) -> list[Cell]:
    return [to_cell(content) for content in composed(*words)]


def row(text: str, name: str) -> list[str]:
    """The words of the table's row `name`, up to the next row."""
    return text.partition(f" {name} ")[2].split()


def test_they_are_those_of_the_report(two: list[str]) -> None:
    grid = cells(two)
    settings = to_settings(composed(*two)[0])
    assert rows_of(grid).labels == {expected.key: expected.row for expected in expected_cells(grid, settings)}
    assert list(dict.fromkeys(rows_of(grid).labels.values())) == NAMES
    assert rows_of(grid).several == set(NAMES)
    assert rows_of([cell for cell in grid if cell.method.r == 4]).several == set()


def test_each_row_has_its_memory_and_its_time(
    two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Memory by arithmetic as long as a row has no records: those of the other one are not of it."""

    def seconds(cell: Cell) -> float:
        return 20.0 if cell.method.r == 4 else 60.0

    before = simulated.said("plan", two, tmp_path, capsys)
    small, large = (row(before, name) for name in NAMES)
    assert small[:3] == large[:3] == ["4", "0", "4"]
    assert float(small[3]) < float(large[3])
    simulated.finish(
        composed(*two), tmp_path / "results", lambda cell: Status.OK if cell.task.seed == 0 else None, seconds
    )
    after = simulated.said("plan", two, tmp_path, capsys)
    small, large = (row(after, name) for name in NAMES)
    assert small[:3] == large[:3] == ["4", "2", "2"]
    place = small.index("GB") + 1
    assert [small[place : place + 2], large[place : place + 2]] == [["20", "s*"], ["60", "s*"]]


def test_records_of_another_row_are_marked(two: list[str], tmp_path: Path) -> None:
    grid = cells(two)
    simulated.finish(
        composed(*two), tmp_path / "results", lambda cell: Status.OK if cell.method.r == 4 else None, lambda _: 20.0
    )
    settings = to_settings(composed(*two, f"results_dir={tmp_path / 'results'}")[0])
    found = survey(grid, settings)
    entries = [entry for entry in found.records if entry.status is Status.OK]
    place = Pool().workforce(settings, 1)
    durations = Durations(entries, place, rows=found.named)
    assert {durations.of(cell).basis for cell in grid if cell.method.r == 256} == {Basis.LIKE}
    with Index(tmp_path / "results") as index:
        assert all(index.of(cell) is None for cell in grid if cell.method.r == 256)


def test_status_has_two_rows(two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulated.finish(composed(*two), tmp_path / "results", lambda cell: Status.OK if cell.method.r == 4 else None)
    said = simulated.said("status", two, tmp_path, capsys)
    assert "bert_base lora r=4 4 4 bert_base lora r=256 4 4 all 8 4 4" in said


def test_progress_and_summary(two: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where but a part of the grid is left to run."""
    grid = cells(two)
    names = rows_of(grid).labels
    todo = [cell for cell in grid if cell.method.r == 256]
    slot = Slot("cpu")
    with Progress(todo, rows=names) as progress:
        progress.start(slot, todo[0])
        progress.advance(todo[0], Status.OK, slot)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"cpu begins with {todo[0].key} (bert_base lora r=256)"
    assert said[1].startswith(f"[1/4] ok: {todo[0].key} (bert_base lora r=256; ")
    terminal = Console(file=io.StringIO(), force_terminal=True, width=200)
    with Progress(todo, terminal, rows=names) as progress:
        progress.start(slot, todo[0])
        progress.bars.refresh()
    assert "bert_base lora r=256, 2 labels, 8 examples, seed 0" in terminal.file.getvalue()
    print_summary([(cell, None) for cell in grid], to_settings(composed(*two)[0]), names)
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "bert_base lora r=4 4" in said
    assert "bert_base lora r=256 4" in said
