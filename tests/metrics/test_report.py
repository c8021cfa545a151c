"""The report reads the table: columns, old records, intervals and the page's table of all metrics."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as theirs
from scipy.special import expit, ndtr

from bench.methods.fitted import Answers as Given
from bench.methods.metrics import evaluate
from bench.metrics.labelled import LabelledPredictions
from bench.metrics.metric import Metric
from bench.metrics.table import METRICS, MULTI_LABEL_METRICS
from bench.report.content.wording import metric_words
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.frame import test_metrics as metrics_of
from bench.report.inputs.prediction_store import PredictionStore
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.sections import metrics as metrics_section
from bench.report.statistics.bootstrap import Draws, metric_difference, metric_interval, statistic
from bench.report.statistics.correctness import TestPredictions, TestSet
from bench.report.statistics.interval_frames import interval_frame
from bench.report.statistics.metrics import lower_is_better, metric_columns
from bench.report.statistics.points import Point
from bench.report.tables.metrics import at_largest_size, metrics_table
from bench.results import store
from bench.results.record import parse
from bench.results.scores import METRIC_FIELDS
from bench.results.store import RECORD
from tests.metrics.made_up import MADE_UP
from tests.report import simulate
from tests.report.blank import draw_blanks
from tests.report.statistics.answers import NODE_WEIGHTS, NODES, answers, at_accuracy, exactly, example_set

GOLDEN = Path(__file__).parents[1] / "results" / "golden"
OF_LABELS = [name for name, metric in METRICS.items() if not metric.needs_probabilities]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Metric:
    monkeypatch.setitem(METRICS, MADE_UP.name, MADE_UP)
    return MADE_UP


def test_every_metric_is_a_column_with_words() -> None:
    words = [metric_words(column) for column in metric_columns()]
    assert len(set(words)) == len({**METRICS, **MULTI_LABEL_METRICS})
    assert all(said.startswith("test ") for said in words)
    assert [column for column in metric_columns() if lower_is_better(column)] == [
        "test_loss",
        "test_brier",
        "test_hamming_loss",
    ]


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
    held = {name: value for name in METRICS if (value := measured.test.metric(name)) is not None}
    assert len(held) >= 9, "those that there were when it was made; later ones are not in it"
    found = metrics_of(measured.test)
    assert {name: found[f"test_{name}"] for name in held} == held


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


def test_answers_without_probabilities_have_no_interval_of_metrics_of_them() -> None:
    assert statistic("test_roc_auc") is statistic("test_loss") is statistic("num_test") is None
    grid = {Point("row", 2, 8): exactly([0.8, 0.9])}
    assert interval_frame(grid, "test_brier", Draws(20)).empty
    assert len(interval_frame(grid, "test_matthews_corrcoef", Draws(20))) == 1
    with pytest.raises(KeyError):
        interval_frame(grid, "num_test", Draws(20))


def probable(examples: TestSet, of_second: Any) -> TestPredictions:
    """Answers by these probabilities of the second of two labels."""
    labelled = LabelledPredictions.of_probabilities(np.stack([1 - of_second, of_second], axis=1), examples.labels)
    return TestPredictions(examples, labelled.predicted.astype(np.int16), probable=labelled)


def test_metrics_of_probabilities_are_covered() -> None:
    """Logits are normal around the label's: what ROC AUC and Brier score are expected to be is known."""
    random, size, held = np.random.default_rng(6), 200, []
    examples, draws, point = example_set(size), Draws(100), Point("row", 2, 8)
    sign = 2.0 * examples.labels - 1
    logits = 0.8 + np.sqrt(2) * NODES
    truth = {
        "test_roc_auc": float(ndtr(2 * 0.8 / 2)),
        "test_brier": float((2 * expit(-logits) ** 2) @ NODE_WEIGHTS / NODE_WEIGHTS.sum()),
        "test_loss": float(-np.log(expit(logits)) @ NODE_WEIGHTS / NODE_WEIGHTS.sum()),
    }
    for _ in range(100):
        hard = random.standard_normal(size)
        # the seeds' own spread is in the examples' noise, so that the sum of both has a variance of 2
        grid = {
            point: {
                seed: probable(examples, expit(sign * (0.8 + hard + random.standard_normal(size)))) for seed in range(3)
            }
        }
        frames = {column: interval_frame(grid, column, draws) for column in truth}
        held.append([frames[column].low[0] <= value <= frames[column].high[0] for column, value in truth.items()])
    assert set(frames["test_brier"].method) == {"variance_components"}
    assert set(frames["test_roc_auc"].method) == {"bootstrap"}
    assert (np.mean(held, axis=0) >= 0.88).all(), np.mean(held, axis=0)


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
    points = at_largest_size(summary_frame(cells))
    found = metrics_table(points, {(Point("minilm lora", 2, 128), "test_brier"): (0.2, 0.3)}).table
    assert found.header[:3] == ("row", "labels", "training examples")
    assert "Brier score (lower is better)" in found.header
    assert "Matthews correlation" in found.header
    assert not any("ROC" in head for head in found.header), "no record has one"
    assert [(str(line[0]), line[1], str(line[2])) for line in found.lines] == [
        ("minilm lora", 2, "128"), ("tfidf_sgd", 2, "128"), ("minilm lora", 5, "128"), ("tfidf_sgd", 5, "128"),
    ]  # fmt: skip
    brier = found.header.index("Brier score (lower is better)")
    assert [str(line[brier]) for line in found.lines] == ["0.250 [0.200, 0.300]", "", "0.250 ±0.000", ""]
    accuracy = cells.query("row == 'tfidf_sgd' and num_labels == 2 and train_size == 128")["test_accuracy"]
    assert str(found.lines[1][found.header.index("accuracy")]).startswith(f"{accuracy.mean():.3f} ±")


def scored(cell: Any) -> dict[str, float]:
    """A simulated record, written again with every metric of its predictions."""
    record = parse((cell.folder / RECORD).read_text())
    assert record.measurements is not None
    kept = pd.read_parquet(cell.folder / str(record.predictions_file)).query("split == 'test'")
    labels = [record.measurements.examples.labels.index(label) for label in kept["label"]]
    labelled = LabelledPredictions.of_probabilities(np.stack(list(kept["probabilities"])).astype(float), labels)
    ones = np.ones((1, len(labels)))
    values = {name: float(metric.drawn(labelled, ones)[0]) for name, metric in METRICS.items()}
    others = {name: value for name, value in values.items() if name not in METRIC_FIELDS}
    test = record.measurements.test.model_copy(update={"metrics": others, "loss": values["loss"]})
    simulate.changed(cell, test=test)
    return values


def of_page(page: Path) -> pd.DataFrame:
    return pd.read_csv(page.parent / "tables" / "metrics.csv").set_index("row")


def test_the_page_has_intervals_of_stored_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_blanks(monkeypatch)
    cells = simulated(tmp_path, num_labels=(3,), train_sizes=(32, 128))
    values = [scored(cell) for cell in cells if (cell.row, cell.train_size) == ("tfidf_sgd", 128)]
    page = write_report(cells, tmp_path / "report", ReportOptions("A title"))
    found, other = of_page(page).loc["tfidf_sgd"], of_page(page).loc["minilm lora"]
    for name, metric in METRICS.items():
        words = metric.label if metric.higher_is_better else f"{metric.label} (lower is better)"
        mean, low, high = (float(found[f"{words}_{part}"]) for part in ("mean", "low", "high"))
        assert mean == pytest.approx(np.mean([each[name] for each in values]), abs=6e-4)
        assert low < mean < high
    assert pd.isna(other["ROC AUC_mean"]), "its records have none"
    assert other["Matthews correlation_low"] < other["Matthews correlation_high"]


def test_a_big_grid_has_no_bootstrap_of_what_nothing_else_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_blanks(monkeypatch)
    cells = simulated(tmp_path, num_labels=(2,), train_sizes=(32, 128))
    monkeypatch.setattr(metrics_section, "MAX_WORK", 100)
    read: list[Any] = []
    monkeypatch.setattr(PredictionStore, "probable", lambda *given: read.append(given))
    for cell in cells:
        scored(cell)
    found = of_page(write_report(cells, tmp_path / "report", ReportOptions("A title"))).loc["tfidf_sgd"]
    assert found["accuracy_low"] < found["accuracy_mean"] < found["accuracy_high"]
    for name in ("Matthews correlation", "ROC AUC"):
        assert pd.notna(found[f"{name}_sd"])
        assert pd.isna(found.get(f"{name}_low"))
    assert not read


def test_an_answer_that_only_the_record_knows_as_a_label_is_read(tmp_path: Path) -> None:
    """A label without a test example is no label of the test set, and has probabilities all the same."""
    (cell,) = simulate.grid(tmp_path, [("minilm", "lora")], num_labels=(3,), train_sizes=(32,), seeds=(0,))
    labels = ["label 0", "label 1", "label 2"]
    frame = pd.DataFrame({
        "split": "test", "id": ["c", "a", "b"], "label": ["label 0", "label 2", "label 0"],
        "predicted": ["label 1", "label 2", "label 0"],
        "probabilities": [[0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [0.8, 0.1, 0.1]],
    })  # fmt: skip
    record = simulate.write(cell)
    assert record.measurements is not None
    scores = evaluate(np.asarray(frame["probabilities"].tolist()), [0, 2, 0], labels)
    examples = record.measurements.examples.model_copy(update={"num_test": 3})
    measured = record.measurements.model_copy(update={"test": scores, "examples": examples})
    record = store.write(cell.folder, record.model_copy(update={"measurements": measured}), frame)
    found = PredictionStore().probable(cell.folder, record)
    assert found is not None
    assert found.labelled.labels.tolist() == [2, 0, 0], "in the order of ids"
    assert found.labelled.predicted.tolist() == [2, 0, 1]
    assert [METRICS[name].of(found.labelled) for name in METRICS] == pytest.approx([scores.metric(n) for n in METRICS])


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
