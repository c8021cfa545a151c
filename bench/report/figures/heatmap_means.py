"""The cells of a big heatmap: thousands of means, drawn together."""

from collections.abc import Sequence
from typing import cast

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, IdentityTransform

from bench.report.figures.heatmap_cells import BRIEF_SIZE, Box, Number, Shade, mark_incomplete, marks_in, written
from bench.report.statistics.variance import Values


def draw_means(axes: Axes, numbers: Sequence[tuple[Box, Number]], shade: Shade) -> None:
    """Means without small print, all at once, for thousands; marked where seeds are missing."""
    looks = shade.of_all([number.mean for _, number in numbers])
    rectangles = PolyCollection(
        [box.corners for box, _ in numbers], facecolors=[fill for fill, _ in looks], linewidth=0
    )
    rectangles.set_in_layout(False)
    axes.add_collection(rectangles, autolim=False)
    pairs = list(zip(numbers, looks, strict=True))
    for (box, number), (fill, ink) in pairs:
        if number.n_ok < number.n_expected:
            mark_incomplete(axes, box, fill, ink)
    words = [(box.middle, box.centre, written(number), ink) for (box, number), (_, ink) in pairs]
    marks = [(left, box.centre, mark, ink) for (box, number), (_, ink) in pairs for left, mark in marks_in(box, number)]
    axes.add_artist(_Words([*words, *marks]))


class _Words(Artist):
    """Thousands of short texts around their places (in data units): a `Text` each takes five times as long to draw."""

    zorder = 3  # a text's

    def __init__(self, words: Sequence[tuple[float, float, str, str]]) -> None:
        """Each is given as x, y, text, colour."""
        super().__init__()
        self.words = words
        self.set_in_layout(False)

    def draw(self, renderer: RendererBase) -> None:
        """Called by matplotlib. Where there are no pixels, in an SVG, text stays text."""
        assert self.axes is not None
        places: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for x, y, text, ink in self.words:
            places.setdefault((text, ink), []).append((x, y))
        draw = _stamp if isinstance(renderer, RendererAgg) else _write
        for (text, ink), there in places.items():
            draw(renderer, text, ink, self.axes.transData.transform(there))


def _stamp(renderer: RendererBase, text: str, ink: str, places: Values) -> None:
    """Draw a text once and put it to all its places, which are in pixels."""
    outline = TextPath((0, 0), text, size=BRIEF_SIZE, prop=FontProperties())
    box, gc = outline.get_extents(), renderer.new_gc()
    gc.set_linewidth(0)
    middle = (-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2)
    shape = Affine2D().translate(*middle).scale(cast(float, renderer.points_to_pixels(1)))
    renderer.draw_markers(gc, outline, shape, Path(places), IdentityTransform(), to_rgb(ink))
    gc.restore()


def _write(renderer: RendererBase, text: str, ink: str, places: Values) -> None:
    font, gc = FontProperties(size=BRIEF_SIZE), renderer.new_gc()
    gc.set_foreground(ink)
    width, height, descent = renderer.get_text_width_height_descent(text, font, False)
    top = renderer.get_canvas_width_height()[1]
    for x, y in places:
        line = (top - y if renderer.flipy() else y) + height / 2 - descent
        renderer.draw_text(gc, x - width / 2, line, text, font, 0)
    gc.restore()
