"""Published numbers of the studies that the experiments follow, and ours beside them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.report.inputs.records import ExpectedCell

NUMBERS = Path(__file__).with_name("published_results.csv")
"""Facts read from the publications; `read_from` says whether from a table, a text or a figure."""
SMOKE = "smoke/"
"""What the names of an experiment's small variant begin with."""
COLUMN_OF = {
    "accuracy": "test_accuracy",
    "f1_weighted": "test_weighted_f1",
    "f1_macro": "test_macro_f1",
    "precision_weighted": "test_weighted_precision",
    "recall_weighted": "test_weighted_recall",
    "loss": "test_loss",
    "accuracy_before": "before_test_accuracy",
}
"""What a published metric is called in `cells_frame`."""
SHARES_OF_EXAMPLES = ("test_accuracy", "before_test_accuracy", "test_weighted_recall")
"""Metrics that are means of right and wrong: weighted recall is accuracy by another name."""
SAME_SIZE = 0.02
"""Training sizes nearer than this part of the bigger one are one size: a split may round by some examples."""
OURS = ("our_size", "mean", "sd", "n_ok", "n_expected", "not_ok", "tests")
"""What `beside_ours` adds."""
OurPoints = dict[tuple[str, int], list[tuple[Any, list[int]]]]
MADE_ELSEWHERE = "predictions"
"""The method of rows whose answers were made elsewhere: they are whatever their model is called."""


@dataclass(frozen=True, slots=True)
class Study:
    """How an experiment's published numbers came about."""

    data: tuple[str, ...]
    """Names of our data sets that hold the same texts."""
    texts: str
    protocol: str
    """What was measured, in half a sentence."""


STUDIES = {
    "go_emotions_grid": Study(
        ("go_emotions",),
        "GoEmotions",
        "one run a point, on the same label sets; test sets of 80, 160 or 240 examples grow with the training size",
    ),
    "go_emotions_multi_label": Study(
        ("go_emotions_multi_label",),
        "GoEmotions, all rows and labels",
        "one run of BERT base, on the authors' own training, validation and test sets",
    ),
    "spam_scaling": Study(
        ("trec07p",),
        "emails of the TREC 2007 public spam corpus",
        "means over 3 trials, each with new training and test draws, read off a figure to about ±0.003",
    ),
    "gpt2_spam_last_block": Study(("sms_spam",), "SMS Spam Collection", "one run, rounded in the text"),
    "ag_news_llama": Study(
        ("ag_news",),
        "AG News",
        "one run on all 7,600 test examples; GPT-4 on 500 of them, of which one had no valid answer",
    ),
}


@dataclass(frozen=True)
class Published:
    """An experiment's published numbers, told which of our rows they belong to."""

    numbers: pd.DataFrame
    """`published` with the columns of `with_rows`."""
    study: Study | None

    def note(self, data: str) -> str:
        """What sets the published numbers apart from ours on `data`, in one sentence."""
        if self.study is not None and data not in self.study.data:
            return f"Published numbers are of other texts: {self.study.texts}."
        return "Published numbers are the study's own, not runs of this project."


def published(experiment: str, metric: str | None = None) -> pd.DataFrame:
    """Published numbers of `experiment`, in the order of the file; no line where there are none.

    Columns: model (hub id where it has one), method, num_labels, train_size (0: none used), metric (as in
    `cells_frame`; under its own name where we don't measure it), value, std (over trials; null for one run), n_test,
    read_from, standard_error (of a share p of n test examples: sqrt(p (1 - p) / n); null for other metrics).
    `smoke/<name>` has the numbers of `<name>`. With `metric`, that one's only.
    """
    numbers = pd.read_csv(NUMBERS)
    numbers = numbers[numbers["experiment"] == experiment.removeprefix(SMOKE)].drop(columns=["source", "experiment"])
    numbers["metric"] = numbers["metric"].map(lambda name: COLUMN_OF.get(name, name))
    variance = numbers["value"] * (1 - numbers["value"]) / numbers["n_test"]
    is_share = numbers["metric"].isin(SHARES_OF_EXAMPLES)
    numbers["standard_error"] = np.sqrt(variance.where(is_share))
    if metric is not None:
        numbers = numbers[numbers["metric"] == metric]
    return numbers.reset_index(drop=True)


def published_for(experiment: str, expected: Iterable[ExpectedCell]) -> Published | None:
    """Published numbers of `experiment` beside the grid `expected`; None where there are none."""
    numbers = published(experiment)
    if numbers.empty:
        return None
    return Published(with_rows(numbers, rows_of(expected)), STUDIES.get(experiment.removeprefix(SMOKE)))


def rows_of(expected: Iterable[ExpectedCell]) -> dict[tuple[str, str], list[str]]:
    """Our rows by the model and method that publications would name; several where rows differ in an option."""
    rows: dict[tuple[str, str], list[str]] = {}
    for cell in expected:
        name = cell.published_as or (cell.model, cell.method or cell.model)
        known = rows.setdefault(name, [])
        if cell.row not in known:
            known.append(cell.row)
    return rows


def with_rows(numbers: pd.DataFrame, rows: Mapping[tuple[str, str], list[str]]) -> pd.DataFrame:
    """`numbers` with the columns `row` (ours for the same model and method, else null) and `name` (what to call it).

    A published number comes once for each of our rows that it belongs to.
    """
    numbers = numbers.copy()
    numbers["row"] = [
        _rows_for(model, method, rows) for model, method in zip(numbers["model"], numbers["method"], strict=True)
    ]
    numbers = numbers.explode("row", ignore_index=True)
    unknown = [_short(model, method) for model, method in zip(numbers["model"], numbers["method"], strict=True)]
    numbers["name"] = numbers["row"].where(numbers["row"].notna(), pd.Series(unknown, dtype=object))
    return numbers


def _rows_for(model: str, method: str, rows: Mapping[tuple[str, str], list[str]]) -> list[str | None]:
    return [*rows.get((model, method), []), *rows.get((model, MADE_ELSEWHERE), [])] or [None]


def _short(model: str, method: str) -> str:
    """A row that is not ours: the model without its owner, and the method unless the model has none."""
    name = model.rpartition("/")[2]
    return name if method == model else f"{name} {method}"


def beside_ours(numbers: pd.DataFrame, summary: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """One line a published number (`with_rows`) of one data set's frames, with ours where we have the same point.

    Adds our_size (our training size, which may differ by rounding; null where the point is not in our grid), mean, sd,
    n_ok, n_expected, not_ok (see `summary_frame`), tests (the sizes of our test sets, a list) and difference (ours
    less published).
    """
    ours = _our_points(summary, cells)
    lines = pd.DataFrame([_ours(number, ours) for number in numbers.itertuples()], columns=list(OURS))
    lines = lines.astype({"mean": float, "sd": float})
    joined = pd.concat([numbers.reset_index(drop=True), lines], axis="columns")
    return joined.assign(difference=joined["mean"] - joined["value"])


def _our_points(summary: pd.DataFrame, cells: pd.DataFrame) -> OurPoints:
    """Our points by row and label count, each with the sizes of its test sets."""
    places = [cells[name] for name in ("row", "num_labels", "train_size")]
    tests: dict[Any, set[int]] = defaultdict(set)
    for *place, count in zip(*places, cells["num_test"], strict=True):
        if pd.notna(count):
            tests[tuple(place)].add(int(count))
    points: OurPoints = defaultdict(list)
    for point in summary.itertuples():
        known = sorted(tests[point.row, point.num_labels, point.train_size])
        points[str(point.row), int(point.num_labels)].append((point, known))  # type: ignore[arg-type]
    return points


def _ours(number: Any, ours: OurPoints) -> dict[str, Any]:
    """Our side of one published number; nothing known where there is none."""
    same = [
        (abs(point.train_size - number.train_size), point, tests)
        for point, tests in ours.get((number.row, number.num_labels), ())
        if same_size(point.train_size, number.train_size)
    ]
    if not same:
        return dict(zip(OURS, (None, None, None, 0, 0, "", []), strict=True))
    _, point, tests = min(same, key=lambda entry: entry[0])
    return _point(point, tests, str(number.metric))


def _point(point: Any, tests: list[int], metric: str) -> dict[str, Any]:
    """What a line of `summary_frame` says of `metric`; no mean of what is not measured here."""
    return {
        "our_size": point.train_size,
        "mean": getattr(point, f"{metric}_mean", None),
        "sd": getattr(point, f"{metric}_sd", None),
        **{name: getattr(point, name) for name in ("n_ok", "n_expected", "not_ok")},
        "tests": tests,
    }


def with_own_points(lines: pd.DataFrame, summary: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Lines of one metric (`beside_ours`) with all our points at published label counts and sizes.

    For grids in which no row is a published one: something of ours should stand beside the published numbers.
    """
    metric = str(lines["metric"].iloc[0])
    own = []
    for (row, labels), points in _our_points(summary[summary["n_ok"] > 0], cells).items():
        sizes = lines.loc[lines["num_labels"] == labels, "train_size"]
        for point, tests in points:
            if len(sizes) and (not point.train_size or any(same_size(point.train_size, size) for size in sizes)):
                known = {"row": row, "name": row, "num_labels": labels, "train_size": point.train_size}
                own.append({**known, "metric": metric, **_point(point, tests, metric)})
    numbers = ("value", "std", "standard_error", "mean", "sd", "difference")
    joined = pd.DataFrame([*lines.to_dict("records"), *own], columns=lines.columns)
    return joined.astype(dict.fromkeys(numbers, float))


def same_size(one: int, other: int) -> bool:
    """Whether two training sizes differ by rounding at most."""
    return abs(one - other) <= SAME_SIZE * max(one, other)
