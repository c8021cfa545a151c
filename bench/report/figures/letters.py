"""Characters in figures: fonts for scripts that DejaVu Sans lacks, and one line in place of a warning a glyph."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from warnings import catch_warnings, filterwarnings

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager, get_font
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter

from bench.escape.characters import visible
from bench.escape.terminal import say

FONT = "DejaVu Sans"
"""Comes with matplotlib: the same pictures everywhere."""
OTHER_FONTS = (
    *(f"Noto Sans CJK {region}" for region in ("SC", "TC", "JP", "KR")),
    *("Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Droid Sans Fallback", "IPAGothic", "NanumGothic", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "SimHei"),
    *("PingFang SC", "PingFang HK", "Hiragino Sans", "Hiragino Sans GB", "Apple SD Gothic Neo", "Arial Unicode MS"),
    *("Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai", "Noto Sans Arabic"),
    *("Noto Sans Hebrew", "Loma", "Leelawadee UI", "Nirmala UI", "Noto Sans Symbols2", "Noto Emoji", "Symbola"),
    *("Segoe UI Symbol", "Segoe UI Emoji", "Unifont"),
)
"""Where they are installed, the first that has a character draws it."""
_MISSING = "Glyph .* missing from"
_said: set[str] = set()


def fonts(text: str) -> list[str]:
    """The families that draw `text`: DejaVu Sans, and what is installed for characters that it lacks."""
    if text.isascii() or all(ord(character) in _characters(FONT) for character in text):
        return [FONT]
    return [FONT, *_installed()]


@contextmanager
def quiet() -> Iterator[None]:
    """Without matplotlib's warning for each character that no font has; `prepare` says it once."""
    with catch_warnings():
        filterwarnings("ignore", _MISSING)
        yield


def prepare(figure: Figure) -> None:
    """Give each text of a figure fonts that have its characters, and escapes for characters that are not seen.

    Characters that no installed font has are said once, in one line: they are boxes in PNG files, while pages and SVG
    files have them as text.
    """
    for axes in figure.axes:
        _clean_ticks(axes)
    missing: set[str] = set()
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if (written := text.get_text()).isascii() and written.isprintable():
            continue
        text.set_text(visible(written))
        if len(families := fonts(visible(written))) > 1 or not _drawn(written, families):
            text.set_fontfamily(families)
            missing.update(c for c in visible(written) if not c.isspace() and not _drawn(c, families))
    if new := missing - _said:
        _said.update(new)
        some = "".join(sorted(new)[:8])
        say(
            f"note: no installed font has {len(new)} of the characters in figures ({some}): they are boxes in PNG "
            "files, SVG files and the page have them as text (Debian: fonts-noto-cjk, fonts-noto-core)",
            error=True,
        )


def _clean_ticks(axes: Axes) -> None:
    """Labels of ticks are written anew whenever a figure is drawn: out of lists that are cleaned here."""
    sides: Sequence[Axis] = (axes.xaxis, axes.yaxis)
    for axis in sides:
        formatter: Any = axis.get_major_formatter()
        if isinstance(formatter, FixedFormatter):
            formatter.seq = [visible(str(label)) for label in formatter.seq]


def _drawn(text: str, families: Sequence[str]) -> bool:
    return all(
        any(ord(character) in _characters(family) for family in families) for character in text if character > " "
    )


@functools.cache
def _installed() -> tuple[str, ...]:
    known = {font.name for font in fontManager.ttflist}
    return tuple(name for name in OTHER_FONTS if name in known)


@functools.cache
def _characters(family: str) -> frozenset[int]:
    return frozenset(get_font(findfont(family)).get_charmap())
