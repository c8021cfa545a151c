"""The section on published numbers, beside ours."""

import pandas as pd

from bench.escape.sheet import frame_csv
from bench.report.content.amounts import loss_text
from bench.report.content.parts import Section
from bench.report.figures.differences import less_published
from bench.report.figures.published import comparison_title, ours_and_published
from bench.report.inputs.published import beside_ours, with_own_points
from bench.report.statistics.metrics import metric_named, metric_of
from bench.report.tables.published import accuracy_tables, other_metrics_table, remarks
from bench.report.view import View
from bench.results.store import write_atomically
from bench.wording import counted


def section(view: View) -> Section | None:
    """Published numbers beside ours."""
    if view.published is None:
        return None
    lines = beside_ours(view.published.numbers, view.summary, view.cells)
    name = f"published{view.suffix}.csv"
    csv = lines.assign(tests=[" ".join(map(str, tests)) for tests in lines["tests"]])
    write_atomically(view.folder / name, frame_csv(csv))
    paragraphs = remarks(lines, view.published, view.data, view.data_name)
    pictures, found = [], []
    accuracy, others = lines[lines["metric"] == "test_accuracy"], lines[lines["metric"] != "test_accuracy"]
    if not accuracy.empty:
        drawn = accuracy
        if accuracy["mean"].isna().all():
            drawn = with_own_points(accuracy, view.summary, view.cells)
        note = view.published.note(view.data)
        own_axes = " Each panel has an axis of its own." if drawn["num_labels"].nunique() > 1 else ""
        figure = ours_and_published(
            drawn, view.rows, comparison_title("test_accuracy", view.data_name), note + own_axes
        )
        text = f"Published test accuracies and ours on {view.data_name}, point by point. The numbers are in the tables."
        pictures.append(view.draw("published", figure, text))
        found += accuracy_tables(accuracy)
        if (differing := less_published(accuracy, view.rows, view.data_name, note)) is not None:
            text = f"Heatmap of our test accuracies on {view.data_name} less published ones. Numbers are in the tables."
            pictures.append(view.draw("published_difference", differing, text))
    if not others.empty:
        found.append(other_metrics_table(others))
    return Section(
        "Ours and published",
        paragraphs,
        pictures,
        found,
        [name],
        finding=_distance(others if accuracy.empty else accuracy),
    )


def _distance(lines: pd.DataFrame) -> str:
    """How far ours are from the published numbers of the first metric, in the median; `beside_ours`."""
    lines = lines[lines["metric"] == lines["metric"].iloc[0]]
    both = lines[lines["mean"].notna()]
    if both.empty:
        return "None of the points that were published has been run here."
    middle = float((both["mean"] - both["value"]).median())
    metric = metric_of(str(lines["metric"].iloc[0])) or metric_named("accuracy")
    what = "accuracies are" if metric.name == "accuracy" else f"values of {metric.label} are"
    ours = f"Our {what} {loss_text(abs(middle), metric)} {'above' if middle >= 0 else 'below'}"
    return f"{ours} the published ones in the median, over {counted(len(both), 'pair')}."
