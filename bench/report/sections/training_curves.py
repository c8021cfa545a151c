"""The section on loss and accuracy while training."""

from bench.report.content.parts import Section
from bench.report.figures.training_curves import Quantity, curve_points, training_curves
from bench.report.view import View


def section(view: View) -> Section | None:
    """Loss and accuracy while training."""
    points = curve_points(view.measured)
    if not points:
        return None
    quantities: tuple[Quantity, ...] = ("loss", "accuracy")
    pictures = []
    for quantity in quantities:
        text = f"Curves of {quantity} while training on {view.data_name}, a panel a row and label count, a line a seed."
        figure = training_curves(points, view.rows, quantity, view.data_name)
        pictures.append(view.draw(f"curves_{quantity}", figure, text))
    return Section("Training curves", pictures=pictures)
