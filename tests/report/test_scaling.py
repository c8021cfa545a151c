from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bench.report.frame import cells_frame, summary_frame
from bench.report.scaling import row_offsets, scaling_curves
from bench.results.record import Status
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


def frame(tmp_path, status=lambda cell: Status.OK, rows=ROWS, **axes):
    cells = simulate.grid(tmp_path, rows, **axes)
    simulate.run(cells, status)
    return cells_frame(cells)


def curve(axes, row):
    return next(line for line in axes.lines if line.get_label() == row)


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def hollow(axes) -> int:
    return sum(
        len(line.get_xdata())
        for line in axes.lines
        if line.get_marker() in "os" and line.get_markerfacecolor() == "white"
    )


def test_a_panel_a_label_count_on_one_scale(tmp_path):
    figure = scaling_curves(frame(tmp_path), "test_accuracy")
    assert [axes.get_title() for axes in figure.axes] == ["2 labels", "5 labels"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    for axes in figure.axes:
        assert axes.get_xscale() == "log"
        assert [label.get_text() for label in axes.get_xticklabels()] == ["32", "128", "512"]
        assert list(axes.get_xticks()) == [32, 128, 512]


def test_curves_go_through_the_means(tmp_path):
    cells = frame(tmp_path)
    summary = summary_frame(cells)
    axes = scaling_curves(cells, "test_accuracy").axes[1]
    expected = summary[(summary["row"] == "tfidf_sgd") & (summary["num_labels"] == 5)]["test_accuracy_mean"]
    np.testing.assert_allclose(curve(axes, "tfidf_sgd").get_ydata(), expected)


def test_every_single_seed_is_a_dot(tmp_path):
    cells = frame(tmp_path, lambda cell: Status.OOM if cell.seed and cell.train_size == 32 else Status.OK)
    axes = scaling_curves(cells, "test_accuracy").axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "."]
    drawn = np.concatenate([line.get_ydata() for line in dots])
    wanted = cells[cells["num_labels"] == 2]["test_accuracy"].dropna()
    assert sorted(drawn[~np.isnan(drawn)]) == sorted(wanted)


def test_points_with_missing_seeds_are_hollow(tmp_path):
    whole = scaling_curves(frame(tmp_path / "whole"), "test_accuracy")
    assert hollow(whole.axes[0]) == 0
    assert not any("hollow" in text for text in legend(whole))
    cells = frame(tmp_path / "half", lambda cell: None if cell.seed and cell.train_size == 32 else Status.OK)
    half = scaling_curves(cells, "test_accuracy")
    assert hollow(half.axes[0]) == 2
    assert any("hollow" in text for text in legend(half))


def test_a_line_does_not_bridge_a_size_without_results(tmp_path):
    cells = frame(tmp_path, lambda cell: Status.TIMEOUT if cell.train_size == 128 and cell.method else Status.OK)
    figure = scaling_curves(cells, "test_accuracy")
    assert list(np.isnan(curve(figure.axes[0], "minilm lora").get_ydata())) == [False, True, False]
    assert "A line is broken" in figure.texts[1].get_text()


def test_chance_is_drawn_for_accuracy_alone(tmp_path):
    cells = frame(tmp_path)
    axes = scaling_curves(cells, "test_accuracy").axes[1]
    assert [text.get_text() for text in axes.texts] == ["chance 0.2"]
    assert any(list(line.get_ydata()) == [0.2, 0.2] for line in axes.lines)
    assert axes.get_ylim()[0] < 0.2
    assert not scaling_curves(cells, "test_macro_f1").axes[1].texts


def test_no_finished_cell_says_so(tmp_path):
    figure = scaling_curves(frame(tmp_path, lambda cell: None), "test_macro_f1")
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["no finished cells"] * 2
    assert legend(figure) == ["minilm lora (no finished cells)", "tfidf_sgd (no finished cells)"]


def test_many_label_counts_wrap(tmp_path):
    cells = frame(tmp_path, num_labels=(2, 3, 4, 5, 6, 7, 8), train_sizes=(64, 128))
    figure = scaling_curves(cells, "test_accuracy")
    figure.canvas.draw()
    assert len(figure.axes) == 7
    lines = {round(axes.get_position().y0, 2) for axes in figure.axes}
    columns = {round(axes.get_position().x0, 2) for axes in figure.axes}
    assert (len(lines), len(columns)) == (3, 3)


def test_crowded_sizes_are_written_upright(tmp_path):
    sizes = (4, 8, 16, 32, 64, 128, 256, 384, 512, 768, 1024)
    axes = scaling_curves(frame(tmp_path, num_labels=(2,), train_sizes=sizes), "test_accuracy").axes[0]
    assert {label.get_rotation() for label in axes.get_xticklabels()} == {90}


@pytest.mark.parametrize("sizes", [[100], [800, 1600, 2400], [4, 8, 1024]])
def test_rows_stand_apart_and_stay_nearer_to_their_size_than_to_the_next(sizes):
    rows = [f"row {number}" for number in range(16)]
    offsets = row_offsets(rows, sizes, width=4.0)
    assert len(set(offsets.values())) == 16
    for low, high in pairwise(sizes):
        assert low * max(offsets.values()) < high * min(offsets.values())


def test_legend_and_small_print_hide_no_data(tmp_path):
    rows = [(f"organisation/model-{number}", "lora") for number in range(20)]
    figure = scaling_curves(frame(tmp_path, rows=rows), "test_accuracy")
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    others = [text.get_window_extent(renderer) for text in figure.texts]
    box = figure.legends[0].get_window_extent(renderer)
    for axes in figure.axes:
        panel = axes.get_tightbbox(renderer)
        assert not panel.overlaps(box)
        assert not any(panel.overlaps(other) for other in others)
    assert not any(box.overlaps(other) for other in others)
    assert box.x1 <= figure.bbox.x1
    assert box.y0 >= 0
