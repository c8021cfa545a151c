from types import SimpleNamespace

import numpy as np
import pytest

from bench.kind import MULTI_LABEL
from bench.report.figures.before_after import before_and_after, gains_table, sets_shown, trained_points
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.sections.before_after import section
from bench.report.statistics.metrics import labels_are
from bench.results.record import Status
from bench.results.store import RECORD
from tests.report import simulate, simulate_sets

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


def summary(tmp_path, rows=ROWS, max_length=64, **axes):
    cells = simulate.grid(tmp_path, rows, **axes)
    simulate.run(cells, max_length=max_length)
    return summary_frame(cells_frame(cells))


def drawn(axes, label):
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_label() == label]


def test_only_rows_that_train_step_by_step_have_a_before(tmp_path):
    points = trained_points(summary(tmp_path))
    assert set(points["row"]) == {"minilm lora"}
    assert len(points) == 6
    assert trained_points(summary(tmp_path / "old", max_length=None)).empty


def test_of_several_labels_it_is_average_precision_that_is_compared(tmp_path):
    """And the rules before and after, by which labels are given, are said."""
    cells = simulate.grid(tmp_path, ROWS, num_labels=(3,), train_sizes=(32,))
    simulate_sets.run(cells)
    with labels_are(MULTI_LABEL):
        points = trained_points(summary_frame(cells_frame(cells)))
        figure = before_and_after(points, "title", "note")
        view = SimpleNamespace(kind=MULTI_LABEL, summary=points, data_name="texts", draw=lambda *_: None, name_of=str)
        made = section(view)
    assert "a probability of a half\nfor each label" in {text.get_text() for text in figure.legends[0].texts}
    assert drawn(figure.axes[0], "_before") == [pytest.approx(points.iloc[0]["before_test_average_precision_mean"])]
    assert not [line for line in figure.axes[0].lines if line.get_marker() == "|"], "chance is not known"
    assert "a probability of a half or more" in made.paragraphs[0]


def test_many_points_are_reduced_to_the_largest_sizes_and_the_test_set(tmp_path):
    rows = [(f"model-{number}", "lora") for number in range(3)]
    points = trained_points(summary(tmp_path, rows, seeds=(0,)))
    assert len(points) == 6
    assert set(points["train_size"]) == {512}
    assert sets_shown(points) == ["test"]
    assert sets_shown(points[:4]) == ["train", "validation", "test"]


def test_chance_is_the_most_frequent_label_of_each_set(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,), train_sizes=(32,))
    simulate.run(cells, max_length=64, unequal=True)
    points = trained_points(summary_frame(cells_frame(cells)))
    accuracy, loss = before_and_after(points, "A title", "A note").axes[:2]
    assert {line.get_xdata()[0] for line in accuracy.lines if line.get_marker() == "|"} == {0.75}
    assert {line.get_xdata()[0] for line in loss.lines if line.get_marker() == "|"} == {np.log(2)}


def test_the_figure_goes_from_before_to_after(tmp_path):
    points = trained_points(summary(tmp_path, num_labels=(2,), train_sizes=(32,)))
    figure = before_and_after(points, "A title", "A note")
    accuracy, loss = figure.axes
    point = points.iloc[0]
    for axes, measure in ((accuracy, "accuracy"), (loss, "loss")):
        sets = ("train", "validation", "test")
        np.testing.assert_allclose(drawn(axes, "_before"), [point[f"before_{name}_{measure}_mean"] for name in sets])
        np.testing.assert_allclose(drawn(axes, "_after"), [point[f"{name}_{measure}_mean"] for name in sets])
    assert "2 labels, 32 examples: validation" in [text.get_text() for text in accuracy.texts]


def test_the_table_gives_the_gain_and_the_confidence(tmp_path):
    points = trained_points(summary(tmp_path, num_labels=(2,), train_sizes=(32,)))
    header, _, *lines = gains_table(points).split("\n")
    assert "confidence before | confidence after" in header
    assert len(lines) == 3
    point = points.iloc[0]
    before, after = point["before_test_accuracy_mean"], point["test_accuracy_mean"]
    test = next(line for line in lines if "| test |" in line)
    assert f"| {before:.3f} ±{point['before_test_accuracy_sd']:.3f} | {after:.3f} " in test
    assert f"| {after - before:+.3f} |" in test
    assert "| 0.900 ±0.000 |" in test
    assert test.endswith("| 2 seeds |")


def test_records_without_confidence_or_loss_have_neither(tmp_path):
    cells = simulate.grid(tmp_path, [("minilm", "lora")], num_labels=(2,), train_sizes=(32,), seeds=(0,))
    record = simulate.write(cells[0], max_length=64)
    measured = record.measurements

    def bare(scores):
        return scores.model_copy(update={"mean_confidence": None, "loss": None})

    before = measured.before.model_copy(update={"train": None, "validation": None, "test": bare(measured.before.test)})
    changes = {"before": before, "test": bare(measured.test), "train": None}
    odd = record.model_copy(update={"measurements": measured.model_copy(update=changes)})
    (cells[0].folder / RECORD).write_text(odd.to_json())
    frame = cells_frame(cells)
    assert list(frame["status"]) == [Status.OK.value]
    points = trained_points(summary_frame(frame))
    header, _, *lines = gains_table(points).split("\n")
    assert "confidence" not in header
    assert len(lines) == 1
    before_and_after(points, "A title", "A note").draw_without_rendering()
