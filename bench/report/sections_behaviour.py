"""The sections that show what models do beside their scores: by label, how surely, while training, on which texts."""

import numpy as np

from bench.report.baseline import baseline
from bench.report.before_after import before_and_after, gains_table, trained_points
from bench.report.calibration import reliability, sureness
from bench.report.calibration_floor import calibration_floor, calibration_table, calibration_words
from bench.report.content import Picture, Section, Titled, View
from bench.report.cost import MOST_LABEL_COUNTS
from bench.report.curves import Quantity, curve_points, training_curves
from bench.report.label_f1 import MOST_LABELS, MOST_ROWS, confused_pairs, f1_heatmap
from bench.report.named_rows import best_rows
from bench.report.per_label import (
    confusion_matrices,
    evaluations,
    matrix_points,
    report_table,
    scored_points,
    small_points,
)
from bench.report.reading import Points
from bench.report.token_lengths import length_histograms, texts_of_tokenizers
from bench.report.wording import seeds_phrase

AT_LARGEST = "Each row at its largest training size; means over seeds."


def before_after(view: View) -> Section | None:
    """What training brought."""
    points = trained_points(view.summary)
    if points.empty:
        return None
    figure = before_and_after(points, f"Before and after training on {view.data}", seeds_phrase(points))
    text = f"Accuracy and loss on {view.data} before and after training. The numbers are in the table below."
    picture = view.draw("before_after", figure, text)
    return Section(
        "Before and after training", [], [picture], [Titled("Scores before and after training", gains_table(points))]
    )


def curves(view: View) -> Section | None:
    """Loss and accuracy while training."""
    points = curve_points(view.measured)
    if not points:
        return None
    quantities: tuple[Quantity, ...] = ("loss", "accuracy")
    pictures = []
    for quantity in quantities:
        text = f"Curves of {quantity} while training on {view.data}, a panel a row and label count, a line a seed."
        figure = training_curves(points, view.rows, quantity, view.data)
        pictures.append(view.draw(f"curves_{quantity}", figure, text))
    return Section("Training curves", pictures=pictures)


def lengths(view: View) -> Section | None:
    """How long texts are."""
    models = dict(zip(view.cells["row"].astype(str), view.cells["model"].astype(str), strict=True))
    shared = texts_of_tokenizers(view.measured, models)
    if not shared:
        return None
    text = f"Histograms of tokens per training text on {view.data}, a panel a tokenizer, with where texts are cut."
    return Section("Lengths of texts", pictures=[view.draw("lengths", length_histograms(shared, view.data), text)])


def per_label(view: View) -> Section | None:
    """What each label gets, and what it is taken for."""
    points = scored_points(view.measured)
    if not points:
        return None
    pictures: list[Picture] = []
    labels = sorted({point.num_labels for point in points})
    for count in labels[:1] + labels[1:][-(MOST_LABEL_COUNTS - 1) :]:
        pictures += _of_labels(view, points, count)
    found = []
    if (pairs := confused_pairs(points)).lines:
        found.append(Titled("Labels that are confused most", pairs, name="confused_labels"))
    small = small_points(points)
    for count in sorted({point.num_labels for point in small}):
        some = {point: seeds for point, seeds in small.items() if point.num_labels == count}
        found.append(Titled(f"Classification report, {count} labels", report_table(some)))
    return Section("Label by label", [AT_LARGEST], pictures, found)


def _of_labels(view: View, points: Points, count: int) -> list[Picture]:
    """The figures of one label count: F1 by label, and confusion matrices where these can be read."""
    pictures = []
    some = {point: seeds for point, seeds in points.items() if point.num_labels == count}
    if count <= MOST_LABELS:
        shown = _best_of(some, baseline(view.cells))
        title = f"F1 by label on {view.data}, {count} labels"
        note = f"{AT_LARGEST} The hardest label is on top."
        note += f" The best rows and the baseline, {len(shown)} of {len(some)}." if len(shown) < len(some) else ""
        text = f"Heatmap of F1 on {view.data}, {count} labels by rows, the hardest label on top."
        pictures.append(view.draw(f"label_f1_{count}", f1_heatmap(shown, title, note), text))
    if matrices := matrix_points(points, count, baseline(view.cells)):
        title = f"Confusions on {view.data}, {count} labels"
        note = "Of the test examples of each true label, the share that was called what; counts of all seeds together."
        note += " The best row and the baseline." if len(matrices) < len(some) else ""
        text = f"Confusion matrices on {view.data}, {count} labels, a panel a row at its largest training size."
        pictures.append(view.draw(f"confusion_{count}", confusion_matrices(matrices, title, note), text))
    return pictures


def _best_of(points: Points, base: str | None) -> Points:
    """All points of one label count if they are few, else those of the best rows and the baseline, in their order."""
    accuracies = {
        point: float(np.mean([one.accuracy for one in evaluations(seeds)])) for point, seeds in points.items()
    }
    always = [point.row for point in points if point.row == base]
    chosen = best_rows(accuracies, MOST_ROWS, always)
    return {point: seeds for point, seeds in points.items() if point.row in chosen}


def calibration(view: View) -> Section | None:
    """Whether models are as often right as they are sure."""
    points = sureness(view.found, view.rows, view.library)
    if not points:
        return None
    text = f"Reliability diagrams on {view.data}: share of right answers against confidence, a panel a label count."
    picture = view.draw("calibration", reliability(points, view.rows, view.data), text)
    floors = {point: calibration_floor(seeds) for point, seeds in points.items()}
    found = Titled("Expected calibration error", calibration_table(points, floors), name="calibration")
    lines = [f"{AT_LARGEST} An error of 0.1: on average, confidence and accuracy are 10 points apart."]
    return Section("Calibration", lines + calibration_words(points, floors), [picture], [found])
