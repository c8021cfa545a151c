"""Recall at a precision: the best threshold's, none where there is none, and a line of the page."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from bench.metrics.labelled import LabelledPredictions
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.recall_at_precision import recall_at_precision
from tests.report import simulate


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
