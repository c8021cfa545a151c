import numpy as np
import pytest

from bench.report.figures.label_counts import label_count_curves
from bench.report.inputs.frame import cells_frame, summary_frame
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture
def cells(tmp_path):
    found = simulate.grid(tmp_path, ROWS, num_labels=(2, 4), train_sizes=(64, 256))
    simulate.run(found, num_test=60)
    return cells_frame(found)


def test_a_panel_a_size_with_a_curve_through_the_means(cells):
    figure = label_count_curves(cells, "test_accuracy")
    assert [axes.get_title() for axes in figure.axes] == ["64 training examples", "256 training examples"]
    points = summary_frame(cells).query("row == 'tfidf_sgd' and train_size == 256")
    line = next(line for line in figure.axes[1].lines if line.get_marker() == "s")
    np.testing.assert_allclose(line.get_ydata(), points["test_accuracy_mean"])


def test_bars_are_intervals_where_there_are_any(cells):
    summary = summary_frame(cells)
    known = summary[["row", "num_labels", "train_size"]].assign(
        low=summary["test_accuracy_mean"] - 0.2, high=2.0, method="variance_components", num_seeds=2
    )
    figure = label_count_curves(cells, "test_accuracy", known)
    assert {bars.get_segments()[0][1, 1] for axes in figure.axes for bars in axes.collections} == {2.0}
    assert "95\u00a0% interval" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert "intervals over new seeds and new test examples" in " ".join(figure.texts[1].get_text().split())


def test_one_label_count_has_no_figure(cells):
    assert label_count_curves(cells[cells["num_labels"] == 2], "test_accuracy") is None
