"""Which rows everything is measured against."""

from collections.abc import Mapping

import pandas as pd

from bench.report.statistics.classical import baseline_of
from bench.report.statistics.correctness import Grid
from bench.report.statistics.race import Race
from bench.report.statistics.significance import Place, Verdicts
from bench.report.statistics.ties import standing

CLASSICAL, FINE_TUNING, PROBE = "classical", "fine-tuning", "probe"
"""Roles of methods (`bench.config.method.base.Role`)."""


def baseline(cells: pd.DataFrame, asked: str | None = None) -> str | None:
    """The classical row that is `asked` for; the usual one where it is not among `cells`; None where none is."""
    return baseline_of(rows_with(cells, CLASSICAL), asked)


def rows_with(cells: pd.DataFrame, role: str) -> list[str]:
    """The rows whose method has this role, in the order of `cells`."""
    return [str(row) for row in cells.loc[cells["role"] == role, "row"].drop_duplicates()]


def verdicts(
    cells: pd.DataFrame, answers: Grid, asked: str | None = None, races: Mapping[Place, Race] | None = None
) -> Verdicts:
    """What tells the rows of `answers` apart: planned are comparisons with the baseline and with probes. `races` are of
    the points where rows raced, by label count and size."""
    probes, tuned = rows_with(cells, PROBE), rows_with(cells, FINE_TUNING)
    return Verdicts(answers, baseline(cells, asked), probes, tuned, unequal_places(cells), races or {})


def unequal_places(cells: pd.DataFrame) -> set[tuple[int, int]]:
    """The label counts and training sizes where cells of one task (and seed) had different examples."""
    if "examples_sha256" not in cells:
        return set()
    digests = cells.groupby(["num_labels", "train_size", "seed"], observed=True)["examples_sha256"].nunique()
    return {(int(labels), int(size)) for labels, size, _ in digests[digests > 1].index}


def simpler_rows(told: Verdicts) -> list[str]:
    """What fine-tuning is held against: the baseline, and the best probe (at the most training examples).

    Rows without answers are left out.
    """
    answers, probes = told.grid, list(told.probes)
    places = [(point.num_labels, point.train_size) for point in answers if point.row in probes]
    best = standing(answers, *max(places), probes, told) if places else None
    simpler = (told.baseline, None if best is None else best.best)
    return [row for row in simpler if row is not None and any(point.row == row for point in answers)]
