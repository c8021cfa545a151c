"""What somebody should know of the GPUs' memory before a sweep begins: rows that do not fit, and other users."""

from collections.abc import Iterator, Sequence

from bench.cell import Cell
from bench.running.devices import memory_in_use
from bench.settings import Settings
from bench.sweep.room import fit, room_of_row
from bench.sweep.survey import survey
from bench.sweep.wording import gigabytes
from bench.sweep.workforce import Workforce

MAX_IN_USE = 0.1
"""A part of a GPU's memory; more than that is somebody else's program, and not the driver."""


def memory_notes(cells: Sequence[Cell], settings: Settings, place: Workforce) -> Iterator[str]:
    """Lines on rows of `cells` (those to run) that need more than the GPUs have, and on GPUs that are in use."""
    if not place.gpus:
        return
    found = survey(cells, settings, quietly=True)
    for name, standings in found.rows.items():
        needed = room_of_row(
            [standing.cell for standing in standings], found.records, alone=name not in found.named.several
        )
        if needed is not None and fit(needed, place).startswith("no"):
            yield (
                f"{name} needs about {gigabytes(needed.needed)} of GPU memory for each cell, more than there is: cells "
                "that run out of it are tried again with half the batch (smaller batches: "
                "training.per_device_train_batch_size, training.gradient_checkpointing=true)"
            )
    for number, gpu in enumerate(place.gpus):
        used = memory_in_use(gpu)
        if used is not None and gpu.total_memory and used > MAX_IN_USE * gpu.total_memory:
            total = gigabytes(gpu.total_memory)
            yield f"GPU {number} ({gpu.name}): other programs use {gigabytes(used)} of its {total}"
