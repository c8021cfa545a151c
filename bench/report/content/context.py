"""The head of the page: the question that it answers, and what the answer rests on."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from bench.report.content.wording import label_text, span_text, status_counts
from bench.report.content.words import listed
from bench.report.inputs.frame import NOT_NEEDED
from bench.report.options import Shard
from bench.results.record import Status
from bench.wording import counted, duration, money_text, shard_text

MAX_NAMES = 3
MAX_LABELS = 8
"""That are named."""


def question(data_names: Sequence[str], cells: pd.DataFrame) -> str:
    """The title: "Sorting BBC headlines: which model, on how many labelled examples?"."""
    names = list(dict.fromkeys(data_names))
    if len(names) > MAX_NAMES:
        what = f"{len(names)} data sets"
    else:
        what = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "texts"
    rows, sizes = cells["row"].nunique(), set(cells["train_size"]) - {0}
    if rows < 2:
        asked = "on how many labelled examples?" if len(sizes) > 1 else "how well does it go?"
    else:
        asked = "which model, on how many labelled examples?" if len(sizes) > 1 else "which model?"
    return f"Sorting {what}: {asked}"


def labels_line(labels: Sequence[str]) -> str:
    """ "Labels: anger, joy, love and 13 more labels."."""
    return f"Labels: {listed(map(label_text, labels), MAX_LABELS, 'label')}."


def about(
    title: str, cells: pd.DataFrame, started: Sequence[str], price: float | None, currency: str | None
) -> list[str]:
    """What was tried, and when, where and for how much: two lines."""
    sizes = sorted({int(size) for size in cells["train_size"]} - {0})
    parts = [
        title,
        counted(cells["row"].nunique(), "row") + " (a model with a method)",
        f"{span_text(cells['num_labels'])} labels",
        f"{span_text(sizes)} labelled examples" if sizes else "no training examples",
        counted(cells["seed"].nunique(), "seed"),
    ]
    done = cells[cells["status"] == Status.OK.value]
    if not done.empty:
        parts.append(f"{span_text(done['num_test'])} test texts")
    return [", ".join(parts) + ".", _runs(cells, done, started, price, currency)]


def part_text(shard: Shard | None) -> str:
    """What a report on a part of a grid says first; empty where it is on all of it."""
    if shard is None:
        return ""
    return (
        f"{shard_text(**asdict(shard))} So it decides nothing: rows are compared on the seeds and sizes that fell into "
        "this part. The report on all of it is drawn without shard=, with more_results= for the other parts' folders "
        "of results."
    )


def _runs(
    cells: pd.DataFrame, done: pd.DataFrame, started: Sequence[str], price: float | None, currency: str | None
) -> str:
    """How many runs finished, when, on what, in how much time and money."""
    spared = int((cells["status"] == NOT_NEEDED).sum())
    said = f"{len(done):,} of {counted(len(cells) - spared, 'run')} finished"
    if counts := status_counts(cells):
        said += f" ({counts})"
    if spared:
        said += f", {spared:,} more were not needed to decide"
    days = sorted({text[:10] for text in started})
    if days:
        said += f", {days[0]}" if len(days) == 1 else f", {days[0]} to {days[-1]}"
    devices = sorted({str(name) for name in done["device_name"].dropna()})
    if devices:
        said += f", on {', '.join(devices[:MAX_NAMES])}"
    seconds = float(done["total_seconds"].sum())
    if seconds:
        said += f"; {duration(seconds)} of computing in all"
    on_gpu = done[done["device"].notna() & (done["device"] != "cpu")]
    if price is not None and not on_gpu.empty:
        said += f", {money_text(float(on_gpu['total_seconds'].sum()) / 3600 * price, currency)}"
    return f"{said}."
