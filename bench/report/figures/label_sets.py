"""Which labels go together: those that texts have, and those that they are given."""

import matplotlib
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.report.figures import style
from bench.report.figures.heatmap_cells import Shade
from bench.report.figures.matrix import draw_matrix
from bench.report.statistics.correctness import BySeed
from bench.report.statistics.label_sets import together

MAX_LABELS = 16
"""More would not be read; tables have the pairs."""
CELL, MARGIN, GAP, LABEL_MAX = 0.44, 0.15, 0.45, 1.6
"""Inches."""


@style.applied
def together_matrices(seeds: BySeed, row: str, title: str, note: str) -> Figure:
    """Draw two panels: of texts with a label (lines), the share with another (columns), in truth and as `row` says.

    All seeds together.
    """
    first = next(iter(seeds.values())).test_set
    same = [each for each in seeds.values() if each.test_set.names == first.names]
    panels = {
        "the texts have": np.sum([together(each.test_set.labels) for each in same], axis=0),
        f"given by {row}": np.sum([together(each.predicted) for each in same], axis=0),
    }
    names = [style.wrapped(style.shown(name), LABEL_MAX, style.SMALL) for name in first.names]
    widest = max(style.text_width(name, style.SMALL) for name in names)
    side, left, below = CELL * len(names), widest + 0.2, widest + 0.2
    titles = [style.wrapped_lines(name, side + GAP, style.NORMAL, "bold") for name in panels]
    above = max(style.block_height(name, style.NORMAL) for name in titles) + 0.1
    width = max(MARGIN + 2 * (left + side + GAP), 6.0)
    head = style.head_of(title, note, width, MARGIN)
    height = head.height + above + side + below
    figure = Figure(figsize=(width, height))
    head.write(figure)
    shade = Shade(matplotlib.colormaps["Blues"], Normalize(0, 1))
    for place, (name, counts) in enumerate(zip(titles, panels.values(), strict=True)):
        x = MARGIN + place * (left + side + GAP) + left
        axes = figure.add_axes((x / width, below / height, side / width, side / height))
        shares = _shares(counts)
        draw_matrix(axes, shares, np.vectorize(_text, otypes=[str])(shares), shade)
        axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90)
        axes.set_yticks(np.arange(len(names)) + 0.5, names)
        axes.tick_params(length=0)
        axes.set_title(name)
    return figure


def _shares(counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Of each label's texts; nothing on the diagonal, and where no text has the label."""
    own = np.diag(counts).astype(np.float64)[:, None]
    found = np.divide(counts, own, out=np.full(counts.shape, np.nan), where=own > 0)
    np.fill_diagonal(found, np.nan)
    return found


def _text(share: float) -> str:
    return "" if np.isnan(share) or share < 0.005 else f"{share:.0%}"
