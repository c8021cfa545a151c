"""JSON lines, or an array of JSON objects, into rows, each with its place. Imports nothing heavy.

Fields of objects inside a row are columns of their own, named by their path: `ticket.body`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from bench.data.readers.files import Malformed

MAX_NAMED = 5
"""Lines that one message names."""
MAX_INSIDE, MAX_DEPTH = 100, 4
"""Columns in the objects of one field, and objects in one another: those with more are no tables in tables."""


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
            for name in wanted
            if _is_repeated(row, name)
        ]
        _refuse(problems)

    @property
    def columns(self) -> list[str]:
        """All names of fields, as they are met; behind those of objects the paths of what is in them."""
        inside: dict[str, dict[str, None]] = {}
        for row in self.rows:
            for name, value in row.items():
                known = inside.setdefault(name, {})
                if isinstance(value, (dict, list)) and len(known) <= MAX_INSIDE:
                    known.update(dict.fromkeys(_paths(value, name)))
        few = ((name, *(paths if len(paths) <= MAX_INSIDE else ())) for name, paths in inside.items())
        return list(dict.fromkeys(chain.from_iterable(few)))

    def values(self, name: str) -> list[Any]:
        """What each row has under a name or a path; None where it has nothing. Of objects in a list, all of them."""
        return [_at(row, name) for row in self.rows]


def _paths(value: Any, above: str, depth: int = 1) -> Iterator[str]:
    """The paths of what is in an object, or in the objects of a list, that is called `above`."""
    for each in value if isinstance(value, list) else (value,):
        if isinstance(each, dict):
            for name, inner in each.items():
                yield f"{above}.{name}"
                if depth < MAX_DEPTH:
                    yield from _paths(inner, f"{above}.{name}", depth + 1)


def _at(value: Any, path: str) -> Any:
    """What is under `path`, of which any part may have dots in its own name."""
    if isinstance(value, list):
        found = [_at(each, path) for each in value]
        return [each for each in found if each is not None]
    if not isinstance(value, dict):
        return None
    if path in value or "." not in path:
        return value.get(path)
    for end, sign in enumerate(path):
        if sign == "." and path[:end] in value and (found := _at(value[path[:end]], path[end + 1 :])) is not None:
            return found
    return None


def _is_repeated(value: Any, path: str) -> bool:
    """Whether an object on the way has its part of `path` twice."""
    if isinstance(value, list):
        return any(_is_repeated(each, path) for each in value)
    if not isinstance(value, dict):
        return False
    if isinstance(value, _Repeating) and any(path == name or path.startswith(f"{name}.") for name in value.repeated):
        return True
    ends = (end for end, sign in enumerate(path) if sign == ".")
    return any(_is_repeated(value.get(path[:end]), path[end + 1 :]) for end in ends)


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
    """Read one object a line, or the objects of one array, which may be the only one in an object around it.

    Raises Malformed, naming the first few lines.
    """
    if content.lstrip()[:1] == "[" or _is_one_object(content):
        items, _ = _loaded(content)
        items = _inside(items) if isinstance(items, dict) else items
        if isinstance(items, list) and items:
            return _of_array(items)
    return parse_lines(content)


def parse_lines(content: str, before: int = 0) -> Rows:
    """Read one object a line; `before` are the lines of the file above.

    Raises Malformed, naming the first few lines.
    """
    rows, places, problems = [], [], []
    lines = content.split("\n")
    for number, line in enumerate(lines, start=1 + before):
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


def has_a_row_a_line(start: str) -> bool:
    """Whether a file that begins so has one object a line, and can be read in pieces."""
    return start.lstrip()[:1] == "{" and not _is_one_object(start)


def _is_one_object(content: str) -> bool:
    """Whether there is one object that may have rows in it: on a line alone, or on many of which the first is none."""
    start = content.lstrip()
    if start[:1] != "{":
        return False
    first, _, rest = start.partition("\n")
    return not rest.strip() or _loaded(first)[1] is not None


def _inside(whole: dict[str, Any]) -> list[Any] | None:
    """The only list of objects in the fields of one. Raises Malformed where an object holds columns, no rows."""
    lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if len(lists) == 1:
        return lists[0]
    if whole and any(all(isinstance(value, kind) for value in whole.values()) for kind in (dict, list)):
        raise Malformed(
            "is one object with columns in it, and rows are read: one object a line, or an array of them (as pandas "
            "writes with orient='records')"
        )
    return None


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
