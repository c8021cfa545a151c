"""Heatmaps of differences: rows less the baseline, and ours less published."""

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from bench.report.content.wording import capitalised, in_words, metric_words, only_data_set, usual_seeds
from bench.report.figures import style
from bench.report.figures.heatmap import Contents, Marks, contents_of, draw_grid, grid_note
from bench.report.figures.heatmap_cells import APART, Number, Shade
from bench.report.figures.published import UNTRAINED
from bench.report.inputs.frame import summary_frame
from bench.report.statistics.metrics import lower_is_better
from bench.report.statistics.variance import Values
from bench.results.record import Status

NO_BASELINE = "no baseline"
"""The status of a difference whose other side did not finish."""
MIN_REACH = 0.1
"""Of the colours on both sides of zero: less would show noise as if it were much."""
TASK = ["num_labels", "train_size", "seed"]


def less_baseline(cells: pd.DataFrame, metric: str, baseline: str) -> pd.DataFrame:
    """`cells` (of `cells_frame`, one data set) without the baseline's, with `metric` less the baseline's on the same
    task; a cell of which one side is missing is not `ok`.

    A cell that uses no training examples comes once for each training size that the baseline has.
    """
    base = cells[cells["row"] == baseline]
    others = cells[cells["row"] != baseline]
    sizes = base[["num_labels", "train_size"]].drop_duplicates()
    untrained = others[others["train_size"] == 0].drop(columns="train_size").merge(sizes, on="num_labels")
    others = pd.concat([others[others["train_size"] > 0], untrained], ignore_index=True)
    theirs = others[TASK].merge(base[[*TASK, metric, "status"]], on=TASK, how="left")
    finished = others["status"] == Status.OK.value
    no_other = finished & (theirs["status"] != Status.OK.value).fillna(True).to_numpy()
    others[metric] = others[metric] - theirs[metric].to_numpy()
    others["status"] = others["status"].mask(no_other, NO_BASELINE)
    others["row"] = pd.Categorical(others["row"], categories=cells["row"].cat.categories, ordered=True)
    return others


def significant_marks(found: pd.DataFrame) -> Marks:
    """`APART` where `statistics.tables.difference_frame` tells two rows apart."""
    apart = found[found["is_significant"].astype(bool)]
    return {(str(one.row), int(one.num_labels), int(one.train_size)): APART for one in apart.itertuples()}  # type: ignore[arg-type]


@style.applied
def differences(cells: pd.DataFrame, metric: str, baseline: str, marks: Marks | None = None) -> Figure | None:
    """Draw each row's `metric` less that of the row `baseline`, seed by seed on the same examples.

    `marks` are `APART` where a paired test tells the two apart, by row, label count and training size.
    None where there is nothing to compare. Raises ValueError unless `cells` are of exactly one data set.
    """
    data = style.called(only_data_set(cells))
    others = less_baseline(cells, metric, baseline)
    if others[metric].isna().all():
        return None
    summary = summary_frame(others)
    name = metric_words(metric)
    base = style.called(baseline)
    title = f"{capitalised(name)} on {data}: difference to {base}"
    better = "Below" if lower_is_better(metric) else "Above"
    note = f"{better} zero (green) is better than {base}. Differences are taken seed by seed. "
    shade = around_zero(summary[f"{metric}_mean"], lower_is_better=lower_is_better(metric))
    rows = list(cells["row"].cat.categories)
    if marks:
        note += f"{APART} significantly different from {base} (paired test of the two alone, p < 0.05; the best row's "
        note += "is corrected for the choice). "
    contents = contents_of(summary, metric, signed=True, marks=marks)
    words = (title, note + grid_note(others, summary), f"difference in {name}")
    return draw_grid(contents, rows, shade, words, usual_seeds(summary))


@style.applied
def less_published(lines: pd.DataFrame, rows: list[str], data: str, note: str) -> Figure | None:
    """Draw ours less published of one metric (`published.beside_ours`); None where we have no such point.

    The small print of a cell is the sampling error of the published test set, a standard error.
    """
    if lines["difference"].isna().all():
        return None
    ours = lines[lines["our_size"].notna()]
    contents: Contents = {_place(line): _content(line) for line in ours.itertuples()}
    metric = str(lines["metric"].iloc[0])
    title = f"{capitalised(metric_words(metric))} on {data}: ours less published"
    if lines["standard_error"].notna().any():
        note = f"{note} ± SE: the sampling error of the published test set alone; two of them are within chance."
    shade = around_zero(lines["difference"], lower_is_better=False)
    return draw_grid(contents, rows, shade, (title, note, "ours less published"), 1)


def _place(line: Any) -> tuple[str, int, int]:
    return str(line.row), int(line.num_labels), int(line.our_size)


def _content(line: Any) -> Number | str:
    if pd.isna(line.difference):
        return in_words(str(line.not_ok)).replace(", ", "\n") or "not\nmeasured"
    error = "" if pd.isna(line.standard_error) else f"±{line.standard_error:.3f} SE"
    small = f"{error}\n{UNTRAINED}" if not line.our_size and error else error or UNTRAINED
    return Number(line.difference, np.nan, 1, 1, small, signed=True)


def around_zero(values: pd.Series | Values, *, lower_is_better: bool) -> Shade:
    """Two colours that meet at zero, green for better; told apart by all kinds of colour vision."""
    known = np.abs(np.asarray(values, dtype=np.float64))
    reach = max(float(np.nanmax(known)) if not np.isnan(known).all() else 0, MIN_REACH)
    return Shade(matplotlib.colormaps["BrBG_r" if lower_is_better else "BrBG"], Normalize(-reach, reach))
