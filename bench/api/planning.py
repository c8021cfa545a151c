"""What a sweep would run: `plan`."""

from typing import TYPE_CHECKING, Any

from bench.api.grid import composed, words_of_sweep
from bench.options.refusal import refusals

if TYPE_CHECKING:
    import pandas as pd

    from bench.sweep.forecast import Forecast
    from bench.sweep.room import Room
    from bench.sweep.survey import Standing

_TYPES = {
    **dict.fromkeys(("key", "row", "model", "method", "data", "infeasible", "seconds_from"), "string"),
    **dict.fromkeys(("num_labels", "train_size", "seed"), "int64"),
    "state": "category",
    "to_run": "bool",
    "seconds": "float64",
    "gpu_memory_bytes": "Int64",
    "gpu_memory_measured": "boolean",
}


def plan(experiment: str | None = None, **options: Any) -> "pd.DataFrame":
    """What `sweep` with the same words would run: one line a cell. Nothing is run or downloaded.

    Columns: key, row, model, method, data, num_labels, train_size, seed; state (done, running, interrupted, failed,
    pruned, missing); to_run; infeasible (why the data can't give it, else null); seconds that it would take (null
    where it is not run) and `seconds_from` (records, records of like cells, or a guess); gpu_memory_bytes of its row's
    largest cell (null for rows that need no GPU) and whether that was measured. Raises UserError.
    """
    import pandas as pd

    from bench.sweep.forecast import forecast
    from bench.sweep.room import room_of_row
    from bench.sweep.rows import row_names

    grid = composed(words_of_sweep(experiment, options))
    with refusals():
        made = forecast(grid.cells, grid.settings, grid.runner, quietly=True)
    names, lines = row_names(grid.cells), {}
    for row, standings in made.found.rows.items():
        alone = row not in made.found.named.several
        room = room_of_row([each.cell for each in standings], made.found.records, alone=alone)
        for standing in standings:
            model, method = names[key := standing.cell.key]
            named = {"row": row, "model": model, "method": method}
            lines[key] = {**named, **_of_cell(standing, made), **_of_memory(room)}
    frame = pd.DataFrame([{"key": cell.key, **lines[cell.key]} for cell in grid.cells])
    return frame.astype(_TYPES)


def _of_cell(standing: "Standing", made: "Forecast") -> dict[str, Any]:
    """What is known of one cell, and how long it would take."""
    cell, task = standing.cell, standing.cell.task
    why = made.infeasible.get(task) if standing.wanted else None
    takes = made.durations.of(cell) if standing.wanted and why is None else None
    return {
        "data": task.data.name,
        "num_labels": task.num_labels,
        "train_size": task.train_size,
        "seed": task.seed,
        "state": standing.state.value,
        "to_run": takes is not None,
        "infeasible": why,
        "seconds": None if takes is None else takes.seconds,
        "seconds_from": None if takes is None else str(takes.basis),
    }


def _of_memory(room: "Room | None") -> dict[str, Any]:
    """What a row takes of a GPU."""
    return {
        "gpu_memory_bytes": None if room is None else round(room.tensors),
        "gpu_memory_measured": None if room is None else room.measured,
    }
