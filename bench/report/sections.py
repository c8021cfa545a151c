"""The sections of the report's page that show results, in their order: one function each, for one data set.

What a model does beside its score is in `sections_behaviour`.
"""

from collections.abc import Callable

from bench.escape.sheet import frame_csv
from bench.report import tables
from bench.report.answer import answer
from bench.report.baseline import baseline
from bench.report.comparison import comparison_title, ours_and_published
from bench.report.comparison_tables import accuracy_tables, other_metrics_table, remarks
from bench.report.content import Picture, Section, Titled, View
from bench.report.cost import accuracy_and_cost, cost_notes, cost_points, cost_table
from bench.report.data_counts import data_counts
from bench.report.differences import differences, less_published, told_apart
from bench.report.examples import how_many_examples
from bench.report.fitted import drawn_curves
from bench.report.heatmap import MOST_SMALL_PRINT, heatmap, marks_of
from bench.report.label_counts import label_count_curves
from bench.report.published import beside_ours, with_own_points
from bench.report.ranking import ranking
from bench.report.scaling import scaling_curves
from bench.report.sections_behaviour import before_after, calibration, curves, lengths, per_label
from bench.report.statistics.tables import ACCURACY
from bench.report.wording import METRICS
from bench.results.store import write_atomically

__all__ = ["SECTIONS", "Picture", "Section", "Titled", "View"]

SHOWN = {
    "test_accuracy": "accuracy",
    "test_macro_f1": "macro_f1",
    "test_weighted_f1": "weighted_f1",
    "test_loss": "loss",
}
"""Metrics that are drawn and tabulated where records have them, and their part of a file's name."""
SAME = 0.005
"""Weighted F1 that is nowhere further from macro F1 is not shown: the test sets are balanced."""


def shown_metrics(view: View) -> dict[str, str]:
    """Those of `SHOWN` that the records have something of its own for; the first two always."""
    means = {metric: view.summary[f"{metric}_mean"] for metric in SHOWN}
    hidden = {metric for metric in list(SHOWN)[2:] if means[metric].isna().all()}
    if ((means["test_weighted_f1"] - means["test_macro_f1"]).abs().fillna(0) <= SAME).all():
        hidden.add("test_weighted_f1")
    return {metric: short for metric, short in SHOWN.items() if metric not in hidden}


def drawn_metrics(view: View) -> dict[str, str]:
    """Those of `shown_metrics` that have figures: the first one in a big grid, where a figure takes seconds."""
    metrics = shown_metrics(view)
    return metrics if len(view.summary) <= MOST_SMALL_PRINT else dict(list(metrics.items())[:1])


def heatmaps(view: View) -> Section:
    """Every point of the grid, and what it has over the baseline."""
    shown = ", ".join(row for row in view.rows if (view.cells["row"] == row).any())
    what = f"on {view.data}, models by label counts and training sizes. Rows: {shown}. The numbers are in tables below."
    base, pictures = baseline(view.cells), []
    for metric, short in drawn_metrics(view).items():
        text = f"Heatmap of {METRICS[metric]} {what}"
        marks = marks_of([one.standing for one in view.budgets]) if metric == "test_accuracy" else {}
        pictures.append(view.draw(f"heatmap_{short}", heatmap(view.cells, metric, marks), text, metric))
        if base is None:
            continue
        apart = told_apart(view.differences_to(base)) if metric == "test_accuracy" else {}
        if (figure := differences(view.cells, metric, base, apart)) is not None:
            text = f"Heatmap of differences in {METRICS[metric]} to {base}, {what}"
            pictures.append(view.draw(f"difference_{short}", figure, text, metric))
    undrawn = [METRICS[metric] for metric in shown_metrics(view) if metric not in drawn_metrics(view)]
    lines = [f"The grid is too big to draw {', '.join(undrawn)}: see the tables."] if undrawn else []
    return Section("Heatmaps", lines, pictures)


def scaling(view: View) -> Section:
    """Metrics against training size, and the numbers behind these and the heatmaps."""
    what = f"on {view.data} against training size, a panel a label count. The numbers are in the tables below."
    metrics, base = shown_metrics(view), baseline(view.cells)
    pictures = [
        view.draw(
            f"scaling_{short}",
            scaling_curves(
                view.cells,
                metric,
                view.published,
                view.intervals(metric),
                carried=drawn_curves(view.fitted, view.simpler_rows) if metric == ACCURACY else None,
                named=view.named_rows,
            ),
            f"Curves of {METRICS[metric]} {what}",
            metric,
        )
        for metric, short in drawn_metrics(view).items()
    ]
    found = [
        titled
        for metric in metrics
        for titled in tables.result_tables(view.summary, metric, base, view.intervals(metric))
    ]
    return Section("Scaling curves", pictures=pictures, tables=found)


def label_counts(view: View) -> Section | None:
    """Metrics against the number of labels."""
    pictures = []
    for metric, short in drawn_metrics(view).items():
        if (figure := label_count_curves(view.cells, metric, view.intervals(metric), view.named_rows)) is not None:
            text = f"Curves of {METRICS[metric]} on {view.data} against the number of labels, a panel a training size."
            pictures.append(view.draw(f"labels_{short}", figure, text, metric))
    return Section("Number of labels", pictures=pictures) if pictures else None


def cost(view: View) -> Section | None:
    """What accuracy costs."""
    points = cost_points(view.summary, view.cells, view.price_per_gpu_hour)
    if points.empty:
        return None
    text = f"Accuracy on {view.data} against training time, peak memory and speed of inference, a line a label count."
    picture = view.draw("cost", accuracy_and_cost(points, view.rows, view.data, view.named_rows), text)
    return Section("Cost", cost_notes(points, view.cells), [picture], [cost_table(points)])


def comparison(view: View) -> Section | None:
    """Published numbers beside ours."""
    if view.published is None:
        return None
    lines = beside_ours(view.published.numbers, view.summary, view.cells)
    name = f"published{view.suffix}.csv"
    csv = lines.assign(tests=[" ".join(map(str, tests)) for tests in lines["tests"]])
    write_atomically(view.folder / name, frame_csv(csv))
    paragraphs = remarks(lines, view.published, view.data)
    pictures, found = [], []
    accuracy, others = lines[lines["metric"] == "test_accuracy"], lines[lines["metric"] != "test_accuracy"]
    if not accuracy.empty:
        drawn = accuracy
        if accuracy["mean"].isna().all():
            drawn = with_own_points(accuracy, view.summary, view.cells)
        note = view.published.note(view.data)
        own_axes = " Each panel has an axis of its own." if drawn["num_labels"].nunique() > 1 else ""
        figure = ours_and_published(drawn, view.rows, comparison_title("test_accuracy", view.data), note + own_axes)
        text = (
            f"Published test accuracies and ours on {view.data}, point by point. The numbers are in the tables below."
        )
        pictures.append(view.draw("published", figure, text))
        found += accuracy_tables(accuracy)
        if (differing := less_published(accuracy, view.rows, view.data, note)) is not None:
            text = (
                f"Heatmap of our test accuracies on {view.data} less the published ones. The numbers are in the tables."
            )
            pictures.append(view.draw("published_difference", differing, text))
    if not others.empty:
        found.append(other_metrics_table(others))
    return Section("Ours and published", paragraphs, pictures, found, [name])


SECTIONS: dict[str, Callable[[View], Section | None]] = {
    "The answer": answer,
    "Heatmaps": heatmaps,
    "Scaling curves": scaling,
    "How many examples": how_many_examples,
    "Number of labels": label_counts,
    "Ranks": ranking,
    "Ours and published": comparison,
    "Cost": cost,
    "Label by label": per_label,
    "Calibration": calibration,
    "Training curves": curves,
    "Before and after training": before_after,
    "Lengths of texts": lengths,
    "Data": data_counts,
}
"""In the order of the page. A section that the records have nothing for is left out."""
