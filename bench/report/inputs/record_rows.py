"""The cells that two sets of records are of, told from the records alone: their rows, and which are the same.

A cell of one set is the same as one of the other where data set, row, label count, size and seed are: also where its
key is another, for an option, a default or a revision changed in between. `other_options` says which.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bench.escape.literals import option_value
from bench.escape.secrets import masked
from bench.options.display import called
from bench.report.inputs.hyperparameters import flat
from bench.report.inputs.record_sets import PlacedRecord, RecordSet
from bench.report.inputs.records import CellRecord, ExpectedCell
from bench.results.record import Record
from bench.results.store import UnreadableRecord

AXES = {"task.data.name", "task.num_labels", "task.train_size", "task.seed", "model.name", "method.name"}
"""Options that say which cell it is."""
CellKey = tuple[str, str, int, int, int]
"""Data set, row, label count, training size and seed."""
Cells = dict[ExpectedCell, CellRecord]


def cell_key(cell: ExpectedCell) -> CellKey:
    """By which a cell is found in the other set."""
    return cell.data, cell.row, cell.num_labels, cell.train_size, cell.seed


def cells_of(a: RecordSet, b: RecordSet) -> tuple[Cells, Cells]:
    """The cells of both sets with their records, rows named alike in both.

    Where a set has a model and method more than once, the options that differ there are added to the method's name. A
    record that can't be used counts where the other set says which cell it is of.
    """
    names = _row_names([a, b])
    one, other = ({_cell(key, placed, names): placed[1] for key, placed in each.kept.items()} for each in (a, b))
    return {**one, **_unreadable(a, b, names)}, {**other, **_unreadable(b, a, names)}


def _cell(key: str, placed: PlacedRecord, names: Mapping[str, str]) -> ExpectedCell:
    folder, record = placed
    what, extra = record.configuration, names[key]
    shown = [called("model", what.model), *([called("method", what.method)] if what.method else [])]
    model, method = (f"{what.model} {extra}".rstrip(), None) if not what.method else (what.model, what.method)
    return ExpectedCell(
        folder=folder,
        key=key,
        model=model,
        method=method and f"{method} {extra}".rstrip(),
        data=what.data,
        num_labels=what.num_labels,
        train_size=what.train_size,
        seed=int(what.seed),
        names=(f"{', '.join(shown)} {extra}".rstrip(), called("data", what.data)),
    )


def _unreadable(own: RecordSet, other: RecordSet, names: Mapping[str, str]) -> Cells:
    """The cells of `own` whose records can't be used, as far as `other` has them."""
    known = (key for key in own.unreadable if key in other.kept)
    return {_cell(key, other.kept[key], names): UnreadableRecord("the record can't be used") for key in known}


def _row_names(sets: Sequence[RecordSet]) -> dict[str, str]:
    """What is added to the name of each cell's row, by key: the options that differ within a set, else nothing."""
    groups: dict[tuple[str, str | None], list[dict[str, Record]]] = defaultdict(lambda: [{} for _ in sets])
    for number, each in enumerate(sets):
        for key, (_, record) in each.kept.items():
            groups[record.configuration.model, record.configuration.method][number][key] = record
    names: dict[str, str] = {}
    for of_sets in groups.values():
        differing = sorted({name for records in of_sets for name in _differing(records)})
        for records in of_sets:
            given = {key: _extra(record, differing) for key, record in records.items()}
            names |= _told_apart(records, given)
    return names


def _differing(records: Mapping[str, Record]) -> set[str]:
    """The options in which cells differ that have the same axes."""
    alike: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for record in records.values():
        alike[_axes(record)].append(record)
    found: set[str] = set()
    for several in alike.values():
        known = [options(record) for record in several if len(several) > 1]
        names = {name for each in known for name in each}
        found |= {name for name in names if len({each.get(name) for each in known}) > 1}
    return found


def _axes(record: Record) -> tuple[Any, ...]:
    what = record.configuration
    return what.data, what.num_labels, what.train_size, what.seed


def _extra(record: Record, differing: Sequence[str]) -> str:
    own = options(record) if differing else {}
    return " ".join(f"{name.rpartition('.')[2]}={own[name]}" for name in differing if name in own)


def _told_apart(records: Mapping[str, Record], given: Mapping[str, str]) -> dict[str, str]:
    """`given`, with the hash of its key for a cell that would still pass for another one."""
    met: dict[tuple[Any, ...], str] = {}
    names = dict(given)
    for key, record in records.items():
        if met.setdefault((*_axes(record), given[key]), key) != key:
            names[key] = f"{given[key]} {key[-16:]}".lstrip()
    return names


def options(record: Record) -> dict[str, str]:
    """Everything that the key is made of beside the axes, as text, by dotted name; without secrets."""
    found = flat(record.configuration.identity)
    return {name: masked(option_value(value)) for name, value in found if name not in AXES}


def other_options(record: Record, other: Record) -> dict[str, tuple[str, str]]:
    """The options in which two records of a cell differ, with what each has; "" where it has none."""
    one, two = options(record), options(other)
    return {name: (one.get(name, ""), two.get(name, "")) for name in {**one, **two} if one.get(name) != two.get(name)}
