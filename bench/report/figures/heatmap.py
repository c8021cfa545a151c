"""The heatmap: every cell of the grid as a mean over seeds, or as the reason why there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from bench.report.content.wording import (
    UNTRAINED,
    capitalised,
    in_words,
    metric_words,
    only_data_set,
    seeds_phrase,
    sizes_of_test_sets,
    usual_seeds,
)
from bench.report.figures import style
from bench.report.figures.heatmap_cells import (
    BEST,
    BRIEF_HEIGHT,
    BRIEF_WIDTH,
    CELL_HEIGHT,
    CELL_WIDTH,
    TIED,
    Box,
    Number,
    Shade,
    draw_note,
    draw_number,
)
from bench.report.figures.heatmap_means import draw_means
from bench.report.inputs.frame import summary_frame
from bench.report.statistics.metrics import lower_is_better
from bench.report.statistics.ties import Standing

# All lengths are in inches: the axes' data units are inches, so cells keep their size in any grid.
GROUP_GAP, HEADER = 0.16, 0.6
MARGIN, SWATCH, LABEL_MAX, BAR = 0.15, 0.3, 2.6, 0.95


MAX_SMALL_PRINT = 600
"""Cells of a figure; bigger ones have means alone, for nobody could read the rest."""


@dataclass(frozen=True)
class Grid:
    """Where everything is, in inches from the upper left corner of the axes."""

    rows: list[str]
    columns: dict[tuple[int, int], float]
    """Left edge by label count and training size."""
    width: float
    cell: tuple[float, float]
    """Width and height of one."""

    @property
    def height(self) -> float:
        """Of the rows and the header above them."""
        return HEADER + self.cell[1] * len(self.rows)

    def top(self, row: str) -> float:
        """Upper edge of a row's cells."""
        return HEADER + self.cell[1] * self.rows.index(row)

    def box(self, row: str, labels: int, size: int | None) -> Box:
        """One cell; across all sizes of the label count where `size` is None."""
        lefts = [left for (count, other), left in self.columns.items() if count == labels and size in (None, other)]
        return Box(min(lefts), self.top(row), max(lefts) + self.cell[0] - min(lefts), self.cell[1])


Contents = Mapping[tuple[str, int, int], Number | str]
"""What is in each cell, by row, label count and training size: a number, or words."""


Marks = Mapping[tuple[str, int, int], str]
"""`heatmap_cells.BEST`, `TIED` or `APART` by row, label count and training size."""


@style.applied
def heatmap(cells: pd.DataFrame, metric: str, marks: Marks | None = None) -> Figure:
    """Draw mean and standard deviation over seeds of `metric` (a column of `cells_frame`) on the whole grid.

    Rows are models with their methods, columns are training sizes under their label counts. A cell with fewer
    seeds than planned has a dashed border, a hatched corner and its count; one without any is hatched grey and
    says why. A row that uses no training examples has one cell across all sizes of a label count. `marks` are what
    is best, and what is tied with it, by paired tests. The figure grows with the grid. Raises ValueError unless
    `cells` are of exactly one data set.
    """
    data = style.called(only_data_set(cells))
    summary = summary_frame(cells)
    colours = matplotlib.colormaps["viridis_r" if lower_is_better(metric) else "viridis"]
    shade = Shade(colours, colour_scale(summary[f"{metric}_mean"]))
    title, note = f"{capitalised(metric_words(metric))} on {data}", grid_note(cells, summary)
    if marks:
        note += f" {BEST} highest of its label count and training size; "
        note += f"{TIED} not significantly different from it (paired test)."
    rows = list(cells["row"].cat.categories)
    return draw_grid(
        contents_of(summary, metric, marks=marks or {}),
        rows,
        shade,
        (title, note, metric_words(metric)),
        usual_seeds(summary),
    )


def marks_of(standings: Sequence[Standing]) -> Marks:
    """What is best at each label count and training size, and what is tied with it."""
    found: dict[tuple[str, int, int], str] = {}
    for one in standings:
        found[one.best, one.num_labels, one.train_size] = BEST
        found |= {(tied.row, one.num_labels, one.train_size): TIED for tied in one.tied}
    return found


def contents_of(summary: pd.DataFrame, metric: str, *, signed: bool = False, marks: Marks | None = None) -> Contents:
    """What a heatmap shows of each point of `summary_frame`."""
    contents: dict[tuple[str, int, int], Number | str] = {}
    places = zip(summary["row"].astype(str), summary["num_labels"], summary["train_size"], strict=True)
    columns = _columns([(row, int(labels), int(size)) for row, labels, size in places])
    for point in summary.itertuples():
        mean, deviation = getattr(point, f"{metric}_mean"), getattr(point, f"{metric}_sd")
        note = UNTRAINED if point.train_size == 0 else ""
        row, labels, size = str(point.row), int(point.num_labels), int(point.train_size)  # type: ignore[arg-type]
        own = tuple((marks or {}).get((row, labels, column), "") for column in ([size] if size else columns[labels]))
        known = Number(mean, deviation, point.n_ok, point.n_expected, note, signed, own)  # type: ignore[arg-type]
        words = in_words(str(point.not_ok)).replace(", ", "\n") if point.n_ok == 0 else "not\nmeasured"
        contents[row, labels, size] = words if pd.isna(mean) else known
    return contents


def draw_grid(contents: Contents, rows: list[str], shade: Shade, words: tuple[str, str, str], usual: int) -> Figure:
    """A heatmap of `contents`; `rows` are all of the grid in order, for their colours.

    `words` are the title, the small print under it and the name of the colours; `usual` is how many seeds go
    without saying. To be called with the settings of `style` applied.
    """
    brief = len(contents) > MAX_SMALL_PRINT
    grid = _place(contents, rows, (BRIEF_WIDTH, BRIEF_HEIGHT) if brief else (CELL_WIDTH, CELL_HEIGHT))
    more = " Deviations and numbers of seeds are in the tables." if brief else ""
    figure, axes = _canvas(grid, words[0], words[1] + more)
    _draw_headers(axes, grid)
    _draw_row_labels(axes, grid, style.row_styles(rows))
    means: list[tuple[Box, Number]] = []
    for row in grid.rows:
        for labels in dict.fromkeys(labels for labels, _ in grid.columns):
            own = {size: contents.get((row, labels, size)) for count, size in grid.columns if count == labels}
            untrained = contents.get((row, labels, 0))
            if untrained is not None and all(content is None for size, content in own.items() if size):
                own = {0: untrained}
            for size, content in own.items():
                box = grid.box(row, labels, None if len(own) == 1 else size)
                if brief and isinstance(content, Number):
                    means.append((box, content))
                else:
                    _draw_content(axes, box, content, shade, usual, brief=brief)
    draw_means(axes, means, shade)
    if any(isinstance(content, Number) for content in contents.values()):
        _draw_bar(figure, axes, grid, shade, words[2])
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


def _place(contents: Contents, rows: list[str], cell: tuple[float, float]) -> Grid:
    met = {row for row, _, _ in contents}
    columns: dict[tuple[int, int], float] = {}
    right = 0.0
    for labels, sizes in _columns(contents).items():
        right += GROUP_GAP if columns else 0
        for size in sizes:
            columns[labels, size] = right
            right += cell[0]
    return Grid([row for row in rows if row in met], columns, right, cell)


def _columns(places: Iterable[tuple[str, int, int]]) -> dict[int, list[int]]:
    """The training sizes that have columns, by label count; `places` are row, label count and size."""
    known = list(places)
    counts = sorted({labels for _, labels, _ in known})
    return {labels: _sizes([(row, size) for row, count, size in known if count == labels]) for labels in counts}


def _sizes(points: list[tuple[str, int]]) -> list[int]:
    """The sizes of one label count's columns; 0 only if a row has it beside others, or there are no others."""
    sizes = sorted({size for _, size in points})
    trained = {row for row, size in points if size}
    both = any(row in trained for row, size in points if not size)
    return sizes if both or sizes == [0] else [size for size in sizes if size]


def _draw_content(axes: Axes, box: Box, content: Number | str | None, shade: Shade, usual: int, *, brief: bool) -> None:
    """One cell, whatever there is to say about it."""
    if content is None:
        draw_note(axes, box, "not in\nthe grid", fill="white", hatch="", brief=brief)
    elif isinstance(content, str):
        draw_note(axes, box, content, fill=style.GAP, hatch="////", brief=brief)
    else:
        draw_number(axes, box, content, shade, usual)


def grid_note(cells: pd.DataFrame, summary: pd.DataFrame) -> str:
    """The small print under the title."""
    note = [seeds_phrase(summary), f"{capitalised(sizes_of_test_sets(cells))}."]
    if ((summary["n_ok"] < summary["n_expected"]) & (summary["n_ok"] > 0)).any():
        note.append("Dashed border and hatched corner: seeds are missing.")
    if (summary["train_size"] == 0).any():
        note.append("A cell across all sizes uses no training examples.")
    if (summary["n_ok"] == 0).any():
        note.append("Grey hatched cells have no result, and say why.")
    return " ".join(note)


def _row_text(row: str) -> str:
    return style.wrapped(style.called(row), LABEL_MAX, style.NORMAL)


def _canvas(grid: Grid, title: str, note: str) -> tuple[Figure, Axes]:
    """A figure as big as the grid and its texts, title written, with axes in inches that y runs down."""
    labels = max(style.text_width(_row_text(row), style.NORMAL) for row in [*grid.rows, "training examples"])
    left = MARGIN + labels + SWATCH
    width = max(left + grid.width + BAR + MARGIN, 6.0)
    head = style.head_of(title, note, width, MARGIN, longest=12)
    height = head.height + 0.1 + grid.height
    figure = Figure(figsize=(width, height))
    head.write(figure)
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
        axes.text(left + grid.cell[0] / 2, HEADER - 0.08, f"{size:,}", ha="center", va="bottom", fontsize=style.NORMAL)
    axes.text(-SWATCH, HEADER - 0.08, "training examples", ha="right", va="bottom", color=style.MUTED)
    for labels in dict.fromkeys(labels for labels, _ in grid.columns):
        lefts = [left for (other, _), left in grid.columns.items() if other == labels]
        left, right = min(lefts), max(lefts) + grid.cell[0]
        axes.plot([left, right], [HEADER - 0.32] * 2, color=style.INK, linewidth=1.2, clip_on=False)
        axes.text((left + right) / 2, HEADER - 0.37, f"{labels} labels", ha="center", va="bottom", fontweight="bold")


def _draw_row_labels(axes: Axes, grid: Grid, styles: dict[str, style.RowStyle]) -> None:
    """Names, and the marker that the row has in the scaling curves."""
    for row in grid.rows:
        middle = grid.top(row) + grid.cell[1] / 2
        look = styles[row]
        axes.text(-SWATCH, middle, _row_text(row), ha="right", va="center", linespacing=1.1)
        axes.plot([-SWATCH / 2], [middle], look.marker, color=look.colour, markersize=7, clip_on=False, label=row)


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
