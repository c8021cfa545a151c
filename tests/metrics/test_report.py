"""The report reads the table: columns, old records, intervals and the page's table of all metrics."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as theirs

from bench.methods.fitted import Answers as Given
from bench.methods.metrics import evaluate
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.metric import Metric
from bench.metrics.table import METRICS
from bench.report.content.wording import metric_words
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.frame import test_metrics as metrics_of
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.bootstrap import Draws, metric_difference, metric_interval, statistic
from bench.report.statistics.interval_frames import interval_frame
from bench.report.statistics.metrics import lower_is_better, metric_columns
from bench.report.statistics.points import Point
from bench.report.tables.metrics import metrics_table
from bench.results.record import parse
from tests.metrics.made_up import MADE_UP
from tests.report import simulate
from tests.report.blank import draw_blanks
from tests.report.statistics.answers import answers, at_accuracy, exactly, example_set

GOLDEN = Path(__file__).parents[1] / "results" / "golden"
OF_LABELS = [name for name, metric in METRICS.items() if not metric.needs_probabilities]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Metric:
    monkeypatch.setitem(METRICS, MADE_UP.name, MADE_UP)
    return MADE_UP


def test_every_metric_is_a_column_with_words() -> None:
    words = [metric_words(column) for column in metric_columns()]
    assert len(set(words)) == len(METRICS)
    assert all(said.startswith("test ") for said in words)
    assert [column for column in metric_columns() if lower_is_better(column)] == ["test_loss", "test_brier"]


@pytest.mark.parametrize("version", range(1, 6))
def test_old_records_have_what_follows_from_their_confusion_matrix(version: int) -> None:
    measured = parse((GOLDEN / f"version-{version}.json").read_text(encoding="utf-8")).measurements
    assert measured is not None
    assert measured.test.metrics == {}
    found = metrics_of(measured.test)
    matrix = np.asarray(measured.test.confusion_matrix)
    true, predicted = (np.repeat(axis.ravel(), matrix.ravel()) for axis in np.indices(matrix.shape))
    assert found["test_balanced_accuracy"] == pytest.approx(theirs.balanced_accuracy_score(true, predicted))
    assert found["test_matthews_corrcoef"] == pytest.approx(theirs.matthews_corrcoef(true, predicted))
    assert found["test_accuracy"] == measured.test.accuracy
    assert found["test_loss"] == measured.test.loss
    assert found["test_roc_auc"] is found["test_average_precision"] is found["test_brier"] is None


def test_new_records_have_what_they_say() -> None:
    measured = parse((GOLDEN / "version-6.json").read_text(encoding="utf-8")).measurements
    assert measured is not None
    assert metrics_of(measured.test) == {f"test_{name}": measured.test.metric(name) for name in METRICS}
    assert None not in metrics_of(measured.test).values()


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_confusion_matrix_gives_what_the_predictions_give(name: str) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(4, size=200)
    predicted = [
        None if draw < 0.1 else int(label) if draw < 0.6 else 3
        for draw, label in zip(random.random(200), labels, strict=True)
    ]
    scores = evaluate(Given(tuple(predicted), ("?",) * 200), labels.tolist(), list("abcd"))
    labelled, counts = LabelledPredictions.of_counts(
        scores.confusion_matrix, [each.support for each in scores.per_label]
    )
    assert METRICS[name].drawn(labelled, counts) == pytest.approx([scores.metric(name)])


def test_one_label_alone_has_no_correlation_in_an_old_record() -> None:
    scores = evaluate(np.array([[0.9, 0.1], [0.4, 0.6]]), [0, 0], ["a", "b"]).model_copy(update={"metrics": {}})
    assert metrics_of(scores)["test_matthews_corrcoef"] is None
    assert metrics_of(scores)["test_balanced_accuracy"] == 0.5


@pytest.mark.parametrize("name", OF_LABELS)
@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_hold_the_estimate_within_the_range(name: str, seeds: int) -> None:
    chosen = statistic(f"test_{name}")
    assert chosen is not None
    metric = METRICS[name]
    for share in (0.02, 0.5, 0.98):
        found = metric_interval(exactly([share, share + 0.01, share - 0.01][:seeds]), chosen, Draws(100))
        assert metric.low <= found.low < found.estimate < found.high <= metric.high
    perfect = metric_interval(exactly([1.0] * seeds), chosen, Draws(50))
    assert perfect.estimate == perfect.high == 1
    assert perfect.low < 1


def test_metrics_of_probabilities_have_no_interval_from_answers() -> None:
    assert statistic("test_roc_auc") is statistic("test_loss") is statistic("num_test") is None
    with pytest.raises(KeyError):
        interval_frame({Point("row", 2, 8): exactly([0.8, 0.9])}, "test_brier", Draws(20))


def test_correlations_of_noisy_seeds_are_covered() -> None:
    """Of balanced labels, wrong answers being any other label, the correlation is (K accuracy - 1) / (K - 1)."""
    random, draws, labels, size = np.random.default_rng(4), Draws(150), 4, 400
    examples, chosen, held = example_set(size, labels), statistic("test_matthews_corrcoef"), []
    assert chosen is not None
    worlds = [at_accuracy(share, 0.3, 1.5, 0.7) for share in (0.75, 0.7)]
    truth = [(labels * world.accuracy - 1) / (labels - 1) for world in worlds]
    for _ in range(120):
        hard = random.standard_normal(size)
        a, b = (
            {seed: answers(right, examples, random) for seed, right in enumerate(world.draw(random, 3, hard))}
            for world in worlds
        )
        mean, gap = metric_interval(a, chosen, draws), metric_difference(a, b, chosen, draws)
        held.append((mean.holds(truth[0]), gap.holds(truth[0] - truth[1])))
    assert (np.mean(held, axis=0) >= 0.9).all(), np.mean(held, axis=0)


def simulated(tmp_path: Path, **options: Any) -> list[Any]:
    cells = simulate.grid(tmp_path / "results", [("minilm", "lora"), ("tfidf_sgd", None)], **options)
    simulate.run(cells)
    return cells


def test_the_table_of_all_metrics_has_each_row_at_its_largest_size(tmp_path: Path) -> None:
    cells = cells_frame(simulated(tmp_path, num_labels=(2, 5), train_sizes=(32, 128)))
    cells.loc[cells["row"] == "minilm lora", "test_brier"] = 0.25
    found = metrics_table(summary_frame(cells)).table
    assert found.header[:3] == ("row", "labels", "training examples")
    assert "Brier score (lower is better)" in found.header
    assert "Matthews correlation" in found.header
    assert not any("ROC" in head for head in found.header), "no record has one"
    assert [(str(line[0]), line[1], line[2]) for line in found.lines] == [
        ("minilm lora", 2, "128"), ("tfidf_sgd", 2, "128"), ("minilm lora", 5, "128"), ("tfidf_sgd", 5, "128"),
    ]  # fmt: skip
    brier = found.header.index("Brier score (lower is better)")
    assert [str(line[brier]) for line in found.lines] == ["0.250 ±0.000", "", "0.250 ±0.000", ""]
    accuracy = cells.query("row == 'tfidf_sgd' and num_labels == 2 and train_size == 128")["test_accuracy"]
    assert str(found.lines[1][found.header.index("accuracy")]).startswith(f"{accuracy.mean():.3f} ±")


def test_a_metric_in_the_table_is_in_the_report(
    tmp_path: Path, made_up: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_blanks(monkeypatch)
    cells = simulated(tmp_path, num_labels=(2,), train_sizes=(32, 128))
    page = write_report(cells, tmp_path / "report", ReportOptions("A title"))
    results, summary = (pd.read_csv(page.parent / name) for name in ("results.csv", "summary.csv"))
    matrix = np.asarray(parse((cells[0].folder / "record.json").read_text()).measurements.test.confusion_matrix)
    assert results["test_worst_recall"].notna().all()
    assert results["test_worst_recall"][0] == pytest.approx((matrix.diagonal() / matrix.sum(axis=1)).min())
    assert "test_worst_recall_mean" in summary
    assert "worst recall" in page.with_name("index.md").read_text(encoding="utf-8")
    assert "worst recall" in (page.parent / "tables" / "metrics.csv").read_text(encoding="utf-8")
