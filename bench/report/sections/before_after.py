"""The section on what training brought."""

import pandas as pd

from bench.kind import SINGLE_LABEL
from bench.report.content.amounts import score_text
from bench.report.content.parts import Section, Titled
from bench.report.content.wording import capitalised, seeds_phrase
from bench.report.figures.before_after import before_and_after, gains_table, quality, quality_words, trained_points
from bench.report.statistics.metrics import metric_named
from bench.report.view import View

TWO_RULES = (
    "Before training a text is given the labels with a probability of a half or more, after it those above the row's "
    "thresholds, where it has some: average precision and loss know no such rule, and tell what training did."
)


def section(view: View) -> Section | None:
    """What training brought."""
    points = trained_points(view.summary)
    if points.empty:
        return None
    figure = before_and_after(points, f"Before and after training on {view.data_name}", seeds_phrase(points))
    what = f"{capitalised(quality_words())} and loss on {view.data_name}"
    text = f"{what} before and after training. The numbers are in the table below."
    picture = view.draw("before_after", figure, text)
    gains = Titled("Scores before and after training", gains_table(points))
    said = [] if view.kind == SINGLE_LABEL else [TWO_RULES]
    return Section("Before and after training", said, [picture], [gains], finding=_gain(view, points))


def _gain(view: View, points: pd.DataFrame) -> str:
    """Of the row that training brought to the highest score, with most labels and examples."""
    most = points[points["num_labels"] == points["num_labels"].max()]
    most = most[most["train_size"] == most["train_size"].max()]
    best = most.loc[most[f"test_{quality()}_mean"].idxmax()]
    before, after = (
        score_text(float(best[f"{when}test_{quality()}_mean"]), metric_named(quality())) for when in ("before_", "")
    )
    right = "right" if view.kind == SINGLE_LABEL else quality_words()
    name, labels = view.name_of(str(best["row"])), int(best["num_labels"])
    return f"{name}: {before} {right} before training, {after} after it, with {labels} labels."
