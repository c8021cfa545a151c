"""The tables and facts of the report's page, taken from the frames."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.report.frame import MISSING, PACKAGES
from bench.report.markdown import Markdown, shortened, table
from bench.report.wording import (
    METRICS,
    UNTRAINED,
    capitalised,
    counted,
    deviation_text,
    duration,
    in_words,
    seeds_text,
    sizes_of_test_sets,
    span_text,
)
from bench.results.record import Status

MOST_GAPS = 50
DIGITS = 3


@dataclass(frozen=True)
class Titled:
    """A table with its title."""

    title: str
    table: Markdown


def result_tables(summary: pd.DataFrame, metric: str) -> list[Titled]:
    """Means and deviations of one data set, a table a label count: rows by training sizes.

    A row that uses no training examples has the same number at all sizes.
    """
    tables = []
    for labels in sorted(int(count) for count in summary["num_labels"].unique()):
        points = summary[summary["num_labels"] == labels]
        entries: dict[str, dict[int, str]] = {}
        for point in points.itertuples():
            entries.setdefault(str(point.row), {})[int(point.train_size)] = _entry(point, metric)  # type: ignore[arg-type]
        sizes = sorted({size for found in entries.values() for size in found if size or len(found) > 1}) or [0]
        lines = [_result_line(row, found, sizes) for row, found in entries.items()]
        title = f"{capitalised(METRICS[metric])}, {labels} labels"
        tables.append(Titled(title, table(["training examples", *(f"{size:,}" for size in sizes)], lines)))
    return tables


def _result_line(row: str, found: dict[int, str], sizes: list[int]) -> list[str]:
    if list(found) == [0]:
        return [f"{row} ({UNTRAINED})", *[found[0]] * len(sizes)]
    return [row, *(found.get(size, "not in the grid") for size in sizes)]


def _entry(point: Any, metric: str) -> str:
    """Mean, deviation and number of seeds of one point; or why there is none."""
    if point.n_ok == 0:
        return in_words(point.not_ok)
    mean, deviation = getattr(point, f"{metric}_mean"), getattr(point, f"{metric}_sd")
    spread = "" if pd.isna(deviation) else f" {deviation_text(deviation, DIGITS)}"
    rest = f"; {in_words(point.not_ok)}" if point.not_ok else ""
    return f"{mean:.{DIGITS}f}{spread} ({seeds_text(point.n_ok, point.n_expected)}{rest})"


def gap_table(cells: pd.DataFrame) -> tuple[Markdown, int]:
    """The cells that are not `ok`, failures before what was not run, at most `MOST_GAPS`; and how many are left out."""
    gaps = cells[cells["status"] != Status.OK.value]
    gaps = pd.concat([gaps[gaps["status"] != MISSING], gaps[gaps["status"] == MISSING]])
    header = ["data", "row", "labels", "training examples", "seed", "status", "reason", "key"]
    lines = [
        [
            gap.data,
            gap.row,
            gap.num_labels,
            f"{gap.train_size:,}",
            gap.seed,
            in_words(str(gap.status)),
            _reason(gap),
            gap.key,
        ]
        for gap in gaps.head(MOST_GAPS).itertuples()
    ]
    return table(header, lines), max(len(gaps) - MOST_GAPS, 0)


def _reason(gap: Any) -> str:
    return shortened(": ".join(str(part) for part in (gap.failure_type, gap.failure) if pd.notna(part) and part))


def status_counts(cells: pd.DataFrame) -> str:
    """How many cells ended otherwise than `ok`: "3 oom, 1 not run"."""
    counts = cells.loc[cells["status"] != Status.OK.value, "status"].value_counts()
    return ", ".join(f"{count} {in_words(str(status))}" for status, count in counts.items())


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


def protocol(cells: pd.DataFrame) -> list[str]:
    """What the numbers were measured on: seeds, sizes of the sets, and whether comparisons are fair."""
    seeds = sorted(int(seed) for seed in cells["seed"].unique())
    if len(seeds) == 1:
        lines = [f"Seed: {seeds[0]}. With one seed, no spread over seeds is known."]
    else:
        said = ", ".join(map(str, seeds))
        lines = [f"Seeds: {said}. Every number is a mean over seeds ± their sample standard deviation."]
    done = cells[cells["status"] == Status.OK.value]
    if done.empty:
        return lines
    for data, group in done.groupby("data", observed=True):
        lines.append(
            f"{data}: {sizes_of_test_sets(group)}; validation examples, {span_text(group['num_validation'])} a cell, "
            "come on top of the training examples."
        )
    return [*lines, *_odd_sizes(done), *_untrained(done), *_unequal_tasks(done)]


def _odd_sizes(done: pd.DataFrame) -> list[str]:
    """Where the training examples are not as many as the axis says."""
    odd = done[(done["num_train"] != done["train_size"]) & (done["num_train"] > 0)]
    sizes = odd[["train_size", "num_labels", "num_train"]].drop_duplicates().sort_values(["num_labels", "train_size"])
    if sizes.empty:
        return []
    said = ", ".join(
        f"{size.train_size:,} → {size.num_train:,} ({size.num_labels} labels)" for size in sizes.itertuples()
    )
    return [f"Training examples that were really used, where that differs from the size: {said}."]


def _untrained(done: pd.DataFrame) -> list[str]:
    """Which rows learnt nothing; where they stand at several sizes, that is for their test sets."""
    untrained = done[(done["train_size"] == 0) | (done["num_train"] == 0)]
    if untrained.empty:
        return []
    rows = ", ".join(dict.fromkeys(untrained["row"]))
    lines = [f"No training examples were used by: {rows}."]
    if (untrained["train_size"] > 0).any():
        lines.append("Where their numbers differ between training sizes, it is because the test sets do.")
    return [" ".join(lines)]


def _unequal_tasks(done: pd.DataFrame) -> list[str]:
    """A warning where cells of one task had different examples: they must not be compared."""
    task = ["data", "num_labels", "train_size", "seed"]
    unequal = int((done.groupby(task, observed=True)["examples_sha256"].nunique() > 1).sum())
    if not unequal:
        return []
    return [
        f"Warning: in {counted(unequal, 'task')} the rows did not have the same examples, "
        "so that their numbers cannot be compared."
    ]


def versions(cells: pd.DataFrame) -> list[tuple[str, str]]:
    """Where the records come from: a name and its values, several where records differ."""
    found: dict[str, set[str]] = {name: set(cells[name].dropna()) for name in ("python", *PACKAGES)}
    found["device"] = {_device(*pair) for pair in _pairs(cells, "device", "device_name")}
    found["git commit"] = {_commit(*pair) for pair in _pairs(cells, "git_commit", "git_dirty")}
    return [(name, ", ".join(sorted(values))) for name, values in found.items() if values]


def _pairs(cells: pd.DataFrame, first: str, second: str) -> Iterable[tuple[Any, Any]]:
    """The different pairs of two columns whose first is known."""
    known = cells[cells[first].notna()]
    return set(zip(known[first], known[second], strict=True))


def _device(device: str, name: str) -> str:
    return device if device == name else f"{device} ({name})"


def _commit(commit: str, dirty: Any) -> str:
    """The commit, flagged where the records were made with changes that it doesn't have."""
    return f"{commit} with uncommitted changes" if pd.notna(dirty) and dirty else commit
