"""Recall at a precision: the best threshold's, none where there is none, and a line of the page."""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from bench.metrics.labelled import LabelledPredictions
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.recall_at_precision import recall_at_precision
from tests.report import simulate
from tests.support.cli import call


def scored(sure: list[float], labels: list[int]) -> LabelledPredictions:
    second = np.asarray(sure)
    return LabelledPredictions.of_probabilities(np.stack([1 - second, second], axis=1), labels)


@pytest.mark.parametrize(
    ("sure", "labels", "expected"),
    [
        ([0.9, 0.8, 0.3, 0.2], [1, 1, 1, 0], 1.0),  # far below one half
        ([0.9, 0.8, 0.7, 0.2], [1, 0, 1, 0], 0.5),
        ([0.9, 0.8, 0.7, 0.2], [0, 1, 1, 0], 0.0),
        ([0.5] * 4, [1, 1, 1, 0], 0.0),  # all or none
    ],
)
def test_of_all_thresholds_the_best(sure: list[float], labels: list[int], expected: float) -> None:
    assert recall_at_precision(scored(sure, labels), 1, 0.9) == pytest.approx(expected)


def test_as_by_scikit_learns_curve() -> None:
    random = np.random.default_rng(0)
    labels = (random.random(300) < 0.3).astype(int)
    sure = np.round(np.clip(0.3 * labels + random.random(300) * 0.7, 0, 1), 2)  # with ties
    precisions, recalls, _ = precision_recall_curve(labels, sure)
    for precision in (0.5, 0.7, 0.9):
        expected = recalls[:-1][precisions[:-1] >= precision].max(initial=0)
        assert recall_at_precision(scored(list(sure), list(labels)), 1, precision) == pytest.approx(expected)


def test_a_label_without_examples_has_none() -> None:
    assert np.isnan(recall_at_precision(scored([0.1, 0.2], [0, 0]), 1, 0.9))


@pytest.mark.parametrize(("count", "unequal", "shown"), [(2, False, True), (5, True, True), (5, False, False)])
def test_two_or_unequal_labels_have_a_table(count: int, unequal: bool, shown: bool, tmp_path: Path) -> None:
    rows = [("minilm", "lora"), ("tfidf_sgd", None)]
    cells = simulate.grid(tmp_path / "r", rows, num_labels=(count,), train_sizes=(32,))
    simulate.run(cells, unequal=unequal)
    text = write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    assert ("Recall where 90 % of what is called so is right" in text) == shown
    assert (tmp_path / "report" / "tables" / f"recall_at_precision_{count}.csv").exists() == shown


@pytest.mark.parametrize(("precision", "said"), [(0.8, "80 %"), (0.995, "99.5 %")])
def test_the_precision_is_an_option_of_the_report(precision: float, said: str, tmp_path: Path) -> None:
    cells = simulate.grid(tmp_path / "r", [("minilm", "lora"), ("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32,))
    simulate.run(cells)
    recalls = {}
    for asked in (precision, 0.9):
        page = write_report(cells, tmp_path / str(asked), ReportOptions("T", at_precision=asked))
        text = page.with_name("index.md").read_text()
        assert (f"Recall where {said} of what is called so is right" in text.replace("\u00a0", " ")) == (asked != 0.9)
        with (tmp_path / str(asked) / "tables" / "recall_at_precision_2.csv").open() as file:
            recalls[asked] = [float(value) for line in list(csv.reader(file))[1:] for value in line[2:]]
    lower, higher = (recalls[asked] for asked in sorted(recalls))
    assert all(map(float.__ge__, lower, higher))
    assert sum(lower) > sum(higher)


@pytest.mark.parametrize("value", ["0.49", "1", "nan", "true"])
def test_a_precision_that_says_nothing_is_refused(value: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert call("-m", "model=tfidf_sgd", "command=report", f"at_precision={value}") == 2
    assert capfd.readouterr().err.startswith("error: at_precision=")
