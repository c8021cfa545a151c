"""The heatmap: every cell of the grid as a mean over seeds, or as the reason why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from bench.report import style
from bench.report.frame import summary_frame
from bench.report.wording import (
    METRICS,
    capitalised,
    deviation_text,
    in_words,
    only_data_set,
    seeds_phrase,
    seeds_text,
    sizes_of_test_sets,
    usual_seeds,
)

# All lengths are in inches: the axes' data units are inches, so cells keep their size in any grid.
CELL_WIDTH, CELL_HEIGHT, GROUP_GAP, HEADER = 1.0, 0.7, 0.16, 0.6
MARGIN, SWATCH, LABEL_MAX, BAR = 0.15, 0.3, 2.6, 0.95
MEAN_SIZE = 13.5


@dataclass(frozen=True)
class Grid:
    """Where everything is, in inches from the upper left corner of the axes."""

    rows: list[str]
    columns: dict[tuple[int, int], float]
    """Left edge by label count and training size."""
    width: float

    @property
    def height(self) -> float:
        """Of the rows and the header above them."""
        return HEADER + CELL_HEIGHT * len(self.rows)

    def top(self, row: str) -> float:
        """Upper edge of a row's cells."""
        return HEADER + CELL_HEIGHT * self.rows.index(row)


@dataclass(frozen=True)
class Number:
    """What is written in a cell."""

    mean: float
    deviation: float
    """NaN for one seed."""
    n_ok: int
    n_expected: int

    def small_print(self, usual: int) -> str:
        """The lines under the mean: its deviation, and how many seeds it is of unless that is the `usual` number."""
        lines = [] if pd.isna(self.deviation) else [deviation_text(self.deviation)]
        if self.n_ok < self.n_expected or self.n_ok != usual or not lines:
            lines.append(seeds_text(self.n_ok, self.n_expected))
        return "\n".join(lines)


@dataclass(frozen=True)
class Shade:
    """From a mean to the colour of its cell, and of the text on it."""

    colours: Colormap
    scale: Normalize

    def of(self, mean: float) -> tuple[Any, str]:
        """Fill and text colour (black or white, whichever has the higher contrast by WCAG 2)."""
        fill = self.colours(self.scale(mean))
        return fill, "white" if 1.05 / (luminance(fill) + 0.05) > (luminance(fill) + 0.05) / 0.05 else "black"


@style.applied
def heatmap(cells: pd.DataFrame, metric: str) -> Figure:
    """Draw mean and standard deviation over seeds of `metric` (a column of `cells_frame`) on the whole grid.

    Rows are models with their methods, columns are training sizes under their label counts. A cell with fewer
    seeds than planned has a dashed border, a hatched corner and its count; one without any is hatched grey and
    says why. The figure grows with the grid. Raises ValueError unless `cells` are of exactly one data set.
    """
    data = only_data_set(cells)
    summary = summary_frame(cells)
    grid = _place(summary)
    shade = Shade(matplotlib.colormaps["viridis"], colour_scale(summary[f"{metric}_mean"]))
    title, note = _head(data, metric, cells, summary)
    figure, axes = _canvas(grid, title, note)
    _draw_headers(axes, grid)
    _draw_row_labels(axes, grid, style.row_styles(cells["row"].cat.categories))
    usual = usual_seeds(summary)
    points = {(point.row, (point.num_labels, point.train_size)): point for point in summary.itertuples()}
    for row, column, corner in _slots(grid):
        point: Any = points.get((row, column))
        if point is None:
            _draw_note(axes, corner, "not in\nthe grid", fill="white", hatch="")
        elif point.n_ok == 0:
            _draw_note(axes, corner, in_words(point.not_ok).replace(", ", "\n"), fill=style.GAP, hatch="////")
        else:
            mean, deviation = getattr(point, f"{metric}_mean"), getattr(point, f"{metric}_sd")
            _draw_number(axes, corner, Number(mean, deviation, point.n_ok, point.n_expected), shade, usual)
    if summary["n_ok"].any():
        _draw_bar(figure, axes, grid, shade, METRICS[metric])
    return figure


def colour_scale(means: pd.Series) -> Normalize:
    """Colours from the tenth below the smallest mean to the tenth above the biggest, at least 0.2 apart.

    A tighter range would make differences that are noise look like differences.
    """
    if means.isna().all():
        return Normalize(0, 1)
    low, high = np.floor(means.min() * 10), np.ceil(means.max() * 10)
    if high - low < 2:
        low, high = (low, low + 2) if low + 2 <= 10 else (high - 2, high)
    return Normalize(low / 10, high / 10)


def luminance(colour: Any) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _place(summary: pd.DataFrame) -> Grid:
    rows = [row for row in summary["row"].cat.categories if (summary["row"] == row).any()]
    columns: dict[tuple[int, int], float] = {}
    right = 0.0
    for labels in sorted(int(count) for count in summary["num_labels"].unique()):
        right += GROUP_GAP if columns else 0
        for size in sorted(int(size) for size in summary.loc[summary["num_labels"] == labels, "train_size"].unique()):
            columns[labels, size] = right
            right += CELL_WIDTH
    return Grid(rows, columns, right)


def _slots(grid: Grid) -> Iterator[tuple[str, tuple[int, int], tuple[float, float]]]:
    """Every place of the grid: row, column, and its upper left corner."""
    for row in grid.rows:
        for column, left in grid.columns.items():
            yield row, column, (left, grid.top(row))


def _head(data: str, metric: str, cells: pd.DataFrame, summary: pd.DataFrame) -> tuple[str, str]:
    """Title and the small print under it."""
    note = [seeds_phrase(summary), f"{capitalised(sizes_of_test_sets(cells))}."]
    if ((summary["n_ok"] < summary["n_expected"]) & (summary["n_ok"] > 0)).any():
        note.append("Dashed border and hatched corner: seeds are missing.")
    if (summary["n_ok"] == 0).any():
        note.append("Grey hatched cells have no result, and say why.")
    return f"{capitalised(METRICS[metric])} on {data}", " ".join(note)


def _row_text(row: str) -> str:
    return style.wrapped(row, LABEL_MAX, style.NORMAL)


def _canvas(grid: Grid, title: str, note: str) -> tuple[Figure, Axes]:
    """A figure as big as the grid and its texts, title written, with axes in inches that y runs down."""
    labels = max(style.text_width(_row_text(row), style.NORMAL) for row in [*grid.rows, "training examples"])
    left = MARGIN + labels + SWATCH
    width = max(left + grid.width + BAR + MARGIN, 6.0)
    title = style.wrapped(title, width - 2 * MARGIN, style.LARGE, "bold")
    note = style.wrapped(note, min(width - 2 * MARGIN, 12), style.SMALL)
    title_height, note_height = style.block_height(title, style.LARGE), style.block_height(note, style.SMALL)
    height = MARGIN + title_height + note_height + 0.1 + grid.height + MARGIN
    figure = Figure(figsize=(width, height))
    style.write_head(figure, title, note, MARGIN)
    axes = figure.add_axes(
        (left / width, MARGIN / height, grid.width / width, grid.height / height),
        xlim=(0, grid.width),
        ylim=(grid.height, 0),
    )
    axes.set_axis_off()
    return figure, axes


def _draw_headers(axes: Axes, grid: Grid) -> None:
    """Training sizes over the columns, label counts over their groups."""
    for (_, size), left in grid.columns.items():
        axes.text(left + CELL_WIDTH / 2, HEADER - 0.08, f"{size:,}", ha="center", va="bottom", fontsize=style.NORMAL)
    axes.text(-SWATCH, HEADER - 0.08, "training examples", ha="right", va="bottom", color=style.MUTED)
    for labels in dict.fromkeys(labels for labels, _ in grid.columns):
        lefts = [left for (other, _), left in grid.columns.items() if other == labels]
        left, right = min(lefts), max(lefts) + CELL_WIDTH
        axes.plot([left, right], [HEADER - 0.32] * 2, color=style.INK, linewidth=1.2, clip_on=False)
        axes.text((left + right) / 2, HEADER - 0.37, f"{labels} labels", ha="center", va="bottom", fontweight="bold")


def _draw_row_labels(axes: Axes, grid: Grid, styles: dict[str, style.RowStyle]) -> None:
    """Names, and the marker that the row has in the scaling curves."""
    for row in grid.rows:
        middle = grid.top(row) + CELL_HEIGHT / 2
        look = styles[row]
        axes.text(-SWATCH, middle, _row_text(row), ha="right", va="center", linespacing=1.1)
        axes.plot([-SWATCH / 2], [middle], look.marker, color=look.colour, markersize=7, clip_on=False, label=row)


def _draw_number(axes: Axes, corner: tuple[float, float], number: Number, shade: Shade, usual: int) -> None:
    """A mean with its small print, marked where seeds are missing."""
    fill, ink = shade.of(number.mean)
    _draw_box(axes, corner, facecolor=fill)
    if number.n_ok < number.n_expected:
        _mark_incomplete(axes, corner, fill, ink)
    small = number.small_print(usual)
    middle = corner[0] + CELL_WIDTH / 2
    line = corner[1] + CELL_HEIGHT / 2 - 0.07 * (small.count("\n") + 1)
    look: dict[str, Any] = {"ha": "center", "color": ink}
    axes.text(middle, line, f"{number.mean:.2f}", va="center", fontsize=MEAN_SIZE, **look)
    axes.text(middle, line + 0.11, small, va="top", fontsize=style.SMALL, linespacing=1.05, **look)


def _mark_incomplete(axes: Axes, corner: tuple[float, float], fill: Any, ink: str) -> None:
    """A dashed inner border and a hatched corner: seen without reading."""
    inset, side = 0.035, 0.17
    left, top, right = corner[0] + inset, corner[1] + inset, corner[0] + CELL_WIDTH - inset
    box = Rectangle((left, top), CELL_WIDTH - 2 * inset, CELL_HEIGHT - 2 * inset)
    box.set(fill=False, edgecolor=ink, linestyle=(0, (4, 2.5)), linewidth=1.2)
    axes.add_patch(box)
    triangle = Polygon([(right - side, top), (right, top), (right, top + side)])
    triangle.set(facecolor=fill, edgecolor=ink, hatch="//////", linewidth=0.8)
    axes.add_patch(triangle)


def _draw_note(axes: Axes, corner: tuple[float, float], text: str, fill: str, hatch: str) -> None:
    """A cell that has no number: words instead."""
    _draw_box(axes, corner, facecolor=fill, hatch=hatch, edgecolor="#c4c4c4")
    axes.text(
        corner[0] + CELL_WIDTH / 2,
        corner[1] + CELL_HEIGHT / 2,
        text,
        ha="center",
        va="center",
        color=style.INK if hatch else style.MUTED,
        fontsize=style.SMALL,
        bbox={"facecolor": fill, "edgecolor": "none", "boxstyle": "round,pad=0.25"},
    )


def _draw_box(axes: Axes, corner: tuple[float, float], **look: Any) -> None:
    edge = 0.012
    axes.add_patch(
        Rectangle(
            (corner[0] + edge, corner[1] + edge),
            CELL_WIDTH - 2 * edge,
            CELL_HEIGHT - 2 * edge,
            linewidth=0,
            **look,
        )
    )


def _draw_bar(figure: Figure, axes: Axes, grid: Grid, shade: Shade, label: str) -> None:
    """The colour bar, right of the cells and as high as they are, up to three inches."""
    length = min(grid.height - HEADER, 3.0)
    width, height = figure.get_size_inches()
    cells = axes.get_position()
    top = cells.y1 - HEADER / height
    bar = figure.add_axes((cells.x1 + 0.18 / width, top - length / height, 0.16 / width, length / height))
    colour_bar = figure.colorbar(ScalarMappable(shade.scale, shade.colours), cax=bar)
    colour_bar.set_label(label)
    colour_bar.outline.set_visible(False)
