"""A picture of the data: how many rows each label has, and how long the texts are."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from bench.errors import UserError, said
from bench.escape.characters import shortened, visible_line
from bench.init.lengths import Lengths
from bench.init.overview import Overview

MAX_LABELS = 30
MAX_BINS = 30
FAR = 8
"""Times the median."""
GROWTH = 3
"""A bin of a log scale is a third as wide as all before it."""
BAR, INK = "#2f6f9f", "#333333"


def draw(seen: Overview, folder: Path) -> Path:
    """Write `data.png` into `folder`; return its path. Raises UserError where it can't be written."""
    counts = list(seen.counts.items())[:MAX_LABELS]
    figure = Figure(figsize=(10, max(2.8, 0.9 + 0.26 * len(counts))), layout="constrained")
    labels, lengths = figure.subplots(1, 2, width_ratios=(3, 2))
    names = [shortened(visible_line(label), 32) for label, _ in counts]
    values = [count for _, count in counts]
    labels.barh(range(len(counts)), values, color=BAR)
    labels.set_yticks(range(len(counts)), [name.replace("$", r"\$") for name in names])
    labels.invert_yaxis()
    for at, value in enumerate(values):
        labels.annotate(f"{value:,}", (value, at), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    labels.margins(x=0.12)
    more = f" (the {len(counts)} most frequent of {len(seen.counts)})" if len(seen.counts) > len(counts) else ""
    labels.set_title(f"Rows of each label{more}", loc="left", fontsize=10)
    _draw_lengths(lengths, seen.lengths)
    for axes in (labels, lengths):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, labelsize=8)
    path = folder / "data.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=144)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {said(error)}") from error
    return path


def _draw_lengths(axes: Axes, lengths: Lengths) -> None:
    """How many texts are so long; on a log scale where the longest are far from most."""
    units = np.asarray(lengths.units).clip(min=1)
    is_wide = units.max() > FAR * np.median(units)
    edges = _log_edges(int(units.max())) if is_wide else _even_edges(int(units.min()), int(units.max()))
    axes.hist(units, bins=edges, color=BAR)
    if is_wide:
        axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{lengths.unit} of a text{' (log scale)' if is_wide else ''}", fontsize=8)
    axes.set_ylabel("texts", fontsize=8)
    axes.set_title("Lengths of the texts", loc="left", fontsize=10)


def _even_edges(least: int, most: int) -> list[float]:
    """Bins of the same number of whole lengths each, `MAX_BINS` at most."""
    width = -(-(most - least + 1) // MAX_BINS)
    count = -(-(most - least + 1) // width)
    return [least - 0.5 + width * number for number in range(count + 1)]


def _log_edges(most: int) -> list[float]:
    """Bins of whole lengths, none narrower than the one before."""
    edges, end = [0.5], 0
    while end < most:
        end += max(1, end // GROWTH)
        edges.append(end + 0.5)
    return edges
