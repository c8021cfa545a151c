"""The section on cost: what accuracy takes in time, memory and speed."""

from bench.report.content.parts import Section
from bench.report.content.wording import capitalised
from bench.report.figures.cost import accuracy_and_cost, cost_notes, cost_table
from bench.report.statistics.metrics import accuracy_words
from bench.report.view import View


def section(view: View) -> Section | None:
    """What accuracy costs."""
    points = view.cost_points
    if points.empty:
        return None
    what = f"{capitalised(accuracy_words())} on {view.data_name}"
    text = f"{what} against training time, a panel a label count, with the Pareto front."
    picture = view.draw(
        "cost", accuracy_and_cost(points, view.rows, view.data_name, view.named_rows, view.baseline), text
    )
    return Section("Cost", cost_notes(points, view.cells), [picture], [cost_table(points, view.options.currency)])
