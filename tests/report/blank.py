"""Figures that are drawn in no time, for tests of what stands around them."""

from collections.abc import Collection
from types import ModuleType

import pytest
from matplotlib.figure import Figure

from bench.report import sections

DRAWN = {
    sections.heatmaps: ("heatmap", "differences"),
    sections.scaling: ("scaling_curves",),
    sections.how_many_examples: ("equivalence_curves",),
    sections.label_counts: ("label_count_curves",),
    sections.published: ("ours_and_published",),
    sections.cost: ("score_and_cost",),
    sections.label_by_label: ("f1_heatmap", "confusion_matrices"),
    sections.calibration: ("reliability",),
    sections.training_curves: ("training_curves",),
    sections.before_after: ("before_and_after",),
    sections.lengths: ("length_histograms",),
}
"""What each section's module draws with."""


def draw_blanks(monkeypatch: pytest.MonkeyPatch, but: Collection[ModuleType] = ()) -> None:
    """Have every section draw an empty figure of a square inch, those of the modules `but` apart."""
    for module, names in DRAWN.items():
        for name in names if module not in but else ():
            monkeypatch.setattr(module, name, lambda *_, **__: Figure(figsize=(1, 1)))
