"""The report as one HTML page that needs nothing but itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bench.report.content.parts import Picture, Titled
from bench.report.content.verdict_words import place_text
from bench.report.content.wording import capitalised, metric_words
from bench.report.render.document import Block, Document, Fold, embedded

CHARTS = ("axes", "labels", "tips", "save", "pointing", "frame", "scaling", "pareto")
SCRIPTS = (
    "theme",
    "page",
    "tables",
    "folds",
    "details",
    *(f"chart_{part}" for part in CHARTS),
    "rows",
    "edges",
    "answer",
    "last",
)
"""In the order in which they run; charts hear of the choice that `answer` makes."""
NOT_OK = "not-ok"
STATES = {
    "done": "all seeds finished",
    "partial": "some seeds are missing",
    "failed": "failed",
    "skipped": "skipped: the data can't give it",
    "pruned": "ended early: behind on validation",
    "missing": "not run",
    "not_needed": "not needed to decide",
}
"""How the cells of a point ended, in words."""


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

    Raises OSError where a figure's file is missing.
    """
    study = Markup(embedded(context["study"]))
    document = Document({**context, "states": STATES, "study": study}, folder)
    always = _always(context)
    bodies = {one.anchor: document.section(one) for one in blocks}
    bodies |= {one.anchor: document.body(f"{one.anchor.replace('-', '_')}.html.j2", one.anchor) for one in always}
    return document.render(
        "index.html.j2",
        [*(Fold(one.anchor, one.title, one.section.finding) for one in blocks), *always],
        {**bodies, "points": embedded(points)},
        SCRIPTS,
        metrics=metrics_of(blocks),
        first=first_card(entries),
        answers=Markup(embedded(entries)),
    )


def _always(context: Mapping[str, Any]) -> list[Fold]:
    """The sections that every page has, after those of the records; failures only where some run failed or is
    missing. Each has a template of its own."""
    failed = [Fold(NOT_OK, "Failed or missing runs", context["counts"])] if context["counts"] else []
    return [
        *failed,
        Fold("what-was-done", "What was done", context["done_finding"]),
        Fold("provenance", "Provenance", context["provenance_finding"]),
        Fold("files", "Files", "Everything on this page as CSV, JSON, Markdown, LaTeX, PNG and SVG."),
    ]


def first_card(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The card that is there before any script runs, and of which choice it is."""
    if not entries:
        return None
    one = entries[0]
    answer = one["answers"][one["first"]]
    return {"card": one["cards"][answer["card"]], "place": place_text(answer["labels"], answer["size"])}


def metrics_of(blocks: Sequence[Block]) -> dict[str, str]:
    """What the metric switch offers: name by column, as first met."""
    met: dict[str, str] = {}
    for block in blocks:
        things: list[Picture | Titled] = [*block.section.pictures, *block.section.tables]
        for thing in things:
            if thing.metric is not None:
                met[thing.metric] = capitalised(metric_words(thing.metric).removeprefix("test "))
    return met
