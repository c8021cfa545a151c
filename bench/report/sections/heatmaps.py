"""The section of heatmaps: every point of the grid, and what it has over the baseline."""

from bench.report.content.parts import Section
from bench.report.content.wording import metric_words
from bench.report.figures.differences import differences, significant_marks
from bench.report.figures.heatmap import heatmap, marks_of
from bench.report.view import View


def section(view: View) -> Section | None:
    """Every point of the grid, and what it has over the baseline; None where nothing has finished."""
    if not view.summary["n_ok"].any():
        return None
    shown = view.words.named(row for row in view.rows if (view.cells["row"] == row).any())
    what = f"on {view.data_name}, models by label counts and training sizes. Rows: {shown}. "
    what += "The numbers are in tables below."
    base, pictures = view.baseline, []
    for metric, short in view.drawn_metrics.items():
        text = f"Heatmap of {metric_words(metric)} {what}"
        marks = marks_of([one.standing for one in view.budgets]) if metric == view.deciding.column else {}
        pictures.append(view.draw(f"heatmap_{short}", heatmap(view.cells, metric, marks), text, metric))
        if base is None:
            continue
        apart = significant_marks(view.differences_to(base)) if metric == view.deciding.column else {}
        if (figure := differences(view.cells, metric, base, apart)) is not None:
            text = f"Heatmap of differences in {metric_words(metric)} to {view.name_of(base)}, {what}"
            pictures.append(view.draw(f"difference_{short}", figure, text, metric))
    undrawn = [metric_words(metric) for metric in view.shown_metrics if metric not in view.drawn_metrics]
    lines = [f"The grid is too big to draw {', '.join(undrawn)}: see the tables."] if undrawn else []
    return Section("Heatmaps", lines, pictures)
