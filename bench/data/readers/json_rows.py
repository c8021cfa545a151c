"""JSON lines, or an array of JSON objects, into rows, each with its place. Imports nothing heavy."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench.data.readers.files import Malformed

MAX_NAMED = 5
"""Lines that one message names."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Objects, and where each one stands."""

    rows: list[dict[str, Any]]
    places: list[int]
    unit: str
    """What places count, from 1: `line`, or `item` of an array."""
    empty_lines: int = 0

    def refuse_repeated(self, names: Iterable[str]) -> None:
        """Raise Malformed, with the first few places, where a row has one of the fields twice."""
        wanted = dict.fromkeys(names)
        problems = [
            f"{self.unit} {place}: {name!r} is there twice"
            for row, place in zip(self.rows, self.places, strict=True)
            if isinstance(row, _Repeating)
            for name in wanted
            if name in row.repeated
        ]
        _refuse(problems)

    @property
    def columns(self) -> list[str]:
        """All names of fields, as they are met."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


class _Repeating(dict[str, Any]):
    """An object with the names that it has more than once."""

    repeated: frozenset[str] = frozenset()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    counts = Counter(name for name, _ in pairs)
    repeating = _Repeating(made)
    repeating.repeated = frozenset(name for name, count in counts.items() if count > 1)
    return repeating


def parse(content: str) -> Rows:
    """Read one object a line, or the objects of one array. Raises Malformed, naming the first few lines."""
    if content.lstrip()[:1] == "[":
        items, _ = _loaded(content)
        if isinstance(items, list) and items:
            return _of_array(items)
    rows, places, problems = [], [], []
    lines = content.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row, problem = _loaded(line)
        if problem is None and not isinstance(row, dict):
            problem = "not a JSON object"
        if problem is not None:
            problems.append(f"line {number}: {problem}")
            continue
        rows.append(row)
        places.append(number)
    _refuse(problems)
    empty = sum(not line.strip() for line in lines) - (not lines[-1])  # what ends the last line begins no other
    return Rows(rows, places, "line", empty)


def _of_array(items: list[Any]) -> Rows:
    _refuse([f"item {number}: not a JSON object" for number, row in enumerate(items, 1) if not isinstance(row, dict)])
    return Rows(items, list(range(1, len(items) + 1)), "item")


def _loaded(text: str) -> tuple[Any, str | None]:
    """What the text says, or why it says nothing."""
    try:
        return json.loads(text, object_pairs_hook=_object), None
    except RecursionError:
        return None, "nested too deeply"
    except ValueError as error:
        return None, f"not JSON ({error})"


def _refuse(problems: list[str]) -> None:
    if problems:
        more = f"; and {len(problems) - MAX_NAMED} more" if len(problems) > MAX_NAMED else ""
        raise Malformed("; ".join(problems[:MAX_NAMED]) + more)
