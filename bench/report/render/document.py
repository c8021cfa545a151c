"""An HTML page that needs nothing but itself: what the report's page and the comparison's have in common."""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from bench.escape.characters import visible
from bench.escape.templates import environment
from bench.report.content.parts import Entry, Picture, Section, Strip
from bench.report.render.inline import inlined
from bench.report.render.packed import packed
from bench.report.render.sorting import small_first, sort_value

TEMPLATES = Path(__file__).parent / "templates"
STYLES = ("page", "charts")


@dataclass(frozen=True)
class Block:
    """A section with its place in the page."""

    anchor: str
    title: str
    section: Section


@dataclass(frozen=True, slots=True)
class Fold:
    """A section of the page as it is read while it is closed."""

    anchor: str
    title: str
    finding: str


class Document:
    """A page that is being made of templates, in which figures and links have names of their own.

    Everything that comes from data is escaped by the templates, and embedded JSON can't end its element. A policy
    in the page allows its own scripts alone and no request at all.
    """

    def __init__(self, context: Mapping[str, Any], folder: Path) -> None:
        """`context` is what all templates know; figures are read from `folder`."""
        self._templates: Environment = environment(
            TEMPLATES, autoescape=True, finalize=_seen, extensions=["jinja2.ext.do"]
        )
        shared = {"svg": _drawings(folder), "sort_value": sort_value, "small_first": small_first, "as_entry": entry}
        shared["strip_style"] = strip_style
        self._shared: dict[str, Any] = {**context, **shared, "link": _links()}

    def body(self, template: str, anchor: str, **more: Any) -> str:
        """What is in a section. Raises OSError where a figure's file is missing."""
        return self._templates.get_template(template).render(**{"where": "", **self._shared, **more}, anchor=anchor)

    def section(self, block: Block) -> str:
        """What is in a section that is made of parts."""
        return self.body("section.html.j2", block.anchor, section=block.section, where=_where(block))

    def render(
        self, template: str, folds: Sequence[Fold], bodies: Mapping[str, str], scripts: Sequence[str], **more: Any
    ) -> str:
        """The page of a template that extends `base.html.j2`: closed sections, what is in each and whatever else is
        packed, by name, and the names of its scripts in the order in which they run."""
        texts = {name: (TEMPLATES / f"{name}.js").read_text("utf-8") for name in scripts}
        return self._templates.get_template(template).render(
            **self._shared,
            **more,
            folds=folds,
            packed={name: packed(text) for name, text in bodies.items()},
            style=Markup("".join((TEMPLATES / f"{name}.css").read_text("utf-8") for name in STYLES)),
            scripts={name: Markup(text) for name, text in texts.items()},
            policy=policy(texts.values()),
        )


def strip_style(strip: Strip) -> str:
    """Where page.css draws a strip: its ends, its dot, and zero."""
    places = {"l": strip.low, "m": strip.middle, "h": strip.high, "z": strip.zero}
    return ";".join(f"--{name}:{100 * place:.1f}%" for name, place in places.items() if place is not None)


def _where(block: Block) -> str:
    """What a block's title says beyond its section's: of which data set it is, where there are several."""
    return block.title.removeprefix(block.section.title)


def _drawings(folder: Path) -> Callable[[Picture], Markup]:
    numbers: dict[str, int] = {}

    def svg(picture: Picture) -> Markup:
        number = numbers.setdefault(picture.name, len(numbers))
        return Markup(inlined((folder / f"{picture.name}.svg").read_text("utf-8"), picture.text, number))

    return svg


def _links() -> Callable[[str, str], str]:
    """Gives the id of a heading, table or figure: it begins with its section's, by which the page opens that."""
    given: dict[tuple[str, str], str] = {}

    def link(anchor: str, name: str) -> str:
        if (anchor, name) not in given:
            wanted, taken = f"{anchor}--{slug(name)}", set(given.values())
            numbered = (f"{wanted}-{number}" for number in itertools.count(2))
            given[anchor, name] = wanted if wanted not in taken else next(one for one in numbered if one not in taken)
        return given[anchor, name]

    return link


def slug(name: str) -> str:
    """A name as part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "part"


def _seen(value: Any) -> Any:
    """Characters of a text that are not seen, as escapes: a name can't turn the direction of what follows it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def embedded(value: Any) -> str:
    """`value` as JSON for a `<script type="application/json">`: no text in it can end the element.

    Numbers that are not finite become null. (HTML Living Standard, 4.12.1.3: restrictions for contents of script.)
    """
    text = json.dumps(_finite(value), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def policy(scripts: Any) -> str:
    """A Content-Security-Policy: these scripts run and no others, and nothing is fetched."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    shown = "style-src 'unsafe-inline'; img-src data:"  # a colour bar is a picture in its SVG
    return f"default-src 'none'; script-src {allowed}; {shown}; base-uri 'none'; form-action 'none'"


def anchored(titles: Sequence[tuple[str, Section]]) -> list[Block]:
    """Sections with anchors that are told apart, in the same order."""
    met: dict[str, int] = {}
    blocks = []
    for title, section in titles:
        anchor = slug(title)
        met[anchor] = met.get(anchor, 0) + 1
        blocks.append(Block(anchor if met[anchor] == 1 else f"{anchor}-{met[anchor]}", title, section))
    return blocks


def entry(value: Any) -> Entry:
    """Any entry of a table as one that has a state and a point."""
    return value if isinstance(value, Entry) else Entry(str(value))
