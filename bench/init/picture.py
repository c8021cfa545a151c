"""A picture of the data: how many rows each label has, and how long the texts are."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from bench.errors import UserError, said
from bench.escape.characters import shortened, visible_line
from bench.init.overview import Overview

MAX_LABELS = 30
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
    words = np.asarray([max(1, len(text.split())) for text in seen.seen.texts])
    bins = np.unique(np.round(np.geomspace(1, max(2, words.max()), 30)))
    lengths.hist(words, bins=bins, color=BAR)
    lengths.set_xscale("log")
    lengths.set_xlabel("words of a text (log scale)")
    lengths.set_title("Lengths of the texts", loc="left", fontsize=10)
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
