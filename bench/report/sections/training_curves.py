"""The section on loss and accuracy while training."""

import numpy as np

from bench.report.content.parts import Section
from bench.report.figures.training_curves import Quantity, curve_points, training_curves
from bench.report.inputs.records import Points
from bench.report.statistics.metrics import accuracy_words
from bench.report.view import View
from bench.wording import counted


def section(view: View) -> Section | None:
    """Loss and accuracy while training."""
    points = curve_points(view.measured)
    if not points:
        return None
    quantities: tuple[Quantity, ...] = ("loss", "accuracy")
    pictures = []
    for quantity in quantities:
        what = quantity if quantity == "loss" else accuracy_words()
        text = f"Curves of {what} while training on {view.data_name}, a panel a row and label count, a line a seed."
        figure = training_curves(points, view.rows, quantity, view.data_name)
        pictures.append(view.draw(f"curves_{quantity}", figure, text))
    return Section("Training curves", pictures=pictures, finding=_when_best(points))


def _when_best(points: Points) -> str:
    """When the weights that were kept came: where mostly at the end, longer training may bring more."""
    trained = [one.training for seeds in points.values() for one in seeds.values() if one.training is not None]
    kept = [(one.best_step, one.steps) for one in trained if one.best_step is not None and one.steps]
    if not kept:
        return "Loss and score while training."
    runs = counted(len(kept), "run")
    last = sum(best >= steps for best, steps in kept)
    if 2 * last > len(kept):
        return f"In {last:,} of {runs} the last weights were the best: longer training may bring more."
    middle = float(np.median([best / steps for best, steps in kept]))
    return (
        f"The best weights came after {100 * middle:.0f} % of the steps, in the median of {counted(len(kept), 'run')}."
    )
