"""The section on the number of labels."""

from bench.report.content.parts import Section
from bench.report.content.wording import metric_words
from bench.report.figures.label_counts import label_count_curves
from bench.report.view import View


def section(view: View) -> Section | None:
    """Metrics against the number of labels."""
    pictures = []
    for metric, short in view.drawn_metrics.items():
        if (figure := label_count_curves(view.cells, metric, view.intervals(metric), view.named_rows)) is not None:
            what = f"on {view.data_name} against the number of labels, a panel a training size."
            text = f"Curves of {metric_words(metric)} {what}"
            pictures.append(view.draw(f"labels_{short}", figure, text, metric))
    return Section("Number of labels", pictures=pictures) if pictures else None
