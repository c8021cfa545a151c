"""Training curves: loss and accuracy while a model was trained, a panel a point of the grid, a line a seed."""

from collections.abc import Mapping, Sequence
from math import ceil, inf
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from bench.kind import MULTI_LABEL
from bench.report.content.wording import capitalised
from bench.report.figures import style
from bench.report.figures.layout import PANELS_A_LINE, Texts, panel_grid
from bench.report.inputs.frame import majority_share
from bench.report.inputs.records import Points, Seeds, at_largest_size
from bench.report.statistics.metrics import (
    accuracy_words,
    guess_words,
    guessed_loss,
    guessed_share,
    kind_now,
    loss_guess_words,
)
from bench.report.statistics.points import Point
from bench.results.measurements import HistoryPoint, Measurements

Quantity = Literal["loss", "accuracy"]
WHOLE_GRID = 6
"""With so many points or fewer, all are drawn; else each row's largest size."""
MAX_POINTS = 12
"""Of which label counts from both ends are drawn where all are more."""
PANEL, ONE_PANEL = (2.6, 1.9), (3.9, 2.4)
"""Inches: a panel's width and height, and where there is one column."""
AROUND = (0.5, 1.0)
"""Inches: what its axes and title take."""
BY_A_HALF = "Labels are those with a probability of a half or more, not those above the row's thresholds."
"""Of texts that may have several, of which training itself decides so."""
MAX_START = 2.5
"""A start so many times above all later losses is cut off."""


def curve_points(measured: Points) -> Points:
    """The points whose curves are drawn: those of which a seed has a training history, all of them if they are few."""
    trained = {
        point: {seed: one for seed, one in seeds.items() if one.training is not None and one.training.history}
        for point, seeds in measured.items()
    }
    trained = {point: seeds for point, seeds in trained.items() if seeds}
    return trained if len(trained) <= WHOLE_GRID else _bounded(at_largest_size(trained))


def _bounded(points: Points) -> Points:
    """At most `MAX_POINTS`: whole label counts, the smallest, the biggest, the next from both ends; else the first."""
    if len(points) <= MAX_POINTS:
        return points
    left = sorted({point.num_labels for point in points})
    kept: set[int] = set()
    while left:
        count = left.pop(0 if len(kept) % 2 == 0 else -1)
        if sum(point.num_labels in kept | {count} for point in points) > MAX_POINTS:
            break
        kept.add(count)
    kept = kept or {min(point.num_labels for point in points)}
    some = [(point, seeds) for point, seeds in points.items() if point.num_labels in kept]
    return dict(some[:MAX_POINTS])


@style.applied
def training_curves(points: Points, rows: Sequence[str], quantity: Quantity, data: str) -> Figure:
    """Draw what `curve_points` gave: training and validation loss, or validation accuracy, against optimizer steps.

    `rows` are all rows of the grid in order (they give the colours). A second axis counts the examples seen. Dots are
    the steps whose weights were kept, crosses where training stopped early; an axis ends where it would have ended
    without. Validation starts at step 0 where the model was evaluated before training.
    """
    places, lines, columns = _places(points)
    handles = _legend_handles(points, quantity)
    tops = _tops(points) if quantity == "loss" else {}
    around = Texts(
        title=_title(quantity, data),
        note=_note(points, quantity, tops),
        x="optimizer steps (upper axes: training examples seen)",
        y="loss (nats)" if quantity == "loss" else f"validation {accuracy_words()}",
    )
    panel = PANEL if columns > 1 else ONE_PANEL
    figure, grid = panel_grid((lines, columns), (panel[0] + AROUND[0], panel[1] + AROUND[1]), handles, around)
    for axes in (axes for line in grid for axes in line):
        axes.set_visible(False)
    styles = style.row_styles(rows)
    for point, (line, column) in places.items():
        axes = grid[line][column]
        axes.set_visible(True)
        seeds = points[point]
        for measured in seeds.values():
            _draw_seed(axes, measured, quantity, styles[point.row].colour)
        _draw_guessing(axes, point.num_labels, seeds, quantity)
        _finish(axes, point, seeds)
        axes.set_ylim((0, tops[point.num_labels]) if quantity == "loss" else (0, 1.02))
    return figure


def _places(points: Points) -> tuple[dict[Point, tuple[int, int]], int, int]:
    """Line and column of each panel, and how many of both: rows by label counts and sizes, where these differ."""
    rows = list(dict.fromkeys(point.row for point in points))
    sizes = sorted({_column(point, points) for point in points})
    if len(sizes) == 1:
        columns = min(PANELS_A_LINE, len(points))
        places = {point: divmod(number, columns) for number, point in enumerate(points)}
        return places, ceil(len(points) / columns), columns
    return {p: (rows.index(p.row), sizes.index(_column(p, points))) for p in points}, len(rows), len(sizes)


def _column(point: Point, points: Points) -> tuple[int, int]:
    """Panels under each other have the same label count; the same size too where a row has several."""
    several = len({(other.row, other.num_labels) for other in points}) < len(points)
    return point.num_labels, point.train_size if several else 0


def _title(quantity: Quantity, data: str) -> str:
    what = "training and validation loss" if quantity == "loss" else f"validation {accuracy_words()}"
    return f"{capitalised(what)} while training, on {data}"


def _note(points: Points, quantity: Quantity, tops: Mapping[int, float]) -> str:
    measured = [one for seeds in points.values() for one in seeds.values()]
    note = ["A line a seed."]
    if quantity == "accuracy" and kind_now() == MULTI_LABEL:
        note.append(BY_A_HALF)
    if quantity == "loss":
        note.append("Training loss is the mean since the point before.")
    if any(one.training is not None and one.training.stopped_early for one in measured):
        note.append("Axes end where training would have ended had it not stopped early.")
    if any(_start(one, quantity) is not None for one in measured):
        note.append("Step 0 is the model before training.")
    if any(
        (_start(one, "loss") or 0) > tops.get(point.num_labels, inf)
        for point in points
        for one in points[point].values()
    ):
        note.append("Lines that enter a panel from above start higher.")
    return " ".join(note)


def _start(measured: Measurements, quantity: Quantity) -> float | None:
    """Validation before training."""
    if measured.before is None or measured.before.validation is None:
        return None
    return measured.before.validation.loss if quantity == "loss" else measured.before.validation.accuracy


def _draw_seed(axes: Axes, measured: Measurements, quantity: Quantity, colour: str) -> None:
    training = measured.training
    assert training is not None
    if quantity == "loss":
        steps, values = _series(training.history, "train_loss")
        axes.plot(steps, values, color=style.MUTED, linestyle=(0, (3, 1.5)), linewidth=0.9, label="_train")
    steps, values = _series(training.history, f"validation_{quantity}")
    best = training.best_step
    kept = None if best is None else dict(zip(steps, values, strict=True)).get(best)
    if (start := _start(measured, quantity)) is not None:
        steps, values = [0, *steps], [start, *values]
    axes.plot(steps, values, color=colour, linewidth=1.1, label="_validation")
    if best is not None and kept is not None:
        axes.plot([best], [kept], "o", color=colour, markersize=5, zorder=4, label="_best")
    if training.stopped_early and steps:
        cross: dict[str, Any] = {"markersize": 6, "markeredgewidth": 1.5, "zorder": 4, "label": "_stopped"}
        axes.plot(steps[-1:], values[-1:], "x", color=colour, **cross)


def _series(history: Sequence[HistoryPoint], name: str) -> tuple[list[int], list[float]]:
    known = [(point.step, value) for point in history if (value := getattr(point, name)) is not None]
    return [step for step, _ in known], [value for _, value in known]


def _draw_guessing(axes: Axes, num_labels: int, seeds: Seeds, quantity: Quantity) -> None:
    """The loss of equal probabilities, or the accuracy of a guess (`guess_words`) on the validation set."""
    level = guessed_loss(num_labels) if quantity == "loss" else _chance(num_labels, seeds)
    axes.axhline(level, color=style.MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)


def _chance(num_labels: int, seeds: Seeds) -> float:
    """Mean over seeds; equal shares where there was no validation."""
    shares = [majority_share(one.validation) for one in seeds.values() if one.validation is not None]
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else guessed_share(num_labels)


def _finish(axes: Axes, point: Point, seeds: Seeds) -> None:
    """Axes, grid, title; examples seen above, where they are known."""
    end = max(one.training.max_steps for one in seeds.values() if one.training is not None)
    axes.set_xlim(0, max(end, 1) * 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    title = f"{style.wrapped(style.called(point.row), PANEL[0] + 0.3, style.NORMAL, 'bold')}\n"
    axes.set_title(f"{title}{point.num_labels} labels, {point.train_size:,} examples", pad=6)
    if (rate := examples_a_step(seeds)) is not None:
        there: Any = (lambda step: step * rate, lambda examples: examples / rate)
        above = axes.secondary_xaxis("top", functions=there)
        above.xaxis.set_major_locator(MaxNLocator(3, integer=True, steps=[1, 2, 5, 10]))
        above.xaxis.set_major_formatter(FuncFormatter(lambda examples, _: f"{examples:,.0f}"))
        above.tick_params(labelsize=style.SMALL - 1, length=2.5, pad=2)


def examples_a_step(seeds: Seeds) -> float | None:
    """Training examples in an optimizer step, on average; None where no seed's history counts them."""
    for measured in seeds.values():
        assert measured.training is not None
        last = measured.training.history[-1]
        if last.examples_seen and last.step:
            return last.examples_seen / last.step
    return None


def _tops(points: Points) -> dict[int, float]:
    """The upper end of the loss axes, the same for a label count.

    They hold what was measured while training, and the start unless it would flatten the rest.
    """
    highest: dict[int, float] = {}
    starts: dict[int, float] = {}
    for point, seeds in points.items():
        for measured in seeds.values():
            assert measured.training is not None
            losses = [
                loss
                for name in ("train_loss", "validation_loss")
                for loss in _series(measured.training.history, name)[1]
            ]
            labels = point.num_labels
            highest[labels] = max([highest.get(labels, guessed_loss(labels)), *losses])
            starts[labels] = max(starts.get(labels, 0.0), _start(measured, "loss") or 0.0)
    return {
        labels: 1.06 * (max(top, starts[labels]) if starts[labels] < MAX_START * top else top)
        for labels, top in highest.items()
    }


def _legend_handles(points: Points, quantity: Quantity) -> list[Line2D]:
    trainings = [one.training for seeds in points.values() for one in seeds.values() if one.training is not None]
    ink: dict[str, Any] = {"color": style.INK}
    what = quantity if quantity == "loss" else accuracy_words()
    handles = [Line2D([], [], linewidth=1.1, label=f"validation {what}", **ink)]
    if quantity == "loss":
        handles.append(Line2D([], [], color=style.MUTED, linestyle=(0, (3, 1.5)), linewidth=0.9, label="training loss"))
    handles.append(Line2D([], [], marker="o", markersize=5, linestyle="none", label="best step (kept)", **ink))
    if any(training.stopped_early for training in trainings):
        handles.append(
            Line2D(
                [], [], marker="x", markersize=6, markeredgewidth=1.5, linestyle="none", label="stopped early", **ink
            )
        )
    guessing = guess_words() if quantity == "accuracy" else loss_guess_words()
    handles.append(Line2D([], [], color=style.MUTED, linestyle=(0, (1, 2)), linewidth=0.8, label=guessing))
    return handles
