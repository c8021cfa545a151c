"""The protocol section: what the numbers were measured on, and how their intervals were made."""

from collections.abc import Mapping

import pandas as pd

from bench.report.content.revisions import mixed_revisions
from bench.report.content.wording import (
    capitalised,
    sizes_of_test_sets,
    span_text,
)
from bench.results.record import Status
from bench.wording import counted

Methods = Mapping[str, Mapping[str, int]]
"""By what a metric is called: how many points have an interval by each method (`statistics.intervals.Method`)."""
METHODS = {
    "variance_components": "variance components of seeds and test examples, with Student's t (Satterthwaite's degrees "
    "of freedom, seeds at the limit of chance) and Wilson's limits",
    "seed_means": "Student's t over seeds, each of which has test examples of its own",
    "wilson": "Wilson's interval, of the test examples alone, for one seed or seeds that all answer alike",
    "bootstrap": "crossed bootstrap over seeds and test examples, whose variance components are read in the same way",
    "examples_t": "Student's t over the test examples alone and Wilson's limits, for one seed",
    "examples_bootstrap": "bootstrap over the test examples alone, for one seed",
}


def protocol(cells: pd.DataFrame, methods: Methods | None = None) -> list[str]:
    """What the numbers were measured on: seeds, sizes of the sets, and whether comparisons are fair.

    `methods` are those by which the page's intervals were made, by metric, with their points.
    """
    seeds = sorted(int(seed) for seed in cells["seed"].unique())
    if len(seeds) == 1:
        lines = [f"Seed: {seeds[0]}. With one seed, no spread over seeds is known."]
    else:
        said = ", ".join(map(str, seeds))
        lines = [f"Seeds: {said}. Every number is a mean over seeds; ± is the sample standard deviation over them."]
    lines += _intervals(methods or {})
    done = cells[cells["status"] == Status.OK.value]
    if done.empty:
        return lines
    for data, group in done.groupby("data", observed=True):
        lines.append(
            f"{data}: {sizes_of_test_sets(group)}; validation examples, {span_text(group['num_validation'])} a cell, "
            "come on top of the training examples."
        )
    return [
        *lines,
        *_odd_sizes(done),
        *_untrained(done),
        *_seen_in_training(done),
        *mixed_revisions(done),
        *unequal_tasks(done),
    ]


def _intervals(methods: Methods) -> list[str]:
    """How the page's intervals were made, metric by metric."""
    said = []
    for metric, points in methods.items():
        total = sum(points.values())
        how = [
            METHODS.get(name, name.replace("_", " ")) + (f" ({counted(count, 'point')})" if count < total else "")
            for name, count in points.items()
            if count
        ]
        if how:
            said.append(f"{metric}: {'; '.join(how)}")
    return (
        [f"Brackets after means are 95 % intervals. {capitalised('. '.join(map(capitalised, said)))}."] if said else []
    )


def _seen_in_training(done: pd.DataFrame) -> list[str]:
    """How many test texts are training examples, too: a published split may have them, whatever is done here."""
    said = []
    for data, group in done.groupby("data", observed=True):
        seen = group[group["test_texts_in_training"].fillna(0) > 0]
        if seen.empty:
            continue
        most = seen.sort_values("test_texts_in_training").iloc[-1]
        said.append(
            f"{data}: in {counted(len(seen), 'cell')} of {len(group):,}, texts of the test set are training examples, "
            f"too, up to {most['test_texts_in_training']:,} of {most['num_test']:,}: accuracy on these is no accuracy "
            "on new texts."
        )
    return said


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


def unequal_tasks(done: pd.DataFrame) -> list[str]:
    """A warning where cells of one task had different examples: they must not be compared."""
    task = ["data", "num_labels", "train_size", "seed"]
    unequal = int((done.groupby(task, observed=True)["examples_sha256"].nunique() > 1).sum())
    if not unequal:
        return []
    return [
        f"Warning: in {counted(unequal, 'task')} the rows did not have the same examples, "
        "so that their numbers cannot be compared."
    ]
