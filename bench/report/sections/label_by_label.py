"""The section on labels: what each one gets, and what it is taken for."""

import numpy as np

from bench.kind import SINGLE_LABEL
from bench.report.content.parts import Picture, Section, Titled
from bench.report.content.wording import AT_LARGEST, label_text
from bench.report.figures.confusion import (
    confusion_matrices,
    evaluations,
    matrix_points,
    report_table,
    scored_points,
    small_points,
)
from bench.report.figures.cost import MAX_LABEL_COUNTS
from bench.report.figures.label_f1 import MAX_LABELS, MAX_ROWS, confused_pairs, f1_heatmap
from bench.report.figures.named_rows import best_rows
from bench.report.inputs.records import Points
from bench.report.sections import label_sets
from bench.report.sections.metrics import is_small, with_probabilities
from bench.report.tables.recall_at_precision import MAX_LABELS as MAX_COLUMNS
from bench.report.tables.recall_at_precision import recall_table
from bench.report.view import View
from bench.results.scores import Evaluation


def section(view: View) -> Section | None:
    """What each label gets, and what it is taken for."""
    points = scored_points(view.measured)
    if not points:
        return None
    pictures: list[Picture] = []
    labels, has_one = sorted({point.num_labels for point in points}), view.kind == SINGLE_LABEL
    for count in labels[:1] + labels[1:][-(MAX_LABEL_COUNTS - 1) :]:
        pictures += _of_labels(view, points, count)
    found = [] if has_one else label_sets.every_label_tables(view, points)
    if has_one and (pairs := confused_pairs(points)).lines:
        found.append(Titled("Labels that are confused most", pairs, name="confused_labels"))
    found += _recalls(view, points)
    small = small_points(points)
    for count in sorted({point.num_labels for point in small}):
        some = {point: seeds for point, seeds in small.items() if point.num_labels == count}
        found.append(Titled(f"Classification report, {count} labels", report_table(some)))
    return Section("Label by label", [AT_LARGEST], pictures, found, finding=_hardest(view, points))


def _hardest(view: View, points: Points) -> str:
    """The label with the lowest F1 by the best row, of the most labels that were tried."""
    most = max(point.num_labels for point in points)
    best = [one.standing for one in view.budgets if one.standing.num_labels == most]
    row = max(best, key=lambda one: one.train_size).best if best else None
    seeds = next((seeds for point, seeds in points.items() if (point.row, point.num_labels) == (row, most)), None)
    if row is None or seeds is None:
        return "Which labels are found, and which are confused."
    scores: dict[str, list[float]] = {}
    for one in evaluations(seeds):
        for label in one.per_label:
            scores.setdefault(label.label, []).append(label.f1)
    hardest = min(scores, key=lambda label: np.mean(scores[label]))
    return f"Hardest of {most} labels: {label_text(hardest)}, F1 {np.mean(scores[hardest]):.2f} by {view.name_of(row)}."


def _recalls(view: View, points: Points) -> list[Titled]:
    """Tables of the part of each label that the best rows find at a chosen precision, by label count."""
    tables = []
    for count in sorted({point.num_labels for point in points}):
        some = {point: seeds for point, seeds in points.items() if point.num_labels == count}
        best = {point: view.predictions[point] for point in _best_of(some, view.baseline) if point in view.predictions}
        if count <= MAX_COLUMNS and best and is_small(best):
            tables.append(recall_table(with_probabilities(view, best), count, view.options.at_precision))
    return [one for one in tables if one is not None]


def _of_labels(view: View, points: Points, count: int) -> list[Picture]:
    """The figures of one label count: F1 by label, and confusion matrices where these can be read."""
    pictures = []
    some = {point: seeds for point, seeds in points.items() if point.num_labels == count}
    if count <= MAX_LABELS:
        shown = _best_of(some, view.baseline)
        title = f"F1 by label on {view.data_name}, {count} labels"
        note = f"{AT_LARGEST} The hardest label is on top."
        note += f" The best rows and the baseline, {len(shown)} of {len(some)}." if len(shown) < len(some) else ""
        text = f"Heatmap of F1 on {view.data_name}, {count} labels by rows, the hardest label on top."
        pictures.append(view.draw(f"label_f1_{count}", f1_heatmap(shown, title, note), text))
    if view.kind == SINGLE_LABEL and (matrices := matrix_points(points, count, view.baseline)):
        title = f"Confusions on {view.data_name}, {count} labels"
        note = "Of the test examples of each true label, the share that was called what; counts of all seeds together."
        note += " The best row and the baseline." if len(matrices) < len(some) else ""
        text = f"Confusion matrices on {view.data_name}, {count} labels, a panel a row at its largest training size."
        pictures.append(view.draw(f"confusion_{count}", confusion_matrices(matrices, title, note), text))
    return pictures


def _best_of(points: Points, base: str | None) -> Points:
    """All points of one label count if they are few, else those of the best rows and the baseline, in their order."""
    accuracies = {point: float(np.mean([_score(one) for one in evaluations(seeds)])) for point, seeds in points.items()}
    always = [point.row for point in points if point.row == base]
    chosen = best_rows(accuracies, MAX_ROWS, always)
    return {point: seeds for point, seeds in points.items() if point.row in chosen}


def _score(one: Evaluation) -> float:
    return one.accuracy if one.label_sets is None else one.macro_f1
