"""The sections of the report's page: one module each, whose `section` makes it for one data set."""

from collections.abc import Callable

from bench.report.content.parts import Section
from bench.report.sections import (
    before_after,
    calibration,
    cost,
    data,
    heatmaps,
    how_many_examples,
    how_trained,
    label_by_label,
    label_counts,
    label_sets,
    lengths,
    metrics,
    published,
    race,
    ranks,
    scaling,
    training_curves,
    verdict,
)
from bench.report.view import View

SECTIONS: dict[str, Callable[[View], Section | None]] = {
    "The answer": verdict.section,
    "The race": race.section,
    "Heatmaps": heatmaps.section,
    "Scaling curves": scaling.section,
    "How many examples": how_many_examples.section,
    "Number of labels": label_counts.section,
    "All metrics": metrics.section,
    "Ranks": ranks.section,
    "Ours and published": published.section,
    "Cost": cost.section,
    "Label by label": label_by_label.section,
    "Several labels a text": label_sets.section,
    "Calibration": calibration.section,
    "Training curves": training_curves.section,
    "Before and after training": before_after.section,
    "Lengths of texts": lengths.section,
    "Data": data.section,
    "How rows were trained": how_trained.section,
}
"""In the order of the page. A section that the records have nothing for is left out."""
