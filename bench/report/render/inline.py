"""Figures inside the page: an SVG file as a part of an HTML document, in the colours of its theme."""

import re
from xml.sax.saxutils import quoteattr

from bench.escape.characters import visible
from bench.report.figures.forest import BAND
from bench.report.figures.style import GAP, GRID, INK, MUTED

_BODY = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="[\d.]+pt" viewBox="([^"]+)"[^>]*>(.*)</svg>', re.DOTALL)
_DROPPED = re.compile(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_REDUNDANT = re.compile(r" transform=\"rotate\(-?0 [^\"]*\"|font-family: 'DejaVu Sans'[^;\"]*;? ?")
"""No rotation at all, and the font of every text, which the page's style says once."""
_TAG = re.compile(r"<(?!/)[^>]*>")
_ID = re.compile(r'\b(id="|xlink:href="#|href="#|url\(#)')
_SIZE = re.compile(r"(?<=[ MLCQz\n\"])-?\d+\.\d{3,}")

THEMED = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--rule",
    GAP: "--gap",
    BAND: "--band",
    "#ffffff": "--paper",
    "#000000": "--black",
}
"""Colours that stand for a role, and the page's names of these roles. Text on coloured cells has colours of its own
(`heatmap_cells.WHITE`); an SVG leaves out black where it fills, for which the page's style has a rule."""


def inlined(svg: str, text: str, number: int) -> str:
    """`svg`, as `style.save` writes it, for an HTML page.

    `text` is read to those who can't see it. `number` is the figure's own: its ids begin with it, so that figures
    of one page can't reach into each other. Nothing of the file but its shapes comes along. Raises ValueError where
    it is no such SVG.
    """
    found = _BODY.search(svg)
    if found is None:
        raise ValueError("not an SVG of ours: it has no width and viewBox")
    width, view, body = found.groups()
    body = _REDUNDANT.sub("", _DROPPED.sub("", body))
    body = _TAG.sub(lambda tag: _themed(tag.group(), number), body)
    pixels = round(float(width) * 4 / 3)
    head = f'<svg role="img" aria-label={quoteattr(visible(text))} viewBox="{view}" style="--width:{pixels}px">'
    return f"{head}{body}</svg>"


def _themed(tag: str, number: int) -> str:
    """One tag with ids of its own and with names in the place of colours that depend on the theme."""
    if "#" in tag:
        for colour, name in THEMED.items():
            tag = tag.replace(f": {colour}", f": var({name})").replace(f'fill="{colour}"', f'style="fill: var({name})"')
    return _SIZE.sub(lambda size: f"{float(size.group()):.2f}", _ID.sub(rf"\g<1>f{number}-", tag))
