"""What is drawn into one cell of the heatmap: a number with its small print, or words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, to_rgb
from matplotlib.patches import Polygon, Rectangle

from bench.report.content.wording import deviation_text, difference_text, number_text, seeds_text
from bench.report.figures import style

CELL_WIDTH, CELL_HEIGHT = 1.0, 0.7
"""Inches, which are the axes' data units."""
EDGE = 0.012
MEAN_SIZE = 13.5
BRIEF_WIDTH, BRIEF_HEIGHT, BRIEF_SIZE, BRIEF_NOTE = 0.55, 0.32, 9.5, 6.0
"""Of cells with means alone, in inches, and the sizes of a mean and of words in points."""
BEST, TIED, APART = "★", "☆", "•"
"""Marks of the best cell of a column, of those that a test can't tell from it, and of those told from the baseline."""
WHITE, BLACK = "#fefefe", "#010101"
"""On coloured cells. A page in a dark theme changes pure white and black, and must leave these (`inline.THEMED`)."""


@dataclass(frozen=True)
class Box:
    """Where a cell is: its upper left corner and how big it is, in inches."""

    left: float
    top: float
    width: float = CELL_WIDTH
    height: float = CELL_HEIGHT

    @property
    def middle(self) -> float:
        """From left to right."""
        return self.left + self.width / 2

    @property
    def centre(self) -> float:
        """From top to bottom."""
        return self.top + self.height / 2

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Of what is filled: cells are a bit apart."""
        left, right = self.left + EDGE, self.left + self.width - EDGE
        top, bottom = self.top + EDGE, self.top + self.height - EDGE
        return [(left, top), (right, top), (right, bottom), (left, bottom)]


@dataclass(frozen=True)
class Number:
    """What is written in a cell."""

    mean: float
    deviation: float
    """NaN for one seed."""
    n_ok: int
    n_expected: int
    note: str = ""
    """What else is to be said, in the small print."""
    signed: bool = False
    """A difference."""
    marks: tuple[str, ...] = ()
    """`BEST`, `TIED`, `APART` or none ("") of each column that the cell goes over, drawn in its corner there."""

    def small_print(self, usual: int) -> str:
        """The lines under the mean: its deviation, and how many seeds it is of unless that is the `usual` number.

        One seed is said of rows that could have more: with a `note`, which says why there is one, it is not.
        """
        lines = [] if pd.isna(self.deviation) else [deviation_text(self.deviation)]
        lines += [self.note] if self.note else []
        unusual = self.n_ok != usual or pd.isna(self.deviation)
        if self.n_ok < self.n_expected or (unusual and not (self.note and self.n_expected == 1)):
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
        return fill, ink_on(fill)

    def of_all(self, means: Sequence[float]) -> list[tuple[Any, str]]:
        """The same for many at once."""
        return [(tuple(fill), ink_on(fill)) for fill in self.colours(self.scale(np.asarray(means)))]


def ink_on(fill: Any) -> str:
    """Black or white, whichever has the higher contrast by WCAG 2."""
    return WHITE if 1.05 / (luminance(fill) + 0.05) > (luminance(fill) + 0.05) / 0.05 else BLACK


def luminance(colour: Any) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2)."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def draw_number(axes: Axes, box: Box, number: Number, shade: Shade, usual: int) -> None:
    """A mean with its small print, marked where seeds are missing."""
    fill, ink = shade.of(number.mean)
    _draw_box(axes, box, facecolor=fill)
    if number.n_ok < number.n_expected:
        mark_incomplete(axes, box, fill, ink)
    small = style.wrapped_lines(number.small_print(usual), box.width - 0.06, style.SMALL)
    size = style.SMALL if small.count("\n") < 2 else style.SMALL - 1.5
    line = box.centre - 0.07 * (small.count("\n") + 1)
    look: dict[str, Any] = {"ha": "center", "color": ink}
    texts = [axes.text(box.middle, line, written(number), va="center", fontsize=MEAN_SIZE, **look)]
    if small:
        texts.append(axes.text(box.middle, line + 0.11, small, va="top", fontsize=size, linespacing=1.05, **look))
    for left, mark in marks_in(box, number):
        texts.append(axes.text(left, box.top + 0.065, mark, color=ink, ha="left", va="top", fontsize=style.NORMAL))
    for text in texts:
        text.set_in_layout(False)  # inside its box: thousands need not be measured to find the figure's edges


def marks_in(box: Box, number: Number) -> list[tuple[float, str]]:
    """The marks of a cell, with their left edges."""
    step = box.width / max(len(number.marks), 1)
    return [(box.left + 0.075 + place * step, mark) for place, mark in enumerate(number.marks) if mark]


def written(number: Number) -> str:
    """The mean as a cell has it."""
    if not number.signed:
        return number_text(number.mean, 2)
    return difference_text(number.mean, 2).replace("-", "−")


def mark_incomplete(axes: Axes, box: Box, fill: Any, ink: str) -> None:
    """A dashed inner border and a hatched corner: seen without reading."""
    inset, side = 0.035, min(0.17, box.height / 3)
    left, top, right = box.left + inset, box.top + inset, box.left + box.width - inset
    border = Rectangle((left, top), box.width - 2 * inset, box.height - 2 * inset)
    border.set(fill=False, edgecolor=ink, linestyle=(0, (4, 2.5)), linewidth=1.2)
    axes.add_patch(border)
    triangle = Polygon([(right - side, top), (right, top), (right, top + side)])
    triangle.set(facecolor=fill, edgecolor=ink, hatch="//////", linewidth=0.8)
    axes.add_patch(triangle)


def draw_note(axes: Axes, box: Box, text: str, fill: str, hatch: str, *, brief: bool = False) -> None:
    """A cell that has no number: words instead."""
    _draw_box(axes, box, facecolor=fill, hatch=hatch, edgecolor="#c4c4c4")
    if brief:
        lines = style.wrapped_lines(text, box.width - 0.04, BRIEF_NOTE).split("\n")
        text = "\n".join(lines[: int(box.height * 72 / BRIEF_NOTE / 1.2)])
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": BRIEF_NOTE if brief else style.SMALL}
    look |= {"bbox": {"facecolor": fill, "edgecolor": "none", "boxstyle": "round,pad=0.25"}}
    axes.text(box.middle, box.centre, text, color=style.INK if hatch else style.MUTED, **look)


def _draw_box(axes: Axes, box: Box, **look: Any) -> None:
    corner, _, opposite, _ = box.corners
    patch = Rectangle(corner, opposite[0] - corner[0], opposite[1] - corner[1], linewidth=0, **look)
    patch.set_in_layout(False)
    axes.add_artist(patch)  # `add_patch` would find the axes' limits, which are set
