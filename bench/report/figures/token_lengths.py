"""How long training texts are in tokens, and where they are cut."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from bench.report.figures import style
from bench.report.figures.layout import Texts, panel_grid
from bench.report.inputs.records import Points
from bench.report.statistics.points import Point
from bench.results.measurements import Lengths

PANEL, HEADER = (4.2, 2.0), 1.15
"""Inches: a panel's width and height, and what is above and below it."""
PANELS_A_LINE = 2
FILL, CUT = "#56B4E9", "#D55E00"


def texts_of_tokenizers(measured: Points, models: Mapping[str, str]) -> list[tuple[list[str], Point, Lengths]]:
    """Lengths by tokenizer: the models that share it, the point that was counted, and its lengths.

    Of each model the biggest training set is taken, of its first seed; models that count the same lengths have the
    same tokenizer. `models` gives the model of each row.
    """
    biggest: dict[str, tuple[Point, Lengths]] = {}
    for point, seeds in measured.items():
        lengths = next((one.lengths for one in seeds.values() if one.lengths is not None), None)
        if lengths is None or len(lengths.bin_edges) != len(lengths.counts) + 1 or not sum(lengths.counts):
            continue
        model = models[point.row]
        if model not in biggest or _size(point) > _size(biggest[model][0]):
            biggest[model] = (point, lengths)
    shared: list[tuple[list[str], Point, Lengths]] = []
    for model, (point, lengths) in biggest.items():
        for names, other, known in shared:
            if _size(other) == _size(point) and known == lengths:
                names.append(model)
                break
        else:
            shared.append(([model], point, lengths))
    return shared


def _size(point: Point) -> tuple[int, int]:
    return point.train_size, point.num_labels


@style.applied
def length_histograms(shared: Sequence[tuple[list[str], Point, Lengths]], data: str) -> Figure:
    """Draw what `texts_of_tokenizers` gave, a panel a tokenizer: shares of training texts by their tokens."""
    columns = min(PANELS_A_LINE, len(shared))
    lines = ceil(len(shared) / columns)
    note = "Counted before cutting, with the tokens that the tokenizer adds."
    if any(tail(lengths) for _, _, lengths in shared):
        note += " A hatched bar holds all that is longer."
    around = Texts(title=f"Tokens per training text on {data}", note=note, x="tokens", y="share of training texts")
    figure, grid = panel_grid((lines, columns), (PANEL[0] + 0.5, PANEL[1] + HEADER), (), around)
    panels = [axes for line in grid for axes in line]
    for axes, (names, point, lengths) in zip(panels, shared, strict=False):
        where = f"{point.num_labels} labels, {point.train_size:,} examples"
        axes.set_title(
            f"{style.wrapped(', '.join(map(style.called, names)), PANEL[0], style.NORMAL, 'bold')}\n{where}", pad=42
        )
        _draw_histogram(axes, lengths)
    for unused in panels[len(shared) :]:
        unused.remove()
    return figure


def tail(lengths: Lengths) -> bool:
    """Whether the last bin is wider than the others, for all that is longer."""
    edges = lengths.bin_edges
    return len(edges) > 2 and edges[-1] - edges[-2] != edges[1] - edges[0]


def _draw_histogram(axes: Axes, lengths: Lengths) -> None:
    edges, shares = np.array(lengths.bin_edges, dtype=float), np.array(lengths.counts) / sum(lengths.counts)
    step, regular = edges[1] - edges[0], len(shares) - tail(lengths)
    axes.bar(edges[:regular], shares[:regular], step, align="edge", color=FILL, edgecolor="white", linewidth=0.5)
    reach = end = float(edges[regular])
    names = {tick: f"{tick:,.0f}" for tick in MaxNLocator(6, integer=True).tick_values(0, end) if tick <= end}
    if tail(lengths):
        middle = end + 1.5 * step
        axes.bar([middle], shares[regular:], 1.5 * step, color="white", edgecolor=FILL, hatch="////", linewidth=0.8)
        names = {tick: name for tick, name in names.items() if middle - tick > 0.12 * end} | {middle: f"≥{end:,.0f}"}
        end = middle + step
    axes.xaxis.set_major_locator(FixedLocator(list(names)))
    axes.set_xticklabels(list(names.values()))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    axes.grid(axis="y", color=style.GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlim(0, end * 1.02)
    _draw_cut(axes, lengths, inside=lengths.max_length <= reach)


def _draw_cut(axes: Axes, lengths: Lengths, *, inside: bool) -> None:
    """Where texts are cut, as a line or, beyond the axis, an arrow; percentiles and the share that is cut above."""
    if inside:
        axes.axvline(lengths.max_length, color=CUT, linewidth=1.4, zorder=3)
    else:
        arrow: dict[str, Any] = {"arrowstyle": "->", "color": CUT, "linewidth": 1.2}
        there, here = (1.0, 0.5), (0.9, 0.5)
        axes.annotate("", there, here, xycoords="axes fraction", textcoords="axes fraction", arrowprops=arrow)
    facts = f"median {lengths.p50:,.0f}, 95 % up to {lengths.p95:,.0f}, 99 % up to {lengths.p99:,.0f}, "
    facts += f"longest {lengths.max:,}"
    beyond = "" if inside else ", beyond the axis"
    cut = f"limit {lengths.max_length:,}{beyond}: {share_text(lengths.share_cut, lengths.num_cut)} cut"
    place: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "center"}
    place |= {"va": "bottom", "fontsize": style.SMALL}
    axes.annotate(facts, (0.5, 1), (0, 20), color=style.MUTED, **place)
    axes.annotate(cut, (0.5, 1), (0, 6), color=CUT, **place)


def share_text(share: float, count: int) -> str:
    """A share in percent that is only 0 where nothing is."""
    if count and share < 0.0005:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if count else "none"
