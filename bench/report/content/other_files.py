"""Cells of two sets of records that are the same but for what the files held that they read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bench.results.record import Record
from bench.wording import counted

CONTENT = {("task", "data"): ("revision", "content"), ("model",): ("revision", "content", "sha256")}
"""Where a record says which files were read."""


def other_files(ours: Iterable[Record], theirs: Iterable[Record]) -> list[str]:
    """Lines on the cells of `ours` that `theirs` has with other files alone; none where there are none."""
    known = {_without_content(record.configuration.identity): record for record in theirs}
    found: Counter[str] = Counter()
    for record in ours:
        other = known.get(_without_content(record.configuration.identity))
        if other is not None:
            found[_difference(record, other)] += 1
    return [f"{counted(number, 'cell')} of A is in B with other files: {what}" if number == 1 else
            f"{counted(number, 'cell')} of A are in B with other files: {what}"
            for what, number in found.items()]  # fmt: skip


def _difference(one: Record, other: Record) -> str:
    parts = []
    for place, names in CONTENT.items():
        a, b = _at(one.configuration.identity, place), _at(other.configuration.identity, place)
        values = [tuple(side.get(name) for name in names) for side in (a, b)]
        if values[0] != values[1]:
            what, (was, now) = place[-1], (_shown(value) for value in values)
            parts.append(f"the content of {what} {a.get('name')} differs ({was} in A, {now} in B)")
    return ", and ".join(parts) or "nothing that their records tell"


def _shown(values: tuple[str | None, ...]) -> str:
    """The most telling of the hashes: what was read of a folder stands for the commit that it is a copy of."""
    known = [value for value in values if value]
    return known[-1][:12] if known else "not recorded"


def _without_content(identity: Mapping[str, Any]) -> str:
    """A name for a cell that does not know which files it read."""

    def without(value: Any, place: tuple[str, ...]) -> Any:
        if not isinstance(value, Mapping):
            return value
        left_out = CONTENT.get(place, ())
        return sorted(
            (name, repr(without(each, (*place, name)))) for name, each in value.items() if name not in left_out
        )

    return repr(without(identity, ()))


def _at(identity: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
    value: Any = identity
    for name in place:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}
