"""One visual language for all figures: sizes, and a colour, marker and line for every row of the grid.

Figures are built without pyplot, and settings hold only while one is drawn or saved, so nobody who imports
this finds their own matplotlib changed.
"""

import functools
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Bbox
from PIL import Image

from bench.escape.characters import shortened, visible, visible_line
from bench.escape.xml import well_formed
from bench.report.figures import letters
from bench.report.figures.display import displayed
from bench.results.store import write_atomically
from bench.wording import counted

SMALL, NORMAL, LARGE = 8.5, 10.0, 13.0
"""Font sizes in points."""
INK, MUTED, GAP, GRID, OTHERS = "#1a1a1a", "#595959", "#ececec", "#dddddd", "#c2c2c2"
SETTINGS: Any = {
    "font.family": "sans-serif",
    # the first comes with matplotlib: the same pictures everywhere; the second is as wide, for an SVG's readers
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": NORMAL,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,  # a model's name may have dollar signs in it
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.titlesize": NORMAL,
    "axes.titleweight": "bold",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "bench.report",
    "svg.fonttype": "none",
}
_DEFAULTS = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}


@contextmanager
def _applied() -> Iterator[None]:
    with matplotlib.rc_context({**_DEFAULTS, **SETTINGS}), letters.quiet():
        yield


applied = _applied()
"""Decorator: draw with `SETTINGS`, whatever the user's matplotlibrc says, and leave the caller's as they were."""

DPI = 160
MAX_CHARACTERS = 80
"""Of a name in a figure."""

# After Okabe and Ito's colours for all kinds of colour vision (Color Universal Design, 2008), darker: each has a
# contrast of 3:1 at least with white and with the page's dark ground. Black is the baseline's. Seven colours and ten
# markers: no pair comes twice before 70 rows. Diamonds are kept for published numbers.
COLOURS = ("#0072B2", "#D55E00", "#008A64", "#B8578F", "#9A6F00", "#6F66CC", "#5F7F2A")
MARKERS = ("o", "s", "^", "v", "P", "X", "<", ">", "p", "h")
LINES = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1.2)))


@dataclass(frozen=True, slots=True)
class RowStyle:
    """How one row of the grid looks in every figure."""

    colour: str
    marker: str
    line: Any
    """A matplotlib line style; it changes each time the colours begin again."""
    width: float = 1.4
    """Of lines, in points."""


BASELINE = RowStyle("#000000", "s", (0, (4.5, 1)), 2.6)
"""What rows are compared with: black, thick and dashed as no row is."""


def row_styles(rows: Iterable[str], baseline: str | None = None) -> dict[str, RowStyle]:
    """A style for each row, by its place among `rows` (all rows of the grid, in `frame.row_order`); that of the
    `baseline` is its own."""
    return {
        row: BASELINE
        if row == baseline
        else RowStyle(
            colour=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
            line=LINES[place // len(COLOURS) % len(LINES)],
        )
        for place, row in enumerate(rows)
    }


@functools.cache
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width in inches of the longest line of `text` at `size` points."""
    text = visible(text)
    font = FontProperties(family=letters.fonts(text), size=size, weight=weight)
    with letters.quiet():
        return max(TextToPath().get_text_width_height_descent(line, font, False)[0] for line in text.split("\n")) / 72


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> str:
    """`text` broken between words into lines of at most `width` inches; words wider than that are broken up."""
    lines = [""]
    for word in re.split(r" +", text):
        candidate = f"{lines[-1]} {word}".strip()
        if text_width(candidate, size, weight) <= width:
            lines[-1] = candidate
            continue
        *full, rest = _broken(word, width, size, weight)
        lines += [*full, rest]
    return "\n".join(line for line in lines if line)


def wrapped_lines(text: str, width: float, size: float, weight: str = "normal") -> str:
    """Each line of `text` wrapped by itself."""
    return "\n".join(wrapped(line, width, size, weight) for line in text.split("\n"))


def percent(number: float) -> str:
    """ "95 %" or "99.9 %" that is never broken at the end of a line."""
    return f"{number:g}\u00a0%"


def block_height(text: str, size: float) -> float:
    """Height in inches to keep free for the lines of `text` at `size` points."""
    return (text.count("\n") + 1) * size * 1.45 / 72


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a figure's panels, wrapped to its width: a title and small print."""

    title: str
    note: str
    margin: float
    """Inches, around the figure."""

    @property
    def height(self) -> float:
        """Inches to keep free, with the margins above and below."""
        return block_height(self.title, LARGE) + block_height(self.note, SMALL) + 2 * self.margin

    def write(self, figure: Figure) -> None:
        """Put it in the upper left corner."""
        width, height = figure.get_size_inches()
        place: dict[str, Any] = {"x": self.margin / width, "ha": "left", "va": "top"}
        top = 1 - self.margin / height
        figure.text(y=top, s=self.title, fontsize=LARGE, fontweight="bold", **place)
        below = top - block_height(self.title, LARGE) / height
        figure.text(y=below, s=self.note, fontsize=SMALL, color=MUTED, **place)


def shortened_words(text: str) -> str:
    """`text` with its words of more than `MAX_CHARACTERS` cut: a name of 300 characters takes no lines of its own."""
    return " ".join(shortened(word, MAX_CHARACTERS) if len(word) > MAX_CHARACTERS else word for word in text.split(" "))


def head_of(title: str, note: str, width: float, margin: float, longest: float = inf) -> Head:
    """The head of a figure `width` inches wide; lines of small print are at most `longest` inches."""
    inside = width - 2 * margin
    title = shortened_words(title)
    return Head(wrapped(title, inside, LARGE, "bold"), wrapped(note, min(inside, longest), SMALL), margin)


def legend_width(handles: Iterable[Artist]) -> float:
    """Inches of the longest label of a legend, its marks aside."""
    return max(text_width(str(handle.get_label()), SMALL) for handle in handles)


def row_handle(row: str, look: RowStyle, label: str | None = None, size: float = 5) -> Line2D:
    """A row's entry in a legend, under its own name or another label; `size` of its marker in points."""
    marks: dict[str, Any] = {
        "color": look.colour,
        "marker": look.marker,
        "linestyle": look.line,
        "linewidth": look.width,
    }
    return Line2D([], [], markersize=size, label=shown(label or displayed(row)), **marks)


OTHERS_LINE: Any = {"color": OTHERS, "linewidth": 0.8}
"""How rows are drawn that a figure does not name."""


def shown(name: str, most: int = MAX_CHARACTERS) -> str:
    """A name as figures have it: on one line and not too long; tables have all of it."""
    name = shortened(visible_line(name), most)
    return f"\u200a{name}" if name.startswith("_") else name  # matplotlib leaves such names out of legends


def called(row: str) -> str:
    """What people call a row or data set, as `shown`."""
    return shown(displayed(row))


def others_handle(rows: Sequence[str], *, dots: bool = False) -> list[Line2D]:
    """The one entry in a legend of the rows that a figure does not name, if there are any: a line, or a dot."""
    look: dict[str, Any] = {"marker": ".", "linestyle": "none"} if dots else {}
    return [Line2D([], [], label=counted(len(rows), "other row"), **OTHERS_LINE, **look)] if rows else []


def others_phrase(rows: Sequence[str]) -> str:
    """What they are, for a figure's small print."""
    return "Grey are the rows that are not among the best: their numbers are in the tables." if rows else ""


def _broken(word: str, width: float, size: float, weight: str) -> list[str]:
    """`word` in pieces of at most `width` inches, one character at least."""
    pieces = [""]
    for character in word:
        if pieces[-1] and text_width(pieces[-1] + character, size, weight) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


@applied
def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `figure` to `folder` as `name`.png and `name`.svg and empty it; returns both paths.

    The same figure gives the same bytes: neither file has a date, and ids in the SVG have a fixed salt. Text in the
    SVG stays text.
    """
    letters.prepare(figure)
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")  # places are found once, not again in each pass
    # what `bbox_inches="tight"` would do, with two passes over the artists in place of five
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DPI)
    canvas.draw()
    box = figure.get_tightbbox(canvas.get_renderer()).padded(0.12)
    contents = {"png": _png(canvas, box), "svg": _svg(figure, box)}
    for suffix, content in contents.items():
        write_atomically(folder / f"{name}.{suffix}", content)
    figure.clear()
    return folder / f"{name}.png", folder / f"{name}.svg"


def _png(canvas: FigureCanvasAgg, box: Bbox) -> bytes:
    """What was drawn on `canvas`, cut or widened to `box` (inches from the lower left corner)."""
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    left, right = (round(x * DPI) for x in box.intervalx)
    upper, lower = (drawn.height - round(y * DPI) for y in box.intervaly[::-1])
    page = Image.new("RGB", (right - left, lower - upper), "white")
    page.paste(drawn, (-left, -upper))
    content = io.BytesIO()
    page.save(content, "png", dpi=(DPI, DPI), compress_level=4)  # twice as fast, a tenth bigger
    return content.getvalue()


def _svg(figure: Figure, box: Bbox) -> bytes:
    """The figure as SVG whose view is `box` (inches from the lower left corner)."""
    height = figure.get_size_inches()[1]
    content = io.StringIO()
    FigureCanvasSVG(figure).print_svg(content, metadata={"Date": None})
    head, mark, rest = content.getvalue().partition("<metadata>")
    left, top, wide, high = (72 * x for x in (box.x0, height - box.y1, box.width, box.height))
    view = f'width="{wide:.2f}pt" height="{high:.2f}pt" viewBox="{left:.2f} {top:.2f} {wide:.2f} {high:.2f}"'
    return well_formed(_VIEW.sub(view, head, count=1) + mark + rest).encode()


_VIEW = re.compile(r'width="[^"]*" height="[^"]*" viewBox="[^"]*"')
