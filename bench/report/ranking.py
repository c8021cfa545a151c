"""The section on ranks: which rows are in front over label counts and data sets, and what that is worth."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from bench.report.answer_words import p_text
from bench.report.content import Picture, Section, Titled, View
from bench.report.markdown import table
from bench.report.ranks_figure import critical_difference_diagram
from bench.report.statistics.correctness import Grid, places, rows_at, sample_of
from bench.report.statistics.ranks import Ranks, rank_rows, task_scores
from bench.report.statistics.ties import rank_ranges
from bench.report.statistics.verdicts import Verdicts
from bench.report.style import percent, save
from bench.report.wording import counted

MOST_RANGED = 20
"""Rows of a place that are compared in pairs: the best ones; the pairs of more would take seconds."""
ALL = "all data sets"


def ranking(view: View) -> Section | None:
    """Average ranks of a data set's rows over its label counts, and rank ranges at the largest sizes.

    None where there are not two rows with answers.
    """
    if len({point.row for point in view.answers}) < 2:
        return None
    ranks = rank_rows(task_scores({view.data: view.answers}))
    ranges = _ranges(view.verdicts)
    pictures = []
    if ranks.critical_difference is not None:
        pictures = [view.draw("ranks", _figure(ranks, view.rows, view.data), _alt(ranks, view.data))]
    return Section("Ranks", [*_said(ranks), *_about_ranges(view.answers, ranges)], pictures, [_table(ranks, ranges)])


def overall_ranking(grids: Mapping[str, Grid], rows: Sequence[str], folder: Path, suffix: str) -> Section | None:
    """Average ranks over the label counts of all data sets; `rows` are all rows, in the order of their colours.

    None where there are not two rows with answers.
    """
    if len({point.row for grid in grids.values() for point in grid}) < 2:
        return None
    ranks = rank_rows(task_scores(grids))
    pictures = []
    if ranks.critical_difference is not None:
        save(_figure(ranks, rows, ALL), folder, f"ranks{suffix}")
        pictures = [Picture(f"ranks{suffix}", _alt(ranks, ALL))]
    return Section("Ranks", _said(ranks), pictures, [_table(ranks, {})])


Ranges = Mapping[tuple[int, int], Mapping[str, tuple[int, int]]]
"""By label count and training size, by row: the best and the worst rank that it may have."""


def _ranges(verdicts: Verdicts) -> Ranges:
    """At the largest size of each label count."""
    grid = verdicts.grid
    largest = {labels: size for labels, size in places(grid)}  # in rising order, so the last one stays
    found = {}
    for labels, size in largest.items():
        rows = rows_at(grid, labels, size)
        best = sorted(rows, key=lambda row: sample_of(rows[row]).mean, reverse=True)[:MOST_RANGED]
        chosen = {row: rows[row] for row in best}
        found[labels, size] = rank_ranges(chosen, verdicts.pairs(labels, size, best))
    return found


def _said(ranks: Ranks) -> list[str]:
    """What was ranked, what the test says, and who is left out."""
    if not ranks.average:
        return ["No row has every task (label counts of the data), so there are no average ranks."]
    tasks, rows = counted(len(ranks.tasks), "task"), counted(len(ranks.average), "row")
    said = [
        f"Average ranks of {rows} over {tasks} (a label count of a data set each; accuracies are averaged over the "
        "training sizes that all trained rows have). Rank 1 is best."
    ]
    if ranks.p is None:
        said[0] += f" They are not tested: {ranks.reason}."
    else:
        sees = "differ" if ranks.p < 0.05 else "can't be told apart"
        said[0] += f" By Friedman's test the rows {sees} ({p_text(ranks.p)})."
        if ranks.p < 0.05:
            said[0] += (
                f" Average ranks that are further apart than {ranks.critical_difference:.2f} differ at the "
                f"{percent(5)} level (Nemenyi)."
            )
    if ranks.left_out:
        said.append(f"Not ranked, for they lack a task that others have: {', '.join(ranks.left_out)}.")
    return said


def _about_ranges(grid: Grid, ranges: Ranges) -> list[str]:
    if not ranges:
        return []
    text = (
        "At one label count a bare rank would say more than is known: the table gives the ranks that each row may "
        "have at the largest training size, 1 + the rows that are better than it by more than noise to all but those "
        "that are worse, by the verdicts of the answer."
    )
    if any(len(rows_at(grid, *place)) > MOST_RANGED for place in ranges):
        text += f" Only the {MOST_RANGED} rows with the highest accuracy there are compared in pairs."
    return [text]


def _table(ranks: Ranks, ranges: Ranges) -> Titled:
    """Rows by average rank, then those that have none."""
    others = dict.fromkeys(row for found in ranges.values() for row in found if row not in ranks.average)
    header = ["row", "average rank", *(f"{labels} labels, {size:,} examples" for labels, size in ranges)]
    lines = [
        [
            row,
            f"{ranks.average[row]:.2f}" if row in ranks.average else "not ranked",
            *(_range_text(found.get(row)) for found in ranges.values()),
        ]
        for row in [*ranks.average, *others, *(row for row in ranks.left_out if row not in others)]
    ]
    title = "Average ranks and rank ranges" if ranges else "Average ranks"
    return Titled(title, table(header, lines), name="ranks")


def _range_text(found: tuple[int, int] | None) -> str:
    if found is None:
        return "not compared"
    return str(found[0]) if found[0] == found[1] else f"{found[0]} to {found[1]}"


def _figure(ranks: Ranks, rows: Sequence[str], data: str) -> Figure:
    groups = "Bars join rows that can't be told apart." if ranks.groups else "All rows are told apart."
    note = f"{counted(len(ranks.tasks), 'task')}. {groups} Friedman's test, then Nemenyi's."
    return critical_difference_diagram(ranks, rows, f"Average ranks on {data}", note)


def _alt(ranks: Ranks, data: str) -> str:
    order = ", ".join(f"{row} {rank:.2f}" for row, rank in ranks.average.items())
    return f"Critical-difference diagram of average ranks on {data}, best first: {order}."
