"""The tables and facts of the report's page, taken from the frames."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from bench.report.content.parts import Entry, Number, Titled, known_number, point_id, size_entry
from bench.report.content.strips import with_strips
from bench.report.content.table import Table, shortened, table
from bench.report.content.wording import (
    UNTRAINED,
    capitalised,
    deviation_text,
    in_words,
    metric_words,
    number_text,
    seeds_text,
)
from bench.report.inputs.frame import MISSING, NOT_NEEDED, PACKAGES
from bench.report.inputs.records import ExpectedCell
from bench.report.statistics.metrics import lower_is_better
from bench.results.record import Status
from bench.wording import counted, duration

MAX_GAPS = 50
MAX_UNREADABLE = 3
DIGITS = 3


def result_tables(
    summary: pd.DataFrame, metric: str, baseline: str | None = None, intervals: pd.DataFrame | None = None
) -> list[Titled]:
    """Means with their 95 % intervals (`statistics.tables.interval_frame`), a table a label count: rows by sizes.

    Where there is no interval, the deviation over seeds is shown. A row that uses no training examples has the same
    number at all sizes. `baseline` is the row that stays in view. All of it is of one data set.
    """
    known = (
        {}
        if intervals is None
        else {
            (line.row, line.num_labels, line.train_size): (float(line.low), float(line.high))  # type: ignore[arg-type]
            for line in intervals.itertuples()
        }
    )
    tables = []
    for labels in sorted(int(count) for count in summary["num_labels"].unique()):
        points = summary[summary["num_labels"] == labels]
        scale = shades(points[f"{metric}_mean"], metric)  # of each table: with 2 labels all is high
        entries: dict[str, dict[int, Entry]] = {}
        for point in points.itertuples():
            found = known.get((point.row, point.num_labels, point.train_size))
            entries.setdefault(str(point.row), {})[int(point.train_size)] = _entry(point, metric, scale, found)  # type: ignore[arg-type]
        sizes = sorted({size for found in entries.values() for size in found if size or len(found) > 1}) or [0]
        lines = with_strips([_result_line(row, found, sizes) for row, found in entries.items()])
        title = f"{capitalised(metric_words(metric))}, {labels} labels" + (" [95 % interval]" if known else "")
        header = ["training examples", *(f"{size:,}" for size in sizes)]
        name = f"{metric.removeprefix('test_')}_{labels}_labels"
        tables.append(Titled(title, table(header, lines), metric, name, baseline))
    return tables


def shades(means: pd.Series, metric: str) -> Callable[[float], float]:
    """From a mean to its place between the worst of `means` (0) and the best (1)."""
    low, high = float(means.min()), float(means.max())
    if lower_is_better(metric):
        low, high = high, low
    return lambda mean: (mean - low) / (high - low) if high != low else 1.0


def _result_line(row: str, found: dict[int, Entry], sizes: list[int]) -> list[Any]:
    if list(found) == [0]:
        return [f"{row} ({UNTRAINED})", *[found[0]] * len(sizes)]
    return [row, *(found.get(size, "not in the grid") for size in sizes)]


def _entry(point: Any, metric: str, shade: Callable[[float], float], interval: tuple[float, float] | None) -> Entry:
    """Mean, interval (or deviation) and number of seeds of one point; or why there is none."""
    place = point_id(point.data, point.row, point.num_labels, point.train_size)
    state = state_of(point.n_ok, point.n_expected, point.not_ok)
    if point.n_ok == 0:
        return Entry(in_words(point.not_ok), state, place)
    mean, deviation = getattr(point, f"{metric}_mean"), getattr(point, f"{metric}_sd")
    if pd.isna(mean):
        return Entry("not measured", state, place)
    spread = "" if pd.isna(deviation) else f" {deviation_text(deviation, DIGITS)}"
    if interval is not None:
        spread = f" [{number_text(interval[0], DIGITS)}, {number_text(interval[1], DIGITS)}]"
    rest = f"; {in_words(point.not_ok)}" if point.not_ok else ""
    text = f"{number_text(mean, DIGITS)}{spread} ({seeds_text(point.n_ok, point.n_expected)}{rest})"
    return Entry(text, state, place, shade(mean), _numbers(point, mean, deviation, interval))


def _numbers(point: Any, mean: float, deviation: float, interval: tuple[float, float] | None) -> dict[str, Number]:
    low, high = interval or (None, None)
    seeds = {"n_seeds": int(point.n_ok), "n_seeds_expected": int(point.n_expected)}
    return {"mean": float(mean), "low": low, "high": high, "sd": known_number(deviation), **seeds}


def state_of(n_ok: int, n_expected: int, not_ok: str) -> str:
    """How the cells of a point ended, in one of the words of `Entry.state`; "" where all are `ok`."""
    if not_ok == NOT_NEEDED:
        return NOT_NEEDED
    if n_ok == n_expected:
        return ""
    if n_ok:
        return "partial"
    return {MISSING: "missing", Status.SKIPPED.value: "skipped", Status.PRUNED.value: "pruned"}.get(not_ok, "failed")


def gap_table(cells: pd.DataFrame) -> tuple[Table, int]:
    """The cells that are not `ok`, failures before what was not run, at most `MAX_GAPS`; and how many are left out."""
    gaps = cells[~cells["status"].isin([Status.OK.value, NOT_NEEDED])]
    gaps = pd.concat([gaps[gaps["status"] != MISSING], gaps[gaps["status"] == MISSING]])
    header = ["data", "row", "labels", "training examples", "seed", "status", "reason", "key"]
    lines = [
        [
            gap.data,
            gap.row,
            gap.num_labels,
            size_entry(gap.train_size),  # type: ignore[arg-type]
            gap.seed,
            _gap_state(gap),
            _reason(gap),
            gap.key,
        ]
        for gap in gaps.head(MAX_GAPS).itertuples()
    ]
    return table(header, lines), max(len(gaps) - MAX_GAPS, 0)


def unreadable(reasons: Mapping[ExpectedCell, str]) -> list[str]:
    """How many `ok` cells have predictions that can't be read, and why the first ones can't; nothing where all can."""
    if not reasons:
        return []
    lines = [
        f"The predictions of {counted(len(reasons), 'cell')} that finished ok can't be read: scores are in means, and "
        "comparisons, intervals, calibration and mistakes go without."
    ]
    some = list(reasons.items())[:MAX_UNREADABLE]
    lines += [f"{cell.key}: {shortened(reason)}" for cell, reason in some]
    return lines + ([f"And {len(reasons) - len(some):,} more."] if len(reasons) > len(some) else [])


def unreadable_texts(reasons: Iterable[str]) -> str:
    """How many files of test examples' texts can't be read, and why the first one can't; empty where all can."""
    some = list(reasons)
    if not some:
        return ""
    files = "1 file" if len(some) == 1 else f"{len(some):,} files"
    return f"The texts in {files} can't be read, and mistakes are shown without them. {shortened(some[0])}"


def _gap_state(gap: Any) -> Entry:
    place = point_id(gap.data, gap.row, gap.num_labels, gap.train_size)
    return Entry(in_words(str(gap.status)), state_of(0, 1, str(gap.status)), place)


def _reason(gap: Any) -> str:
    return shortened(": ".join(str(part) for part in (gap.failure_type, gap.failure) if pd.notna(part) and part))


def what_was_done(cells: pd.DataFrame) -> list[tuple[str, str]]:
    """The grid in a few lines: a name and its values, and how long it took."""
    sizes = sorted({int(size) for size in cells["train_size"]})
    seconds = float(cells["total_seconds"].sum())
    lines = [
        ("rows", ", ".join(row for row in cells["row"].cat.categories if (cells["row"] == row).any())),
        ("data", ", ".join(dict.fromkeys(cells["data"].astype(str)))),
        ("label counts", ", ".join(str(count) for count in sorted(cells["num_labels"].unique()))),
        ("training examples", ", ".join(f"{size:,}" if size else "none" for size in sizes)),
        ("seeds", ", ".join(str(seed) for seed in sorted(cells["seed"].unique()))),
    ]
    return lines + ([("time of the finished cells, added up", duration(seconds))] if seconds else [])


def versions(cells: pd.DataFrame) -> list[tuple[str, str]]:
    """Where the records come from: a name and its values, several where records differ."""
    found: dict[str, set[str]] = {name: set(cells[name].dropna()) for name in ("python", *PACKAGES)}
    found["device"] = {device_text(*pair) for pair in _pairs(cells, "device", "device_name")}
    found["git commit"] = {commit_text(*pair) for pair in _pairs(cells, "git_commit", "git_dirty")}
    return [(name, ", ".join(sorted(values))) for name, values in found.items() if values]


def _pairs(cells: pd.DataFrame, first: str, second: str) -> Iterable[tuple[Any, Any]]:
    """The different pairs of two columns whose first is known."""
    known = cells[cells[first].notna()]
    return set(zip(known[first], known[second], strict=True))


def device_text(device: str, name: str) -> str:
    """A device and what it is called, where that says more."""
    return device if device == name else f"{device} ({name})"


def commit_text(commit: str, dirty: Any) -> str:
    """The commit, flagged where the records were made with changes that it doesn't have."""
    return f"{commit} with uncommitted changes" if pd.notna(dirty) and dirty else commit
