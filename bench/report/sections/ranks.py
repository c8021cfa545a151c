"""The section on ranks: which rows are in front at the largest sizes of a data set, and over data sets."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from bench.report.content.parts import Entry, Picture, Section, Titled
from bench.report.content.table import table
from bench.report.content.verdict_words import place_text
from bench.report.content.words import listed, p_text
from bench.report.figures.ranks import critical_difference_diagram
from bench.report.figures.style import percent, save
from bench.report.statistics.correctness import Grid, places, rows_at, sample_of
from bench.report.statistics.ranks import MIN_ROWS, MIN_TASKS, Ranks, rank_rows, task_scores
from bench.report.statistics.significance import Verdicts
from bench.report.statistics.ties import rank_ranges
from bench.report.view import View
from bench.wording import counted

MAX_RANGED = 20
"""Rows of a place that are compared in pairs: the best ones; the pairs of more would take seconds."""
ALL = "all data sets"


def section(view: View) -> Section | None:
    """Why one data set has no average ranks, and the ranks that each row may have at the largest sizes.

    None where there are not two rows with answers.
    """
    if len({point.row for point in view.predictions}) < 2:
        return None
    ranges = _ranges(view.verdicts)
    if not ranges:
        return Section("Ranks", [f"No ranks: they need at least {MIN_ROWS} rows with answers at one point."])
    about, tables = _about_ranges(view.predictions, ranges), [_ranges_table(ranges)]
    return Section("Ranks", about, tables=tables, finding=_who_may_be_first(view, ranges))


def overall_ranking(
    grids: Mapping[str, Grid],
    metrics: Sequence[str],
    rows: Sequence[str],
    folder: Path,
    suffix: str,
    *,
    name: Callable[[str], str],
) -> Section | None:
    """Average ranks over data sets, by the answers of each as rows are compared there, which `metrics` do.

    `rows` are all rows, in the order of their colours, `name` what people call one.

    None where there are not two rows with answers.
    """
    if len({point.row for grid in grids.values() for point in grid}) < 2:
        return None
    ranks = rank_rows(task_scores(grids))
    pictures = []
    if ranks.critical_difference is not None:
        save(_figure(ranks, rows), folder, f"ranks{suffix}")
        pictures = [Picture(f"ranks{suffix}", _alt(ranks, name))]
    return Section("Ranks", _said(ranks, metrics, name), pictures, [_table(ranks)] if ranks.average else [])


def _who_may_be_first(view: View, ranges: "Ranges") -> str:
    """Of the most labels that were compared."""
    labels, size = max(ranges)
    found = ranges[labels, size]
    first = [row for row, (best, _) in found.items() if best == 1]
    where = f"with {place_text(labels, size)}"
    if len(first) == 1:
        return f"Only {view.name_of(first[0])} can be the first of {len(found)} rows, {where}."
    return f"{len(first)} of {len(found)} rows may be the first, {where}."


Ranges = Mapping[tuple[int, int], Mapping[str, tuple[int, int]]]
"""By label count and training size, by row: the best and the worst rank that it may have."""


def _ranges(verdicts: Verdicts) -> Ranges:
    """At the largest size of each label count, where there are `MIN_ROWS` rows or more."""
    grid = verdicts.grid
    largest = {labels: size for labels, size in places(grid)}  # in rising order, so the last one stays
    found = {}
    for labels, size in largest.items():
        rows = rows_at(grid, labels, size)
        if len(rows) < MIN_ROWS:
            continue
        best = sorted(rows, key=lambda row: sample_of(rows[row]).mean, reverse=True)[:MAX_RANGED]
        chosen = {row: rows[row] for row in best}
        found[labels, size] = rank_ranges(chosen, verdicts.pairs(labels, size, best))
    return found


def _said(ranks: Ranks, metrics: Sequence[str], name: Callable[[str], str]) -> list[str]:
    """What was ranked, what the test says, and who is left out; or why nothing was ranked."""
    lacking = []
    if ranks.left_out:
        lacking = [f"Not ranked, for they lack a data set that others have: {listed(map(name, ranks.left_out))}."]
    if not ranks.average:
        return [f"No average ranks: {ranks.reason}.", *lacking]
    said = (
        f"Average ranks of {counted(len(ranks.average), 'row')} over {counted(len(ranks.tasks), 'data set')} "
        f"(by {listed(metrics)}{', as rows of each are compared' * (len(metrics) > 1)}; averaged over label counts, "
        "and over the training sizes that all trained rows have). Rank 1 is best."
    )
    if ranks.p is None:
        return [f"{said} They are not tested: {ranks.reason}.", *lacking]
    sees = "differ" if ranks.p < 0.05 else "do not differ significantly"
    said += f" By Friedman's test the rows {sees} ({p_text(ranks.p)})."
    if ranks.p < 0.05:
        said += (
            f" Average ranks that are further apart than {ranks.critical_difference:.2f} differ at the "
            f"{percent(5)} level (Nemenyi)."
        )
    return [said, *lacking]


def _about_ranges(grid: Grid, ranges: Ranges) -> list[str]:
    text = (
        f"No average ranks of one data set: these need at least {MIN_TASKS} independent ones, and label counts and "
        "sizes of one are not independent. The table gives the ranks that each row may have at the largest training "
        'size, by the same verdicts as the answer: "2 to 5" means that one row is significantly better, and at most '
        "four could be."
    )
    if any(len(rows_at(grid, *place)) > MAX_RANGED for place in ranges):
        text += f" Only the {MAX_RANGED} rows that are best there are compared in pairs."
    return [text]


def _ranges_table(ranges: Ranges) -> Titled:
    """Rows by what ranks they may have, those of the first label count first."""
    rows = dict.fromkeys(row for found in ranges.values() for row in sorted(found, key=lambda row: found[row]))
    header = ["row", *(place_text(*place) for place in ranges)]
    lines = [[row, *(_range_text(found.get(row)) for found in ranges.values())] for row in rows]
    return Titled("Ranks that each row may have", table(header, lines), name="ranks")


def _table(ranks: Ranks) -> Titled:
    """Rows by average rank, then those that have none."""
    lines: list[list[Any]] = [
        [row, Entry(f"{rank:.2f}", numbers={"": float(rank)})] for row, rank in ranks.average.items()
    ]
    lines += [[row, "not ranked"] for row in ranks.left_out]
    return Titled("Average ranks", table(["row", "average rank"], lines), name="ranks")


def _range_text(found: tuple[int, int] | None) -> str:
    if found is None:
        return "not compared"
    return str(found[0]) if found[0] == found[1] else f"{found[0]} to {found[1]}"


def _figure(ranks: Ranks, rows: Sequence[str]) -> Figure:
    groups = "Bars join rows that do not differ significantly." if ranks.groups else "All rows differ significantly."
    note = f"{counted(len(ranks.tasks), 'data set')}. {groups} Friedman's test, then Nemenyi's."
    return critical_difference_diagram(ranks, rows, f"Average ranks over {ALL}", note)


def _alt(ranks: Ranks, name: Callable[[str], str]) -> str:
    order = "; ".join(f"{name(row)} {rank:.2f}" for row, rank in ranks.average.items())
    return f"Critical-difference diagram of average ranks over {ALL}, best first: {order}."
