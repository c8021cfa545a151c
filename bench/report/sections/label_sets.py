"""The section on texts with several labels: how many labels a text is given, which go together, which are confused."""

import numpy as np

from bench.kind import MULTI_LABEL
from bench.report.content.parts import Picture, Section, Titled
from bench.report.content.wording import AT_LARGEST, number_text
from bench.report.figures.confusion import evaluations, scored_points
from bench.report.figures.label_sets import MAX_LABELS, together_matrices
from bench.report.figures.named_rows import best_rows
from bench.report.inputs.records import Points
from bench.report.sections.metrics import is_small, with_probabilities
from bench.report.statistics.correctness import BySeed
from bench.report.statistics.points import Point
from bench.report.tables.label_sets import cardinality, every_label, pairs_confused, pairs_together
from bench.report.view import View

MAX_ROWS = 12
"""Of a table."""


def section(view: View) -> Section | None:
    """How many labels a text has and is given, and which; None where each text has one, or no predictions are left."""
    points = {point: seeds for point, seeds in scored_points(view.measured).items() if point in view.predictions}
    if view.kind != MULTI_LABEL or not points:
        return None
    pictures: list[Picture] = []
    tables: list[Titled | None] = []
    for count in sorted({point.num_labels for point in points}):
        some = _best_first(view, {point: seeds for point, seeds in points.items() if point.num_labels == count})
        best, rows = next(iter(some)), {point.row: view.predictions[point] for point in some}
        pictures += _picture(view, best, view.predictions[best])
        tables.append(cardinality({point: evaluations(seeds) for point, seeds in some.items()}, view.predictions))
        tables.append(pairs_together(view.name_of(best.row), view.predictions[best]))
        test_set = next(iter(view.predictions[best].values())).test_set
        shown = {row: rows[row] for row in (best.row, view.baseline) if row in rows}
        tables.append(pairs_confused(shown, test_set))
    said = f"{AT_LARGEST} Texts are counted in the mean over seeds."
    found = [one for one in tables if one is not None]
    return Section("Several labels a text", [said], pictures, found, finding=_finding(view, points))


def every_label_tables(view: View, points: Points) -> list[Titled]:
    """Of each label count, the table of every label by its best row."""
    tables = []
    for count in sorted({point.num_labels for point in points}):
        some = _best_first(view, {point: seeds for point, seeds in points.items() if point.num_labels == count})
        best, seeds = next(iter(some.items()))
        own = {best: view.predictions[best]} if best in view.predictions else {}
        answers = with_probabilities(view, own).get(best, {}) if is_small(own) else {}
        tables.append(every_label(view.name_of(best.row), seeds, answers))
    return tables


def _best_first(view: View, points: Points) -> Points:
    """At most `MAX_ROWS` rows of one label count, by macro F1, the baseline among them."""
    scores = {point: float(np.mean([one.macro_f1 for one in evaluations(seeds)])) for point, seeds in points.items()}
    chosen = best_rows(scores, MAX_ROWS, [point.row for point in points if point.row == view.baseline])
    order = sorted(points, key=lambda point: -scores[point])
    return {point: points[point] for point in order if point.row in chosen}


def _picture(view: View, best: Point, seeds: BySeed) -> list[Picture]:
    """Which labels go together, in the texts and by the best row; none where there are too many, or one alone."""
    if not 1 < best.num_labels <= MAX_LABELS:
        return []
    title = f"Labels that go together on {view.data_name}, {best.num_labels} labels"
    note = "Of the test texts with the label of a line, the share that have the one of a column, too."
    row = view.name_of(best.row)
    text = f"Two matrices of labels that texts have together: true ones, and those given by {row}."
    figure = together_matrices(seeds, row, title, note)
    return [view.draw(f"labels_together_{best.num_labels}", figure, text)]


def _finding(view: View, points: Points) -> str:
    """How many labels a text has, and is given by the best row of most labels."""
    most = max(point.num_labels for point in points)
    best, seeds = next(iter(_best_first(view, {p: s for p, s in points.items() if p.num_labels == most}).items()))
    sets = [test.label_sets for test in evaluations(seeds) if test.label_sets is not None]
    true, given = (float(np.mean([getattr(one, f"mean_{name}") for one in sets])) for name in ("true", "predicted"))
    row = view.name_of(best.row)
    return f"A text has {number_text(true, 2)} of {most} labels, and is given {number_text(given, 2)} by {row}."
