"""The tables and facts of the report's page, taken from the frames."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.report.frame import MISSING, PACKAGES
from bench.report.markdown import Markdown, shortened, table
from bench.report.wording import (
    METRICS,
    capitalised,
    counted,
    deviation_text,
    in_words,
    seeds_text,
    sizes_of_test_sets,
    span_text,
)
from bench.results.record import Status

MOST_GAPS = 50
DIGITS = 3


@dataclass(frozen=True)
class Section:
    """A titled table."""

    title: str
    table: Markdown


def result_tables(summary: pd.DataFrame, metric: str) -> list[Section]:
    """Means and deviations of one data set, a table a label count: rows by training sizes."""
    sections = []
    for labels in sorted(int(count) for count in summary["num_labels"].unique()):
        points = summary[summary["num_labels"] == labels]
        sizes = sorted(int(size) for size in points["train_size"].unique())
        entries: dict[str, dict[int, str]] = {}
        for point in points.itertuples():
            entries.setdefault(str(point.row), {})[int(point.train_size)] = _entry(point, metric)  # type: ignore[arg-type]
        lines = [[row, *(found.get(size, "not in the grid") for size in sizes)] for row, found in entries.items()]
        title = f"{capitalised(METRICS[metric])}, {labels} labels"
        sections.append(Section(title, table(["training examples", *(f"{size:,}" for size in sizes)], lines)))
    return sections


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
    return [*lines, *_odd_sizes(done), *_unequal_tasks(done)]


def _odd_sizes(done: pd.DataFrame) -> list[str]:
    """Where the training examples are not as many as the axis says."""
    odd = done[done["num_train"] != done["train_size"]]
    sizes = odd[["train_size", "num_labels", "num_train"]].drop_duplicates().sort_values(["num_labels", "train_size"])
    if sizes.empty:
        return []
    said = ", ".join(
        f"{size.train_size:,} → {size.num_train:,} ({size.num_labels} labels)" for size in sizes.itertuples()
    )
    return [f"Training examples that were really used, where that differs from the size: {said}."]


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
