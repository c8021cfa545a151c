"""The sections of the report's page that show results, in their order: one function each, for one data set."""

from collections.abc import Callable

from bench.report import tables
from bench.report.baseline import baseline
from bench.report.before_after import before_and_after, gains_table, trained_points
from bench.report.comparison import comparison_title, ours_and_published
from bench.report.comparison_tables import accuracy_tables, other_metrics_table, remarks
from bench.report.content import Picture, Section, Titled, View
from bench.report.curves import Quantity, curve_points, training_curves
from bench.report.heatmap import heatmap
from bench.report.per_label import confusion_matrices, report_table, small_points
from bench.report.published import beside_ours, with_own_points
from bench.report.scaling import scaling_curves
from bench.report.token_lengths import length_histograms, texts_of_tokenizers
from bench.report.wording import METRICS, seeds_phrase
from bench.results.store import write_atomically

SHOWN = {"test_accuracy": "accuracy", "test_macro_f1": "macro_f1"}
"""Metrics that are drawn and tabulated, and their part of a file's name."""


def heatmaps(view: View) -> Section:
    """Every point of the grid."""
    shown = ", ".join(row for row in view.rows if (view.cells["row"] == row).any())
    what = f"on {view.data}, models by label counts and training sizes. Rows: {shown}. The numbers are in tables below."
    pictures = [
        view.draw(f"heatmap_{short}", heatmap(view.cells, metric), f"Heatmap of {METRICS[metric]} {what}", metric)
        for metric, short in SHOWN.items()
    ]
    return Section("Heatmaps", pictures=pictures)


def scaling(view: View) -> Section:
    """Metrics against training size, and the numbers behind these and the heatmaps."""
    what = f"on {view.data} against training size, a panel a label count. The numbers are in the tables below."
    pictures = [
        view.draw(
            f"scaling_{short}",
            scaling_curves(view.cells, metric, view.published),
            f"Curves of {METRICS[metric]} {what}",
            metric,
        )
        for metric, short in SHOWN.items()
    ]
    found = [titled for metric in SHOWN for titled in tables.result_tables(view.summary, metric, baseline(view.cells))]
    return Section("Scaling curves", pictures=pictures, tables=found)


def comparison(view: View) -> Section | None:
    """Published numbers beside ours."""
    if view.published is None:
        return None
    lines = beside_ours(view.published.numbers, view.summary, view.cells)
    name = f"published{view.suffix}.csv"
    csv = lines.assign(tests=[" ".join(map(str, tests)) for tests in lines["tests"]])
    write_atomically(view.folder / name, csv.to_csv(index=False, lineterminator="\n").encode())
    paragraphs = remarks(lines, view.published, view.data)
    pictures, found = [], []
    accuracy, others = lines[lines["metric"] == "test_accuracy"], lines[lines["metric"] != "test_accuracy"]
    if not accuracy.empty:
        drawn = accuracy
        if accuracy["mean"].isna().all():
            drawn = with_own_points(accuracy, view.summary, view.cells)
        note = view.published.note(view.data)
        if drawn["num_labels"].nunique() > 1:
            note += " Each panel has an axis of its own."
        figure = ours_and_published(drawn, view.rows, comparison_title("test_accuracy", view.data), note)
        text = (
            f"Published test accuracies and ours on {view.data}, point by point. The numbers are in the tables below."
        )
        pictures.append(view.draw("published", figure, text))
        found += accuracy_tables(accuracy)
    if not others.empty:
        found.append(other_metrics_table(others))
    return Section("Ours and published", paragraphs, pictures, found, [name])


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
    """What each label gets, where that is little enough to read."""
    points = small_points(view.measured)
    if not points:
        return None
    pictures, found = [], []
    for labels in sorted({point.num_labels for point in points}):
        some = {point: seeds for point, seeds in points.items() if point.num_labels == labels}
        title = f"Confusions on {view.data}, {labels} labels"
        note = "Of the test examples of each true label, the share that was called what; counts of all seeds together."
        text = f"Confusion matrices on {view.data}, {labels} labels, a panel a row at its largest training size."
        pictures.append(view.draw(f"confusion_{labels}", confusion_matrices(some, title, note), text))
        found.append(Titled(f"Classification report, {labels} labels", report_table(some)))
    lines = ["Each row at its largest training size; means over seeds."]
    return Section("Label by label", lines, pictures, found)


SECTIONS: dict[str, Callable[[View], Section | None]] = {
    "Heatmaps": heatmaps,
    "Scaling curves": scaling,
    "Ours and published": comparison,
    "Before and after training": before_after,
    "Training curves": curves,
    "Lengths of texts": lengths,
    "Label by label": per_label,
}
"""In the order of the page. A section that the records have nothing for is left out."""
