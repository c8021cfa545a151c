"""A made-up runner, as CONTRIBUTING describes one, and an observer that hears of its cells."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from bench.bounds import Positive
from bench.cell import Cell
from bench.config import FORBID
from bench.errors import UserError
from bench.results.claims import Claims
from bench.results.store import Stamp
from bench.running.observers import chosen
from bench.settings import Settings
from bench.sweep.progress import Progress
from bench.sweep.runners.base import Runner
from bench.sweep.slots import Slot
from bench.sweep.workforce import Workforce


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineOptions:
    """Of the made-up runner."""

    at_once: Positive = 3

    __pydantic_config__ = FORBID


class Inline(Runner):
    """Runs the cells one after the other in this process."""

    name = "inline"
    schema = InlineOptions

    def check(self, cells: Sequence[Cell], settings: Settings) -> None:
        """It runs nothing on a GPU."""
        if settings.device == "cuda":
            raise UserError("hydra/launcher=inline has no GPU")

    def workforce(self, settings: Settings, cells: int) -> Workforce:
        """As many as it is told."""
        return Workforce("cpu", (), 1, self.options.at_once)

    def run(
        self, cells: Sequence[Cell], settings: Settings, progress: Progress, stamps: Mapping[str, Stamp | None]
    ) -> None:
        """In this process."""
        from bench.running.run import run_cell

        slot = Slot("here")
        with Claims(settings.results_dir) as claims, closing(chosen(settings, progress, warn=progress.warn)) as told:
            for cell in cells:
                assert claims.take(cell.folder(settings.results_dir), settings.device)
                progress.start(slot, cell)
                progress.advance(cell, run_cell(cell, settings, observer=told).status, slot)


HEARING = """
from pathlib import Path
from bench.running.observers import Observer

class Hearing(Observer):
    def __init__(self, settings):
        self.file = Path(settings.results_dir, "heard.txt")

    def hear(self, word):
        with self.file.open("a") as file:
            file.write(word + "\\n")

    def on_record(self, cell, folder, record):
        self.hear(record.status.value)

    def close(self):
        self.hear("closed")

def observer(settings):
    return Hearing(settings)
"""
