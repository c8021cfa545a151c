"""Cells to submit, and settings under which nothing waits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.results import store
from bench.results.record import Status
from bench.running.recording import failed
from bench.settings import Settings
from bench.sweep.slurm.options import SlurmOptions
from tests.test_cell import BASELINE, content


def cells(count: int) -> list[Cell]:
    return [to_cell(content(model=BASELINE, seed=seed)) for seed in range(count)]


def settings(tmp_path: Path) -> Settings:
    return to_settings({"results_dir": str(tmp_path / "results"), "device": "cpu"})


def options(**given: Any) -> SlurmOptions:
    return SlurmOptions(**{"poll_seconds": 0.001, "grace_seconds": 0.001, **given})


def leave_record(cell: Cell, given: Settings, status: Status = Status.ERROR) -> None:
    folder = cell.folder(given.results_dir)
    store.write(folder, failed(cell, status, ValueError("x"), "2026-01-01", "cpu"))


def stamps(chosen: Sequence[Cell], given: Settings) -> dict[str, store.Stamp | None]:
    """Of the records that cells have now."""
    return {cell.key: store.stamp(cell.folder(given.results_dir)) for cell in chosen}
