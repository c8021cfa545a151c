"""Workers of which there are more or fewer in the course of a sweep."""

from multiprocessing import Pipe
from pathlib import Path

import pytest

from bench.compose import to_cell
from bench.settings import Settings
from bench.sweep.pool import run_workers
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from bench.sweep.stopped import Stopped
from bench.sweep.workers import Workers
from tests.support.cli import composed
from tests.sweep import simulated


class Late(Workers):
    """Slots that come one by one, or do not."""

    def __init__(self, *said: Slot | str) -> None:
        super().__init__(PoolOptions())
        self.left = len(said)
        self.news, self.tell = Pipe(duplex=False)
        for each in said:
            self.tell.send(each)

    @property
    def waits(self) -> bool:  # type: ignore[override]
        return self.left > 0

    def hear(self) -> str | None:
        self.left -= 1
        assert self.news is not None
        said = self.news.recv()
        if isinstance(said, Slot):
            self.idle.append(said)
            return None
        return said


def run(folder: Path, *said: Slot | str) -> None:
    cells = [cell for cell in map(to_cell, composed(*simulated.small(folder))) if cell.method is None]
    settings = Settings(results_dir=str(folder / "results"), cache_dir=str(folder / "cache"), device="cpu")
    with Progress(cells) as progress:
        run_workers(cells, settings, progress, {cell.key: None for cell in cells}, Late(*said))


def test_a_worker_that_comes_late_runs_the_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "one is used no more: its node is gone", Slot("other"))
    assert "warning: one is used no more: its node is gone" in capsys.readouterr().out
    assert len(list((tmp_path / "results").rglob("record.json"))) == 4


def test_a_sweep_without_any_stops(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="no worker is left: two is used no more"):
        run(tmp_path, "one is used no more: its node is gone", "two is used no more: its node is gone")
    assert not list((tmp_path / "results").rglob("record.json"))
