"""The section on how rows were trained: their hyperparameters, as configured, as chosen, and as they really ran."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.report.content.parts import Section, Titled
from bench.report.content.table import table
from bench.report.content.wording import counted, span_text
from bench.report.content.words import listed
from bench.report.inputs.hyperparameters import batch_text, hyperparameters
from bench.report.tables.searched import Searched, search_tables, searches, sentences
from bench.report.view import View
from bench.results.cut_texts import percent, shares_of, warnings_by_row
from bench.results.record import Record, Status

OTHERS = "other options"
MAX_VALUES = 3
"""Different texts of one entry that are all shown."""
MAX_NAMED = 4
MAX_LABELS = 6
"""Of which weights are shown."""
Cells = Sequence[Mapping[str, Any]]
"""The hyperparameters of a row's `ok` cells."""


def section(view: View) -> Section | None:
    """A line a row that has any, a column a hyperparameter; None where no record says how it was trained."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for cell, record in view.found.items():
        if isinstance(record, Record) and record.status is Status.OK:
            rows.setdefault(cell.row, []).append(hyperparameters(record))
    common = _common(rows)
    lines = {row: line for row in view.rows if row in rows and any((line := _line(rows[row], common)).values())}
    shown = [name for name in (*COLUMNS, OTHERS) if any(line[name] for line in lines.values())]
    if not shown:
        return None
    entries = [[row, *(line[name] for name in shown)] for row, line in lines.items()]
    said = (
        "Of each row's finished cells, from the least to the greatest where they differ; results.csv has every cell's."
    )
    same = ", ".join(f"{name}={value}" for name, value in common.items())
    differing = [name for name in shown if len({line[name] for line in lines.values() if line[name]}) > 1]
    made = searches(view.found)
    paragraphs = [said, *([f"The same in all rows that have it: {same}."] if same else []), *_cut_warnings(view)]
    return Section(
        "How rows were trained",
        [*paragraphs, *sentences(made)],
        tables=[
            Titled("Hyperparameters", table(["row", *shown], entries), name="hyperparameters"),
            *search_tables(made, view.rows),
        ],
        finding=_finding(made, differing),
    )


def _finding(made: Sequence[Searched], names: Sequence[str]) -> str:
    """In which hyperparameters rows differ, and where these were searched."""
    if made:
        trials = sum(len(one.found.trials) for one in made)
        return f"Validation chose hyperparameters of {counted(len(made), 'cell')}, in {counted(trials, 'trial')}."
    if not names:
        return "Rows that have the same hyperparameters have the same values."
    return f"Rows differ in {listed(names, MAX_NAMED, 'hyperparameter')}."


def _cut_warnings(view: View) -> list[str]:
    """A sentence for each row of whose texts many are cut."""
    shares = ((cell.row, shares_of(one)) for cell, one in view.found.items() if isinstance(one, Record))
    return [f"{warning}." for warning in warnings_by_row((row, cut) for row, cut in shares if cut is not None)]


def _line(cells: Cells, common: Mapping[str, str]) -> dict[str, str]:
    """A row's entries by column; "" where it has none."""
    return {name: entry(cells) for name, entry in COLUMNS.items()} | {OTHERS: _other_options(cells, common)}


def _common(rows: Mapping[str, Cells]) -> dict[str, str]:
    """The options without a column that have one value in all cells that have them, where more than one row does."""
    values: dict[str, set[str]] = {}
    having: dict[str, set[str]] = {}
    for row, cells in rows.items():
        for cell in cells:
            for name, value in (cell["other_options"] or {}).items():
                values.setdefault(name, set()).add(value)
                having.setdefault(name, set()).add(row)
    return {name: next(iter(each)) for name, each in values.items() if len(each) == 1 and len(having[name]) > 1}


def _other_options(cells: Cells, common: Mapping[str, str]) -> str:
    names = dict.fromkeys(name for cell in cells for name in cell["other_options"] or {} if name not in common)
    return ", ".join(f"{name}={_texts((cell['other_options'] or {}).get(name) for cell in cells)}" for name in names)


def _known(cells: Cells, name: str) -> list[Any]:
    return [cell[name] for cell in cells if cell[name] is not None]


def _numbers(name: str) -> Callable[[Cells], str]:
    """An entry of one number, or of its span."""

    def entry(cells: Cells) -> str:
        values = _known(cells, name)
        if not values:
            return ""
        if all(isinstance(value, int) for value in values):
            return span_text(values)
        low, high = min(values), max(values)
        return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"

    return entry


def _texts(values: Iterable[str | None]) -> str:
    """Different texts, or how many there are."""
    met = list(dict.fromkeys(value for value in values if value is not None))
    return "; ".join(met) if len(met) <= MAX_VALUES else f"{len(met)} different ones"


def _tried(chosen: str, tried: str) -> Callable[[Cells], str]:
    """An entry of what was chosen on validation, with what it was chosen from."""

    def entry(cells: Cells) -> str:
        values, choices = _numbers(chosen)(cells), _texts(_known(cells, tried))
        return f"{values}, chosen from {choices}" if values and choices else values or choices

    return entry


def _batches(cells: Cells) -> str:
    return _texts(
        batch_text(cell["batch_size"], cell["gradient_accumulation_steps"]) for cell in cells if cell["batch_size"]
    )


def _halved(cells: Cells) -> str:
    """In what batches cells ran that ran out of memory with those asked for, and how many did."""
    halved = _known(cells, "halved")
    return f"{_texts(halved)} ({counted(len(halved), 'cell')} of {len(cells):,})" if halved else ""


def _stopped_at(cells: Cells) -> str:
    """The steps that were done, and how many cells stopped before the last."""
    early = sum(cell["steps"] < cell["max_steps"] for cell in cells if cell["steps"] and cell["max_steps"])
    return _numbers("steps")(cells) + (f" ({early:,} of {len(cells):,} stopped early)" if early else "")


def _cut(cells: Cells) -> str:
    """The shares of texts that are longer than `max_length`, and what is lost of them."""
    spans = {name: _percents(cells, f"share_cut_{name}") for name in ("train", "test")}
    if not any(cell[name] for cell in cells for name in ("share_cut_train", "share_cut_test")):
        return "none" if any(spans.values()) else ""
    said = [f"{share} of {name}" for name, share in spans.items() if share]
    return f"{', '.join(said)}; half of these lose {_percents(cells, 'median_lost')} or more"


def _percents(cells: Cells, name: str) -> str:
    values = _known(cells, name)
    texts = dict.fromkeys(percent(value) for value in (min(values), max(values))) if values else ()
    return " to ".join(texts)


def _label_weights(cells: Cells) -> str:
    """From the least to the greatest weight of each label; of many labels those that are farthest from 1."""
    spans: dict[str, tuple[float, float]] = {}
    for label, weight in (item for weights in _known(cells, "label_weights") for item in weights.items()):
        low, high = spans.get(label, (weight, weight))
        spans[label] = min(low, weight), max(high, weight)
    farthest = sorted(spans, key=lambda label: max(abs(math.log(weight)) for weight in spans[label]), reverse=True)
    texts = []
    for label in farthest[:MAX_LABELS]:
        low, high = (f"{weight:.3g}" for weight in spans[label])
        texts.append(f"{label} {low}" if low == high else f"{label} {low} to {high}")
    more = len(spans) - MAX_LABELS
    return ", ".join([*texts, *([f"and {counted(more, 'label')} nearer to 1"] if more > 0 else [])])


COLUMNS: dict[str, Callable[[Cells], str]] = {
    "learning rate": _tried("learning_rate", "learning_rates_tried"),
    "batch (× accumulated)": _batches,
    "halved to": _halved,
    "epochs": _numbers("epochs"),
    "steps": _stopped_at,
    "max length": _numbers("max_length"),
    "texts cut": _cut,
    "rank": _numbers("rank"),
    "alpha": _numbers("lora_alpha"),
    "dropout": _numbers("lora_dropout"),
    "targets": lambda cells: _texts(_known(cells, "target_modules")),
    "C": _tried("C", "C_tried"),
    "label weights": _label_weights,
    "precision": lambda cells: _texts(_known(cells, "precision")),
    "cells in a fused stack": _numbers("fused_cells"),
}
"""How each column's entry is made of a row's cells."""
