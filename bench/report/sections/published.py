"""The section on published numbers, beside ours."""

from functools import partial

import pandas as pd

from bench.escape.sheet import frame_csv
from bench.metrics.metric import Metric
from bench.report.content.amounts import loss_text, score_text
from bench.report.content.parts import Picture, Section
from bench.report.content.wording import metric_words
from bench.report.figures.differences import less_published
from bench.report.figures.published import comparison_title, ours_and_published, size_text
from bench.report.inputs.published import beside_ours, same_size, with_own_points
from bench.report.statistics.metrics import metric_named, metric_of
from bench.report.tables.published import accuracy_tables, other_metrics_table, remarks
from bench.report.view import View
from bench.results.store import write_atomically
from bench.wording import counted

ACCURACY = "test_accuracy"


def section(view: View) -> Section | None:
    """Published numbers beside ours."""
    if view.published is None:
        return None
    lines = beside_ours(view.published.numbers, view.summary, view.cells)
    name = f"published{view.suffix}.csv"
    csv = lines.assign(tests=[" ".join(map(str, tests)) for tests in lines["tests"]])
    write_atomically(view.folder / name, frame_csv(csv))
    paragraphs = remarks(lines, view.published, view.data, view.data_name)
    leading = lines["metric"] == _leading(lines)
    first, others = lines[leading], lines[~leading]
    # where no published row is ours, what we have at its label count and size stands beside it
    beside = with_own_points(first, view.summary, view.cells) if first["mean"].isna().all() else first
    found = accuracy_tables(beside)
    if not others.empty:
        found.append(other_metrics_table(others))
    pictures = _pictures(view, view.published.note(view.data), first, beside)
    return Section("Ours and published", paragraphs, pictures, found, [name], finding=_distance(view, beside))


def _leading(lines: pd.DataFrame) -> str:
    """The metric that is shown point by point: accuracy, or the first one where that was not published."""
    metrics = list(lines["metric"])
    return ACCURACY if ACCURACY in metrics else str(metrics[0])


def _pictures(view: View, note: str, first: pd.DataFrame, beside: pd.DataFrame) -> list[Picture]:
    """Of the leading metric: `first` with published points alone, `beside` perhaps with ours."""
    metric = str(first["metric"].iloc[0])
    called = "test accuracies" if metric == ACCURACY else metric_words(metric)
    own_axes = " Each panel has an axis of its own." if beside["num_labels"].nunique() > 1 else ""
    figure = ours_and_published(beside, view.rows, comparison_title(metric, view.data_name), note + own_axes)
    text = f"Published {called} and ours on {view.data_name}, point by point. The numbers are in the tables."
    pictures = [view.draw("published", figure, text)]
    if (differing := less_published(first, view.rows, view.data_name, note)) is not None:
        text = f"Heatmap of our {called} on {view.data_name} less published ones. Numbers are in the tables."
        pictures.append(view.draw("published_difference", differing, text))
    return pictures


def _distance(view: View, lines: pd.DataFrame) -> str:
    """How far ours are from the published numbers, in the median; lines of one metric (`beside_ours`), with what we
    have beside them where no row is a published one."""
    metric = metric_of(str(lines["metric"].iloc[0])) or metric_named("accuracy")
    both = lines[lines["mean"].notna() & lines["value"].notna()]
    if both.empty:
        return _nearest(view, lines, metric)
    middle = float((both["mean"] - both["value"]).median())
    what = "accuracies are" if metric.name == "accuracy" else f"values of {metric.label} are"
    ours = f"Our {what} {loss_text(abs(middle), metric)} {'above' if middle >= 0 else 'below'}"
    return f"{ours} the published ones in the median, over {counted(len(both), 'pair')}."


def _nearest(view: View, lines: pd.DataFrame, metric: Metric) -> str:
    """The best of our rows beside the best published one, at the largest published point that we have any row of."""
    published, own = lines[lines["value"].notna()], lines[lines["mean"].notna()]
    places = {(int(labels), int(size)) for labels, size in published[["num_labels", "train_size"]].to_numpy()}
    for labels, size in sorted(places, reverse=True):
        near = own["train_size"].map(partial(same_size, size))
        here = own[own["num_labels"].eq(labels) & near]
        if here.empty:
            continue
        best = here.sort_values("mean").iloc[-1]
        theirs = published[published["num_labels"].eq(labels) & published["train_size"].eq(size)]
        where = f"{counted(labels, 'label')}, {size_text(size)} examples"
        ours = f"{view.name_of(best['row'])} has {score_text(best['mean'], metric)} {metric.label}"
        return f"{where}: {ours}, a published row {score_text(theirs['value'].max(), metric)}."
    return "None of the points that were published has been run here."
