"""The section on scaling curves: metrics against training size, and the tables behind them."""

from bench.report.content.parts import Section
from bench.report.content.wording import metric_words
from bench.report.figures.scaling import scaling_curves
from bench.report.statistics.fitted_curves import drawn_curves
from bench.report.statistics.interval_frames import ACCURACY
from bench.report.tables import results as tables
from bench.report.view import View


def section(view: View) -> Section | None:
    """Metrics against training size, and the numbers behind these and the heatmaps; None where nothing has finished."""
    if not view.summary["n_ok"].any():
        return None
    what = f"on {view.data_name} against training size, a panel a label count. The numbers are in the tables below."
    metrics, base = view.shown_metrics, view.baseline
    pictures = [
        view.draw(
            f"scaling_{short}",
            scaling_curves(
                view.cells,
                metric,
                view.published,
                view.intervals(metric),
                carried=drawn_curves(view.fitted, view.simpler_rows) if metric == ACCURACY else None,
                named=view.named_rows,
                baseline=base,
            ),
            f"Curves of {metric_words(metric)} {what}",
            metric,
        )
        for metric, short in view.drawn_metrics.items()
    ]
    found = [
        titled
        for metric in metrics
        for titled in tables.result_tables(view.summary, metric, base, view.intervals(metric))
    ]
    return Section("Scaling curves", pictures=pictures, tables=found)
