"""Every point of a data set's grid as plain data: how it ended, what was scored, what it cost."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.report.content.parts import known_number
from bench.report.statistics.paired import Comparison
from bench.report.study.pairs import numbers_of
from bench.report.tables.results import state_of
from bench.report.view import View

Place = tuple[str, int, int]
"""Row, label count and training size."""
COSTS = ("train_seconds", "total_seconds", "price", "memory_gib", "texts_per_second", "energy_wh")
"""What a point costs (`ceilings.Cost`)."""
UNKNOWN_COSTS: dict[str, Any] = dict.fromkeys((*COSTS, "gpu"))


def points(view: View) -> list[dict[str, Any]]:
    """One entry a point of the grid, in the order of the summary; what is not known is null.

    Scores are of the metric that decides. A point of an untrained row (size 0) has no difference to the baseline: it
    has one at every size of the baseline, among the pairs.
    """
    column = view.deciding.column
    intervals, costs, tests = _intervals(view), _costs(view), _tests(view.cells)
    made = []
    lines: Any = view.summary.itertuples()
    for line in lines:
        place = (str(line.row), int(line.num_labels), int(line.train_size))
        low, high, examples = intervals.get(place, (None, None, tests.get(place)))
        made.append(
            {
                **dict(zip(("row", "labels", "size"), place, strict=True)),
                "state": state_of(line.n_ok, line.n_expected, line.not_ok) or "done",
                "seeds": int(line.n_ok),
                "seeds_expected": int(line.n_expected),
                "examples": examples,
                "mean": known_number(getattr(line, f"{column}_mean")),
                "low": low,
                "high": high,
                "sd": known_number(getattr(line, f"{column}_sd")),
                **costs.get(place, UNKNOWN_COSTS),
                "over_baseline": _over_baseline(view, place),
            }
        )
    return made


def _intervals(view: View) -> dict[Place, tuple[float | None, float | None, int]]:
    """Low, high and the number of test examples."""
    frame = view.intervals(view.deciding.column)
    lines: Any = [] if frame is None else frame.itertuples()
    return {
        (line.row, line.num_labels, line.train_size): (
            known_number(line.low),
            known_number(line.high),
            int(line.num_examples),
        )
        for line in lines
    }


def _costs(view: View) -> dict[Place, dict[str, Any]]:
    return {
        place: {**{name: getattr(cost, name) for name in COSTS}, "gpu": cost.on_gpu}
        for place, cost in view.costs.items()
    }


def _tests(cells: pd.DataFrame) -> Mapping[Place, int]:
    """The smallest test set of each point's seeds, where it is known."""
    sizes = cells.groupby(["row", "num_labels", "train_size"], observed=True)["num_test"].min().dropna()
    found: Any = sizes.items()
    return {(str(row), int(labels), int(size)): int(count) for (row, labels, size), count in found}


def _over_baseline(view: View, place: Place) -> dict[str, Any] | None:
    row, labels, size = place
    if view.baseline is None or row == view.baseline or not size:
        return None
    one: Comparison | None = view.verdicts.of(row, view.baseline, labels, size)
    return None if one is None else numbers_of(one)
