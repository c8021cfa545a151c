"""The section with every metric that the records have, for looking up."""

from bench.report.content.parts import Section
from bench.report.content.wording import AT_LARGEST
from bench.report.tables.metrics import metrics_table
from bench.report.view import View

NOTE = (
    "After ± is the deviation over seeds, which says nothing of the test examples. ROC AUC and average precision are "
    "of each label against the rest, then the mean over labels. All sizes and seeds are in results.csv."
)


def section(view: View) -> Section | None:
    """A table of all metrics."""
    if not view.summary["n_ok"].any():
        return None
    return Section("All metrics", [f"{AT_LARGEST} {NOTE}"], tables=[metrics_table(view.summary)])
