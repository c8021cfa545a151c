"""Which rows everything is measured against."""

import pandas as pd

from bench.report.statistics.correctness import Grid
from bench.report.statistics.significance import Verdicts
from bench.report.statistics.ties import standing

PROBE = "linear_probe"
NOT_TUNED = (PROBE, "zero_shot")
"""Methods that leave the model as it is."""


def baseline(cells: pd.DataFrame) -> str | None:
    """Of the rows without a method, the first that trains; None where the grid has none."""
    rows = cells.loc[cells["method"].isna() & (cells["train_size"] > 0), "row"]
    return None if rows.empty else str(rows.min())


def verdicts(cells: pd.DataFrame, answers: Grid) -> Verdicts:
    """What tells the rows of `answers` apart: planned are comparisons with the baseline and with linear probes."""
    methods = methods_of(cells)
    probes = [row for row, method in methods.items() if method == PROBE]
    tuned = [row for row, method in methods.items() if method not in NOT_TUNED]
    return Verdicts(answers, baseline(cells), probes, tuned, unequal_places(cells))


def unequal_places(cells: pd.DataFrame) -> set[tuple[int, int]]:
    """The label counts and training sizes where cells of one task (and seed) had different examples."""
    if "examples_sha256" not in cells:
        return set()
    digests = cells.groupby(["num_labels", "train_size", "seed"], observed=True)["examples_sha256"].nunique()
    return {(int(labels), int(size)) for labels, size, _ in digests[digests > 1].index}


def simpler_rows(cells: pd.DataFrame, told: Verdicts) -> list[str]:
    """What fine-tuning is held against: the baseline, and the best linear probe (at the most training examples).

    Rows without answers are left out.
    """
    answers, probes = told.grid, list(told.probes)
    places = [(point.num_labels, point.train_size) for point in answers if point.row in probes]
    best = standing(answers, *max(places), probes, told) if places else None
    simpler = (baseline(cells), None if best is None else best.best)
    return [row for row in simpler if row is not None and any(point.row == row for point in answers)]


def methods_of(cells: pd.DataFrame) -> dict[str, str]:
    """The method of each row that has one, without what tells its variants apart."""
    known = cells.loc[cells["method"].notna(), ["row", "method"]].drop_duplicates()
    return {str(line.row): str(line.method).split()[0] for line in known.itertuples()}
