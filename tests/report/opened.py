"""The report's page as a reader has it who opened every section."""

import re
from pathlib import Path

from bench.report.render.packed import unpacked

PACKED = re.compile(r'<script type="application/gzip" id="packed-([^"]+)">([^<]*)</script>\n?')


def opened(page: Path) -> str:
    """The page's HTML with what is in its closed sections in place."""
    html = page.read_text("utf-8")
    bodies = {name: unpacked(text) for name, text in PACKED.findall(html)}
    points = f'<script type="application/json" id="points">{bodies["points"]}</script>' if "points" in bodies else ""
    html = PACKED.sub(lambda found: points if found[1] == "points" else "", html)
    for name, body in bodies.items():
        html = html.replace(f'<div class="body" data-packed="{name}"></div>', f'<div class="body">{body}</div>')
    return html
