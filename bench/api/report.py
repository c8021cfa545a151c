"""What a report says, as objects."""

import base64
import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bench.errors import UserError, said
from bench.report.study import schema
from bench.wording import shard_text

ANY = "any"
"""The kind of a ceiling that is none."""
_CARD = "border:1px solid #ccc;border-left:5px solid #0072b2;border-radius:6px;padding:.6em 1em;margin:.4em 0"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to use at one label count and training size, as the page's card says it."""

    data: str
    num_labels: int
    train_size: int
    decision: str
    """`use`, `stay` (with the baseline), `only` (there is nothing to compare), `undecided`."""
    row: str
    """The recommended row; the one in front where nothing is decided."""
    tied: tuple[str, ...]
    """Rows that it is not significantly better than."""
    headline: str
    why: str
    facts: tuple[tuple[str, str], ...]
    """A number and what it is of."""
    notes: tuple[tuple[str, str], ...]
    """A name ("Cheaper", "Next") and a sentence."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of the report."""

    path: Path
    """A PNG file; the same as SVG stands beside it."""

    def _repr_html_(self) -> str:
        picture = base64.b64encode(self.path.read_bytes()).decode()
        return f'<img alt="{html.escape(self.path.stem)}" style="max-width:100%" src="data:image/png;base64,{picture}">'


@dataclass(frozen=True, slots=True)
class Report:
    """A folder that `bench report` wrote."""

    folder: Path
    study: schema.Study
    """All of `report.json` (docs/report.schema.json)."""

    @property
    def page(self) -> Path:
        """For a browser."""
        return self.folder / "index.html"

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Of every label count and training size, the largest first, without a limit on cost."""
        return tuple(verdict for data in self.study.data_sets for verdict in _verdicts(data))

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The pictures, in the order of their names."""
        return tuple(Figure(path) for path in sorted(self.folder.rglob("*.png")))

    def _repr_html_(self) -> str:
        first = {verdict.data: verdict for verdict in reversed(self.verdicts)}
        cards = "".join(map(_card, reversed(first.values())))
        where, shard = html.escape(str(self.page)), self.study.shard
        part = "" if shard is None else f"<p><b>{shard_text(**shard.model_dump())} So it decides nothing.</b></p>"
        return f"<h3>{html.escape(self.study.title)}</h3>{part}{cards}<p>Report: <code>{where}</code></p>"


def load_report(folder: str | Path) -> Report:
    """The report in a folder (`reports/NAME`), or the folder of its page. Raises UserError where there is none."""
    folder = Path(folder)
    folder = folder.parent if folder.suffix == ".html" else folder
    path = folder / schema.FILE
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"no report in {folder}: {said(error)}; `bench report EXPERIMENT` draws it") from error
    except ValueError as error:
        raise UserError(f"{path} is no JSON: {said(error)}") from error
    try:
        return Report(folder, schema.Study.model_validate(content))
    except ValidationError as error:
        (first, *_) = error.errors()
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{path} is of another version, {where}: {first['msg']}; draw it again") from error


def _verdicts(data: schema.DataSet) -> Iterator[Verdict]:
    """By the metric that decides, the most labels first, and of these the most examples."""
    entry = next((one for one in data.answers if one["metric"] == data.metric.name), None)
    if entry is None:
        return
    free = {number for number, ceiling in enumerate(entry["ceilings"]) if ceiling["kind"] == ANY}
    here = [answer for answer in entry["answers"] if answer["ceiling"] in free]
    for answer in sorted(here, key=lambda each: (-each["labels"], -each["size"])):
        card = entry["cards"][answer["card"]]
        yield Verdict(
            data=data.id,
            num_labels=answer["labels"],
            train_size=answer["size"],
            decision=answer["decision"],
            row=answer["row"],
            tied=tuple(answer["tied"]),
            headline=card["headline"],
            why=card["why"],
            facts=tuple((value, label) for value, label in card["facts"]),
            notes=tuple((name, text) for name, text in card["notes"]),
        )


def _card(verdict: Verdict) -> str:
    place = f"{verdict.data}, {verdict.num_labels} labels, {verdict.train_size:,} training examples"
    facts = "".join(f"<li><b>{html.escape(value)}</b> {html.escape(label)}</li>" for value, label in verdict.facts)
    notes = "".join(f"<p><b>{html.escape(name)}:</b> {html.escape(text)}</p>" for name, text in verdict.notes)
    return (
        f'<div style="{_CARD}"><h4>{html.escape(verdict.headline)}</h4><p>{html.escape(place)}. '
        f"{html.escape(verdict.why)}</p><ul>{facts}</ul>{notes}</div>"
    )
