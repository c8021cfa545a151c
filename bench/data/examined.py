"""What is in the tables of a data set: rows that can be used, and all that is wrong with the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.cleaned import Cleaned, total
from bench.data.errors import data_error
from bench.data.label_sets import counted, within, without_labels
from bench.data.labels import names_in_place, renamed
from bench.data.missing_columns import shortened
from bench.data.of_part import is_empty, of_part, with_column
from bench.data.problems import Problem, ProblemKind, problem_of, shown
from bench.data.readers.part import Part
from bench.kind import MULTI_LABEL


@dataclass(frozen=True, slots=True)
class Examined:
    """Rows that can be used, and what was found of the others."""

    table: pa.Table
    """Columns of strings `id`, `text`, `label` and `split`; `part` and `row` say where each stands."""
    cleaned: Cleaned
    problems: tuple[Problem, ...]
    """Of rows that are not in the table, but that nobody wanted to have left out either."""
    is_merged: bool = False
    """Whether labels were made one."""


def examined(parts: list[Part], data: DataConfig) -> Examined:
    """What `parts` hold, cleaned as `data` says.

    Rows that can't be used are told in `problems`. Raises UserError where a column can't be read as what it should be.
    """
    try:
        return _examined(parts, data)
    except pa.ArrowException as error:  # types that nobody thought of
        raise data_error(data, f"columns cannot be read: {error}") from error


def _examined(parts: list[Part], data: DataConfig) -> Examined:
    known = [of_part(number, part, data) for number, part in enumerate(parts)]
    table = pa.concat_tables([one.table for one in known])
    aside = pa.concat_tables([one.unlabelled for one in known])
    names = list(dict.fromkeys(name for one in known for name in one.names))
    spelling = names_in_place(counted(table["label"], data), data) if data.merge_labels else {}
    if spelling:
        called = within(lambda label: spelling.get(label, label), data)
        table = with_column(table, "label", renamed(table["label"], called))
    is_other = _differs(table["label"], pa.chunked_array([one.written for one in known], pa.large_string()))
    table, kept = _without_excluded(table, data, names, spelling)
    cleaned = total(one.cleaned for one in known)
    cleaned = replace(cleaned, excluded=len(table) - int(kept.sum()), relabelled=int((is_other & kept).sum()))
    table = table if kept.all() else table.filter(pa.array(kept))
    places = Places(parts)
    problems = [] if data.drop_unlabelled else _unlabelled(aside, places, data)
    textless = is_empty(table["text"])
    problems += _textless([table.filter(textless), *([] if data.drop_unlabelled else [aside])], places, data)
    table = table.filter(pc.invert(textless)) if pc.any(textless).as_py() else table
    problems += [problem for one in known for problem in one.problems]
    problems += _repeated_ids(table, data)
    return Examined(table, cleaned, tuple(problems), is_merged=bool(spelling))


def _differs(a: pa.ChunkedArray, b: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.not_equal(a, b).to_numpy(), dtype=bool)


def _without_excluded(
    table: pa.Table, data: DataConfig, class_names: list[str], spelling: Mapping[str, str]
) -> tuple[pa.Table, np.ndarray]:
    """The table, and True for the rows that stay without those of `exclude_labels`: of several labels that a row has
    the others stay, and the row with them. Raises UserError for a label that the data does not know."""
    if not data.exclude_labels:
        return table, np.ones(len(table), dtype=bool)
    unknown = [label for label in data.exclude_labels if label not in class_names]
    if unknown:
        raise data_error(data, f"data.exclude_labels={unknown} are no labels here; labels are {shortened(class_names)}")
    gone = [spelling.get(label, label) for label in data.exclude_labels]
    if data.kind == MULTI_LABEL:
        left = without_labels(table["label"], gone)
        emptied = pc.and_(pc.equal(left, "[]"), pc.not_equal(table["label"], "[]"))
        return with_column(table, "label", left), ~np.asarray(emptied.to_numpy(), dtype=bool)
    excluded = pa.array(gone, table["label"].type)
    return table, ~np.asarray(pc.is_in(table["label"], value_set=excluded).to_numpy(), dtype=bool)


def _unlabelled(rows: pa.Table, places: "Places", data: DataConfig) -> list[Problem]:
    if not len(rows):
        return []
    what = f"no label in data.label_column={data.label_column}"
    way_out = ": give these rows a label, or data.drop_unlabelled=true leaves them out"
    return [places.problem("no_label", what, [rows], way_out)]


def _textless(rows: list[pa.Table], places: "Places", data: DataConfig) -> list[Problem]:
    rows = [table.filter(is_empty(table["text"])) for table in rows]
    if not any(map(len, rows)):
        return []
    what = f"no text in data.text_column={','.join(data.text_columns)}"
    return [places.problem("no_text", what, rows, "; data.drop_empty=true leaves out rows without a text")]


def _repeated_ids(table: pa.Table, data: DataConfig) -> list[Problem]:
    if len(pc.unique(table["id"])) == len(table):
        return []
    counts = pc.value_counts(table["id"])
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    more = f" (and {len(repeated) - 1:,} more do)" if len(repeated) > 1 else ""
    what = f"id {shown(repeated[0].as_py())} occurs twice or more in data.id_column={data.id_column}{more}"
    return [Problem("same_id", what, len(repeated), way_out="; data.id_column=null numbers the rows instead")]


class Places:
    """Where rows stand in their files."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = [replace(part, table=None) for part in parts]

    def of(self, table: pa.Table) -> Callable[[int], str]:
        """A function that says where a row of the table stands."""
        part, row = (np.asarray(table[name].to_numpy()) for name in ("part", "row"))
        return lambda at: self.parts[int(part[at])].where(int(row[at]))

    def problem(self, kind: ProblemKind, what: str, tables: list[pa.Table], way_out: str) -> Problem:
        """The problem that all rows of `tables` have, in the order of the source."""
        rows = pa.concat_tables([table.select(["part", "row"]) for table in tables]).sort_by(
            [("part", "ascending"), ("row", "ascending")]
        )
        return problem_of(kind, what, range(len(rows)), self.of(rows), way_out)
