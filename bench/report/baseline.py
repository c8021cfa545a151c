"""Which rows everything is measured against."""

import pandas as pd

from bench.report.statistics.correctness import Grid
from bench.report.statistics.ties import standing

PROBE = "linear_probe"


def baseline(cells: pd.DataFrame) -> str | None:
    """Of the rows without a method, the first that trains; None where the grid has none."""
    rows = cells.loc[cells["method"].isna() & (cells["train_size"] > 0), "row"]
    return None if rows.empty else str(rows.min())


def simpler_rows(cells: pd.DataFrame, answers: Grid) -> list[str]:
    """What fine-tuning is held against: the baseline, and the best linear probe (at the most training examples).

    Rows without answers are left out.
    """
    probes = [row for row, method in methods_of(cells).items() if method == PROBE]
    places = [(point.num_labels, point.train_size) for point in answers if point.row in probes]
    best = standing(answers, *max(places), probes) if places else None
    simpler = (baseline(cells), None if best is None else best.best)
    return [row for row in simpler if row is not None and any(point.row == row for point in answers)]


def methods_of(cells: pd.DataFrame) -> dict[str, str]:
    """The method of each row that has one, without what tells its variants apart."""
    known = cells.loc[cells["method"].notna(), ["row", "method"]].drop_duplicates()
    return {str(line.row): str(line.method).split()[0] for line in known.itertuples()}
