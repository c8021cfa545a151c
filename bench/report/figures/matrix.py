"""A matrix of shares or scores with its numbers in it, by seaborn."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bench.report.figures import style
from bench.report.figures.heatmap_cells import Shade


def draw_matrix(axes: Axes, values: NDArray[np.float64], texts: NDArray[np.str_], shade: Shade) -> None:
    """Draw cells of `values` (lines, columns) with `texts` on them; a cell of NaN stays white, without a text.

    The middle of a cell is at its column and line plus one half; the first line is at the top.
    """
    import seaborn  # brings pyplot along, which nobody who only imports this needs

    seaborn.heatmap(
        values,
        ax=axes,
        cmap=shade.colours,
        norm=shade.scale,
        vmin=shade.scale.vmin,
        vmax=shade.scale.vmax,
        annot=texts,
        fmt="",
        annot_kws={"fontsize": style.SMALL},
        linewidths=1,
        linecolor="white",
        cbar=False,
        xticklabels=False,
        yticklabels=False,
    )
    shown = values[~np.isnan(values)]
    for text, value in zip(axes.texts, shown, strict=True):
        text.set_color(shade.of(value)[1])  # seaborn's pure white would change in a dark theme (`heatmap_cells.WHITE`)
