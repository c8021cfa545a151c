"""Columns that say on which side of a split a row may stand: its set, its group, its time."""

import math
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.plain_columns import plain_column
from bench.data.problems import Problem, problem_of, shown
from bench.data.readers.part import Part
from bench.data.sametext import is_blank
from bench.data.set_names import SAID, set_of
from bench.data.times import parse_times

COLUMNS = ("split", "group", "time")


def side_columns(part: Part, data: DataConfig) -> tuple[dict[str, Any], list[Problem]]:
    """The columns `split` (strings), `group` (strings) and `time` (numbers) of a part, as far as there are any.

    Problems are the rows whose set is unknown, or that have no time. Raises UserError for columns of other types.
    """
    problems: list[Problem] = []
    own = "train" if data.test_path is not None and part.split == "file" else part.split
    columns: dict[str, Any] = {"split": pa.repeat(pa.scalar(own), len(part.table))}
    if data.split_column is not None:
        values = _strings(part, data.split_column, "data.split_column", data)
        sets = [None if value is None else set_of(value) for value in values]
        problems += _unknown_sets(values, sets, part, data)
        columns["split"] = pa.array(sets, pa.string())
    if data.group_column is not None:
        groups = _strings(part, data.group_column, "data.group_column", data)
        columns["group"] = pa.array(
            [f"\0{part.split}:{row}" if value is None else value for row, value in enumerate(groups)], pa.large_string()
        )
    if data.time_column is not None:
        columns["time"], found = _times(part, data.time_column, data)
        problems += found
    return columns, problems


def refuse_one_side(splits: Iterable[str], data: DataConfig) -> None:
    """Raise UserError where `split_column` marks nothing for testing, or nothing for training."""
    there = set(splits)
    missing = [word for name, word in (("train", "training"), ("test", "testing")) if name not in there]
    if data.split_column is not None and missing:
        way_out = "mark some" if len(there) > 1 else f"all rows are marked {', '.join(there)}: mark others"
        raise data_error(
            data,
            f"data.split_column={data.split_column} marks no row for {' and none for '.join(missing)}; {way_out}, or "
            "leave data.split_column out, and split=natural draws a test set",
        )


def _strings(part: Part, name: str, option: str, data: DataConfig) -> list[str | None]:
    """The values as texts without blanks at their ends, None for those that are blank."""
    column = plain_column(part, name, option, data)
    if pa.types.is_nested(column.type):
        raise data_error(data, f"{option}={name} holds {column.type}, no single values")
    values = column.cast(pa.large_string()).to_pylist()
    return [None if value is None or is_blank(value) else value.strip() for value in values]


def _unknown_sets(values: list[str | None], sets: list[str | None], part: Part, data: DataConfig) -> list[Problem]:
    bad = [row for row, name in enumerate(sets) if name is None]
    if not bad:
        return []
    words = dict.fromkeys(values[row] for row in bad)
    told = [shown(word) if word is not None else "nothing" for word in list(words)[:5]]
    more = f" and {len(words) - 5} other words" if len(words) > 5 else ""
    what = f"data.split_column={data.split_column} holds {', '.join(told)}{more}"
    return [problem_of("bad_part", what, bad, part.where, f"; the words for the sets are {SAID}")]


def _times(part: Part, name: str, data: DataConfig) -> tuple[Any, list[Problem]]:
    column = plain_column(part, name, "data.time_column", data)
    if pa.types.is_time(column.type) or pa.types.is_duration(column.type) or pa.types.is_nested(column.type):
        raise data_error(data, f"data.time_column={name} holds {column.type}, no dates")
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        moments = column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None)), safe=False).cast(pa.int64())
        values: list[Any] = column.to_pylist() if column.null_count else []
        times = pc.divide(moments.cast(pa.float64()), 1e6)
    else:
        values = column.to_pylist()
        found, _ = parse_times(values)
        times = pa.chunked_array([pa.array(found, pa.float64())])
    bad = [row for row, time in enumerate(times.to_pylist()) if time is None or math.isnan(time)]
    if not bad:
        return times, []
    some = next((str(values[row]) for row in bad if values[row] is not None and str(values[row]).strip()), None)
    what = f"data.time_column={name} " + ("has no time" if some is None else f"holds {shown(some)}, which is no time")
    way_out = "; times are written as 2024-01-31 14:05, 31.1.2024, 1/31/2024, 31 Jan 2024 or as numbers"
    return times, [problem_of("bad_time", what, bad, part.where, way_out)]


def doubtful_times(parts: Iterable[Part], data: DataConfig) -> list[str]:
    """What is to be said of times that can be read in two ways."""
    if data.time_column is None:
        return []
    notes = []
    for part in parts:
        column = plain_column(part, data.time_column, "data.time_column", data)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            _, doubt = parse_times(column.to_pylist())
            notes += [] if doubt is None else [f"data.time_column={data.time_column}: {doubt}"]
    return notes
