"""The section on cost: what the metric that decides takes in time, memory and speed, and how kept models are served."""

from bench.report.content.parts import Section
from bench.report.content.wording import capitalised
from bench.report.figures.cost import cost_notes, cost_table, score_and_cost
from bench.report.tables.serving import serving_notes, serving_tables
from bench.report.view import View


def section(view: View) -> Section | None:
    """What a score costs."""
    points, metric = view.cost_points, view.deciding.metric.label
    if points.empty:
        return None
    what = f"{capitalised(metric)} on {view.data_name}"
    text = f"{what} against training time, a panel a label count, with the Pareto front."
    figure = score_and_cost(points, view.rows, view.data_name, view.named_rows, view.baseline, metric=metric)
    lines = cost_table(points, view.options.currency, metric)
    notes, tables = cost_notes(points, view.cells), [lines]
    if view.served:
        notes += serving_notes(view.served)
        tables += serving_tables(view.served)
    return Section("Cost", notes, [view.draw("cost", figure, text)], tables)
