"""The report as one HTML page that needs nothing but itself."""

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
from bench.report.content.parts import Entry, Picture, Section, Titled
from bench.report.content.verdict_words import place_text
from bench.report.content.wording import capitalised, metric_words
from bench.report.render.inline import inlined
from bench.report.render.packed import packed
from bench.report.render.sorting import small_first, sort_value

TEMPLATES = Path(__file__).parent / "templates"
CHARTS = ("axes", "labels", "tips", "save", "pointing", "frame", "scaling", "pareto")
SCRIPTS = ("theme", "page", "tables", "folds", "details", *(f"chart_{part}" for part in CHARTS), "answer", "last")
"""In the order in which they run; charts hear of the choice that `answer` makes."""
STYLES = ("page", "charts")
NOT_OK = "not-ok"
ALWAYS = (NOT_OK, "what-was-done", "provenance", "files")
"""Sections of every page, after those of the records; each has a template of its own. The first one only where some
run failed or is missing."""
STATES = {
    "done": "all seeds finished",
    "partial": "some seeds are missing",
    "failed": "failed",
    "skipped": "skipped: the data can't give it",
    "missing": "not run",
}
"""How the cells of a point ended, in words."""


@dataclass(frozen=True)
class Block:
    """A section with its place in the page."""

    anchor: str
    title: str
    section: Section


def render(
    context: Mapping[str, Any],
    blocks: Sequence[Block],
    points: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    folder: Path,
) -> str:
    """The page. `points` is what the detail panel shows, by `parts.point_id`, `entries` what the first screen chooses
    from (`sections.answers.entries`); figures are read from `folder`. The context's `study` is what charts are drawn of
    (`study.compact`).

    Everything that comes from data is escaped by the templates, and embedded JSON can't end its element. A policy
    in the page allows its own scripts alone and no request at all. Raises OSError where a figure's file is missing.
    """
    scripts = {name: (TEMPLATES / f"{name}.js").read_text("utf-8") for name in SCRIPTS}
    templates = environment(TEMPLATES, autoescape=True, finalize=_seen, extensions=["jinja2.ext.do"])
    shared = {**context, "svg": _drawings(folder), "sort_value": sort_value, "small_first": small_first}
    shared |= {"states": STATES, "link": _links(), "study": Markup(embedded(context["study"]))}
    bodies = _bodies(templates, shared, blocks) | {"points": embedded(points)}
    return templates.get_template("index.html.j2").render(
        **shared,
        blocks=blocks,
        metrics=metrics_of(blocks),
        first=first_card(entries),
        answers=Markup(embedded(entries)),
        packed={name: packed(text) for name, text in bodies.items()},
        style=Markup("".join((TEMPLATES / f"{name}.css").read_text("utf-8") for name in STYLES)),
        scripts={name: Markup(text) for name, text in scripts.items()},
        policy=policy(scripts.values()),
    )


def _bodies(templates: Environment, shared: Mapping[str, Any], blocks: Sequence[Block]) -> dict[str, str]:
    """What is in each section that is closed, by its anchor: those of the records, then those that every page has."""
    section = templates.get_template("section.html.j2")
    bodies = {
        one.anchor: section.render(**shared, section=one.section, anchor=one.anchor, where=_where(one))
        for one in blocks
    }
    return bodies | {
        anchor: templates.get_template(f"{anchor.replace('-', '_')}.html.j2").render(**shared, anchor=anchor, where="")
        for anchor in ALWAYS
        if anchor != NOT_OK or shared["counts"]
    }


def _where(block: Block) -> str:
    """What a block's title says beyond its section's: of which data set it is, where there are several."""
    return block.title.removeprefix(block.section.title)


def _drawings(folder: Path) -> Callable[[Picture], Markup]:
    numbers: dict[str, int] = {}

    def svg(picture: Picture) -> Markup:
        number = numbers.setdefault(picture.name, len(numbers))
        return Markup(inlined((folder / f"{picture.name}.svg").read_text("utf-8"), picture.text, number))

    return svg


def first_card(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The card that is there before any script runs, and of which choice it is."""
    if not entries:
        return None
    one = entries[0]
    answer = one["answers"][one["first"]]
    return {"card": one["cards"][answer["card"]], "place": place_text(answer["labels"], answer["size"])}


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


def metrics_of(blocks: Sequence[Block]) -> dict[str, str]:
    """What the metric switch offers: name by column, as first met."""
    met: dict[str, str] = {}
    for block in blocks:
        things: list[Picture | Titled] = [*block.section.pictures, *block.section.tables]
        for thing in things:
            if thing.metric is not None:
                met[thing.metric] = capitalised(metric_words(thing.metric).removeprefix("test "))
    return met


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
