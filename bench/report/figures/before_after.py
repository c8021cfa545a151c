"""What training brought: each model before its first step and after its last."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.kind import MULTI_LABEL
from bench.report.content.parts import Entry, known_number, size_entry
from bench.report.content.table import Table, table
from bench.report.content.wording import deviation_text, difference_text, number_text, seeds_text
from bench.report.figures import style
from bench.report.figures.forest import canvas, limits, places_for
from bench.report.inputs.frame import SETS
from bench.report.statistics.metrics import guess_words, guessed_loss, guessed_share, kind_now, metric_named

WHOLE_GRID = 12
"""With so many points or fewer, all are shown; else each row's largest size."""
ALL_SETS = 4
"""With so many points or fewer, training and validation sets are shown beside the test set."""
DIGITS = 3


def quality() -> str:
    """By what rows are held against themselves before training, beside the loss: accuracy, and with several labels
    average precision. Labels are given from a probability of 0.5 on before training, and after it by thresholds from
    validation, so that what is counted of given labels tells both apart."""
    return "average_precision" if kind_now() == MULTI_LABEL else "accuracy"


def quality_words() -> str:
    """What pages call `quality`."""
    return metric_named(quality()).label


def trained_points(summary: pd.DataFrame) -> pd.DataFrame:
    """The lines of `summary_frame` that have test scores before training, at each row's largest size if many."""
    points = summary[summary[f"before_test_{quality()}_mean"].notna() & summary[f"test_{quality()}_mean"].notna()]
    if len(points) <= WHOLE_GRID:
        return points
    largest = points.groupby(["row", "num_labels"], observed=True)["train_size"].transform("max")
    return points[points["train_size"] == largest]


@style.applied
def before_and_after(points: pd.DataFrame, title: str, note: str) -> Figure:
    """Draw `quality` and loss before (hollow) and after training (filled), a line a point of `trained_points`.

    Small ticks are chance: accuracy of a guess (`guess_words`), loss of equal probabilities; of average precision there
    is none. With few points, training and validation sets have lines of their own.
    """
    sets = sets_shown(points)
    shown = [(point, name) for point in points.itertuples() for name in sets]
    places = places_for((str(point.row), _name(point, name, sets)) for point, name in shown)
    axes_of = [quality_words(), "loss (nats)"]
    figure, panels = canvas(places, axes_of, _legend_handles(), title=title, note=note)
    styles = style.row_styles(points["row"].cat.categories)
    for axes, measure in zip(panels, (quality(), "loss"), strict=True):
        ends: list[float] = []
        for point, name in shown:
            place = places.points[str(point.row), _name(point, name, sets)]
            ends += _draw_line(axes, point, f"{name}_{measure}", place, styles[str(point.row)])
        known = [end for end in ends if not np.isnan(end)] or [0.0]
        axes.set_xlim(limits(min(known), max(known), 0.1))
    return figure


def sets_shown(points: pd.DataFrame) -> list[str]:
    """The sets that were scored before and after training; the test set alone where there are many points."""
    if len(points) > ALL_SETS:
        return ["test"]
    return [name for name in SETS if points[f"before_{name}_{quality()}_mean"].notna().any()]


def _name(point: Any, name: str, sets: list[str]) -> str:
    where = f"{point.num_labels} labels, {point.train_size:,} examples"
    return f"{where}: {name}" if len(sets) > 1 else where


def _draw_line(axes: Axes, point: Any, column: str, place: int, look: style.RowStyle) -> list[float]:
    """From before to after, and what guessing has; returns the values that the axis must hold."""
    before, after = getattr(point, f"before_{column}_mean"), getattr(point, f"{column}_mean")
    guessing = _guessing(point, column)
    marks: dict[str, Any] = {"color": look.colour, "markersize": 5.5, "linestyle": "none", "zorder": 4}
    if not np.isnan(guessing):
        axes.plot([guessing], [place], "|", color=style.MUTED, markersize=9, zorder=2)
    axes.plot([before, after], [place] * 2, color=look.colour, linewidth=1.4, zorder=3)
    axes.plot([before], [place], "o", markerfacecolor="white", label="_before", **marks)
    axes.plot([after], [place], look.marker, label="_after", **marks)
    return [before, after, guessing]


def _guessing(point: Any, column: str) -> float:
    """Of a loss, what equal probabilities have; of an accuracy, what a guess has (`guess_words`); NaN of others."""
    if column.endswith("loss"):
        return guessed_loss(point.num_labels)
    if not column.endswith("_accuracy"):
        return np.nan
    share = getattr(point, f"{column.removesuffix('_accuracy')}_majority_mean", np.nan)
    return guessed_share(point.num_labels) if pd.isna(share) else float(share)


def _legend_handles() -> list[Line2D]:
    key: dict[str, Any] = {"color": style.MUTED, "linestyle": "none"}
    several = kind_now() == MULTI_LABEL
    chance = (
        "a probability of a half\nfor each label"
        if several
        else f"chance ({guess_words()};\nloss: equal probabilities)"
    )
    return [
        Line2D([], [], marker="o", markersize=5.5, markerfacecolor="white", label="before training", **key),
        Line2D([], [], marker="o", markersize=5.5, label="after training", **key),
        Line2D([], [], marker="|", markersize=9, label=chance, **key),
    ]


def gains_table(points: pd.DataFrame) -> Table:
    """Scores before and after training, and the gain; a line a point and set, means ± SD over seeds."""
    confidence = points["before_test_confidence_mean"].notna().any()
    header = [
        "row",
        "labels",
        "training examples",
        "set",
        *(f"{quality_words()} {when}" for when in ("before", "after")),
        "gain",
    ]
    header += ["loss before", "loss after", "loss: change"]
    header += [*(["confidence before", "confidence after"] if confidence else []), "seeds"]
    lines = [
        [
            str(point.row),
            point.num_labels,
            size_entry(point.train_size),  # type: ignore[arg-type]
            name,
            *_change(point, f"{name}_{quality()}"),
            *_change(point, f"{name}_loss"),
            *(_change(point, f"{name}_confidence")[:2] if confidence else []),
            _seeds(point),
        ]
        for point in points.itertuples()
        for name in sets_shown(points)
        if pd.notna(getattr(point, f"before_{name}_{quality()}_mean"))
        and pd.notna(getattr(point, f"{name}_{quality()}_mean"))
    ]
    return table(header, lines)


def _change(point: Any, column: str) -> list[Entry | str]:
    """Before, after and the difference; nothing where a part is unknown."""
    before, after = getattr(point, f"before_{column}_mean", np.nan), getattr(point, f"{column}_mean", np.nan)
    return [_entry(point, f"before_{column}"), _entry(point, column), _difference(after - before)]


def _seeds(point: Any) -> Entry:
    numbers = {"": int(point.n_ok), "expected": int(point.n_expected)}
    return Entry(seeds_text(point.n_ok, point.n_expected), numbers=numbers)


def _difference(value: float) -> Entry:
    return Entry(difference_text(value, DIGITS), numbers={"": known_number(value)})


def _entry(point: Any, column: str) -> Entry | str:
    mean, deviation = (getattr(point, f"{column}_{part}", np.nan) for part in ("mean", "sd"))
    if pd.isna(mean):
        return ""
    spread = "" if pd.isna(deviation) else f" {deviation_text(deviation, DIGITS)}"
    text = f"{number_text(mean, DIGITS)}{spread}"
    return Entry(text, numbers={"mean": float(mean), "sd": known_number(deviation)})
