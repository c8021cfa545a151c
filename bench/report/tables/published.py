"""Ours and published as tables, and what has to be said about them."""

from typing import Any

import pandas as pd

from bench.report.content.parts import Entry, Titled, known_number
from bench.report.content.table import table
from bench.report.content.wording import (
    capitalised,
    deviation_text,
    difference_text,
    in_words,
    metric_words,
    number_text,
    seeds_text,
)
from bench.report.figures.published import size_text
from bench.report.inputs.published import Published

DIGITS = 3


def accuracy_tables(lines: pd.DataFrame) -> list[Titled]:
    """Ours, published and the difference, a table a label count; `lines` of one metric (`published.beside_ours`, or
    `published.with_own_points`)."""
    share, trials = (bool(lines[name].notna().any()) for name in ("standard_error", "std"))
    header = ["row", "training examples", "ours", "our test examples", "published", "its test examples"]
    header += [*(["its sampling error"] if share else []), *(["its SD over trials"] if trials else [])]
    header += ["ours − published"]
    tables = []
    for labels, group in lines.groupby("num_labels"):
        entries = [_accuracy_line(line, share=share, trials=trials) for line in group.itertuples()]
        metric = capitalised(metric_words(str(group["metric"].iloc[0])))
        tables.append(Titled(f"{metric}, {labels} labels: ours and published", table(header, entries)))
    return tables


def _accuracy_line(line: Any, *, share: bool, trials: bool) -> list[Any]:
    return [
        line.name,
        _size(line),
        _ours(line),
        Entry(" or ".join(f"{count:,}" for count in line.tests), numbers={"": min(line.tests, default=None)}),
        "" if pd.isna(line.value) else _number(line.value),
        "" if pd.isna(line.n_test) else f"{line.n_test:,.0f}",
        *([_spread(line.standard_error)] if share else []),
        *([_spread(line.std)] if trials else []),
        Entry(difference_text(line.difference, DIGITS), numbers={"": known_number(line.difference)}),
    ]


def other_metrics_table(lines: pd.DataFrame) -> Titled:
    """All other published metrics, a line a point of the grid, ours (where we have it) before the published one."""
    metrics = list(dict.fromkeys(lines["metric"]))
    header = ["row", "labels", "training examples"]
    for metric in metrics:
        header += [f"{metric_words(metric)}: ours", "published"]
    entries = []
    for _, group in lines.groupby(["name", "num_labels", "train_size"], sort=False):
        by_metric: dict[str, Any] = {str(line.metric): line for line in group.itertuples()}
        first = next(iter(by_metric.values()))
        entry = [first.name, first.num_labels, _size(first)]
        for metric in metrics:
            line = by_metric.get(metric)
            known = line is not None and line.n_expected
            entry += [_ours(line) if known else "", "" if line is None else _number(line.value)]
        entries.append(entry)
    return Titled("Other published metrics", table(header, entries))


def _size(line: Any) -> Entry:
    size = size_text(line.train_size)
    differs = pd.notna(line.our_size) and line.our_size != line.train_size
    text = f"{size} (ours {line.our_size:,.0f})" if differs else size
    return Entry(text, numbers={"": int(line.train_size), "ours": known_number(line.our_size)})


def _ours(line: Any) -> Entry | str:
    """Our mean, deviation and seeds; or why there is none."""
    if pd.isna(line.mean):
        return in_words(line.not_ok) if line.not_ok else "not in the grid" if not line.n_expected else "not measured"
    text = f"{number_text(line.mean, DIGITS)}{_after(line.sd)} ({seeds_text(line.n_ok, line.n_expected)})"
    seeds = {"n_seeds": int(line.n_ok), "n_seeds_expected": int(line.n_expected)}
    return Entry(text, numbers={"mean": float(line.mean), "sd": known_number(line.sd), **seeds})


def _after(deviation: float) -> str:
    return "" if pd.isna(deviation) else f" {deviation_text(deviation, DIGITS)}"


def _number(value: float) -> Entry:
    return Entry(number_text(value, DIGITS), numbers={"": known_number(value)})


def _spread(deviation: float) -> Entry | str:
    return "" if pd.isna(deviation) else Entry(deviation_text(deviation, DIGITS), numbers={"": float(deviation)})


def remarks(lines: pd.DataFrame, published: Published, data: str, called: str) -> list[str]:
    """What a reader must know to compare: where published numbers come from, and what differences can't say.

    `called` is what people call the data set `data`.
    """
    found = []
    study = published.study
    if study is not None:
        found.append(f"Published: {study.texts}; {study.protocol}.")
        if data not in study.data:
            found.append(f"Ours are on {called}, which are other texts: the data alone may explain a difference.")
    found.append(_no_paired_test(lines))
    if missing := list(dict.fromkeys(lines.loc[lines["row"].isna(), "name"])):
        found.append(f"Not run here: {', '.join(missing)}.")
    if ((lines["our_size"] - lines["train_size"]).abs() > 0).any():
        found.append("Training sizes that differ by rounding alone count as the same.")
    perfect = lines[(lines["value"] == 1) & lines["standard_error"].notna()]
    if not perfect.empty:
        n = int(perfect["n_test"].max())
        found.append(
            f"A published 1.000 has a sampling error of 0 by that formula alone: with {n} of "
            f"{n} right, the 95 % interval still begins at {1 - 3 / n:.3f} (rule of three)."
        )
    return found


def _no_paired_test(lines: pd.DataFrame) -> str:
    with_ours = lines[lines["mean"].notna()]
    same = all(tests == [n_test] for tests, n_test in zip(with_ours["tests"], with_ours["n_test"], strict=True))
    error = ""
    if lines["standard_error"].notna().any():
        error = " The sampling error of a published share p of n test examples is √(p (1 − p) / n)."
    if with_ours.empty:
        return f"Differences could not be tested in pairs: which answers were right was not published.{error}"
    if same:
        return (
            "Test sets are equally big here and there, but which answers were right was not published, so differences "
            f"cannot be tested in pairs.{error}"
        )
    return f"The test sets differ, so differences cannot be tested in pairs.{error}"
