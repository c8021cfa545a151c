"""A column of Python values, as JSON gives them, as one of Arrow: what can be told apart stays apart."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from bench.data.readers.files import Malformed
from bench.data.readers.utf8 import is_encodable

MAX_NAMED = 5
"""Places that one message names."""
LARGEST = 2**63
KINDS: dict[type, str] = {
    str: "text", bool: "truth values", int: "integers", float: "fractions", list: "lists", dict: "objects",
}  # fmt: skip


def column(values: Sequence[Any], place: Callable[[int], str], *, mixed: bool) -> tuple[pa.Array, str | None]:
    """The values as a column, and a note where somebody should know what was made of them.

    With `mixed`, texts, integers and truth values that stand in one column are all read as texts, as JSON writes them
    (a label or an id `7` is `"7"`). NaN is no value. Raises Malformed, with the first few places, for other mixtures.
    """
    values = [None if isinstance(value, float) and math.isnan(value) else value for value in values]
    kinds = {type(value) for value in values if value is not None}
    if list in kinds:
        return _of_lists(values, place, kinds, mixed=mixed), None
    if kinds == {int, float} and all(value is None or float(value).is_integer() for value in values):
        values = [None if value is None else int(value) for value in values]
        kinds = {int}
    if kinds == {str}:
        return strings(values, place), None
    if any(issubclass(kind, dict) for kind in kinds):
        where = _places([place(row) for row, value in enumerate(values) if isinstance(value, dict)])
        raise Malformed(f"objects (struct), no single values: {where}")
    if kinds <= {int} and not any(value is not None and abs(value) >= LARGEST for value in values):
        return pa.array(values, pa.int64() if kinds else pa.null()), None
    if kinds in ({bool}, {float}):
        return pa.array(values), None
    if not mixed or float in kinds:
        raise Malformed(_mixture(values, place))
    texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    said = " and ".join(KINDS[kind] for kind in KINDS if kind in kinds)
    return strings(texts, place), f"{said} are read as text" if len(kinds) > 1 else None


def strings(values: Sequence[str | None], place: Callable[[int], str]) -> pa.Array:
    """Texts as a column. Raises Malformed for halves of characters, such as cut emoji, which no file can hold."""
    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:
        bad = [place(row) for row, value in enumerate(values) if value is not None and not is_encodable(value)]
        raise Malformed(f"half a character (a lone surrogate, as of an emoji that was cut): {_places(bad)}") from None


def _of_lists(values: Sequence[Any], place: Callable[[int], str], kinds: set[type], *, mixed: bool) -> pa.Array:
    """Lists of labels; what is in them is read as a column of its own."""
    if kinds != {list}:
        raise Malformed(_mixture(values, place))
    if not mixed:
        raise Malformed(f"lists: {_places([place(row) for row, value in enumerate(values) if value is not None])}")
    owners = [row for row, value in enumerate(values) for _ in value or ()]
    inner = [item for value in values for item in value or ()]
    if any(isinstance(item, list) for item in inner):
        nested = [place(row) for row, value in enumerate(values) if any(isinstance(item, list) for item in value or ())]
        raise Malformed(f"lists in lists: {_places(nested)}")
    flat, _ = column(inner, lambda number: place(owners[number]), mixed=mixed)
    sizes = [None if value is None else len(value) for value in values]
    offsets, end = [], 0
    for size in sizes:
        offsets.append(None if size is None else end)
        end += size or 0
    return pa.LargeListArray.from_arrays(pa.array([*offsets, end], pa.int64()), flat)


def _mixture(values: Sequence[Any], place: Callable[[int], str]) -> str:
    """Each kind of value with the first place where it stands."""
    first: dict[type, int] = {}
    for row, value in enumerate(values):
        if value is not None:
            first.setdefault(type(value), row)
    kinds = {kind: KINDS.get(dict if issubclass(kind, dict) else kind, kind.__name__) for kind in first}
    found = ", ".join(f"{kinds[kind]} ({place(row)})" for kind, row in first.items())
    return f"{found}: write one kind"


def _places(places: Sequence[str]) -> str:
    more = f", and in {len(places) - MAX_NAMED} more" if len(places) > MAX_NAMED else ""
    return ", ".join(places[:MAX_NAMED]) + more
