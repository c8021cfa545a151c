from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bench.report.figures.scaling import row_offsets, scaling_curves
from bench.report.figures.scaling_marks import spread
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.published import published_for
from bench.report.statistics.curves import Curve
from bench.report.statistics.fitted_curves import fitted_curves
from bench.results.record import Status
from tests.report import simulate
from tests.report.studies import HUB
from tests.report.views import FLAT, SLOW, STEEP, TRIED, curves

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


def frame(tmp_path, status=lambda cell: Status.OK, rows=ROWS, **axes):
    cells = simulate.grid(tmp_path, rows, **axes)
    simulate.run(cells, status)
    return cells_frame(cells)


def curve(axes, row):
    return next(line for line in axes.lines if line.get_label() == row)


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def small_print(figure) -> str:
    return " ".join(figure.texts[1].get_text().split())


def hollow(axes) -> int:
    return sum(
        len(line.get_xdata())
        for line in axes.lines
        if line.get_marker() in "os" and line.get_markerfacecolor() == "white"
    )


def test_a_panel_a_label_count_with_axes_of_its_own(tmp_path):
    figure = scaling_curves(frame(tmp_path), "test_accuracy")
    assert [axes.get_title() for axes in figure.axes] == ["2 labels", "5 labels"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 2
    assert "Each panel has axes of its own." in small_print(figure)
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


def test_chance_is_the_most_frequent_labels_share(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2, 5))
    simulate.run(cells, unequal=True)
    figure = scaling_curves(cells_frame(cells), "test_accuracy")
    assert [axes.texts[0].get_text().split(" is")[0] for axes in figure.axes] == ["chance 0.75", "chance 0.8"]


def test_chance_far_below_everything_is_written_at_the_bottom(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "accuracy", lambda cell: 0.9 + cell.seed / 100)
    axes = scaling_curves(frame(tmp_path, num_labels=(5,)), "test_accuracy").axes[0]
    assert [text.get_text() for text in axes.texts] == ["chance 0.2 is below ↓"]
    assert axes.get_ylim()[0] > 0.2


def test_a_loss_above_one_is_on_the_axis(tmp_path):
    cells = frame(tmp_path, num_labels=(2,))
    axes = scaling_curves(cells.assign(test_loss=cells["test_loss"] + 2), "test_loss").axes[0]
    assert axes.get_ylim()[1] > 2.5


def test_bars_are_intervals_where_there_are_any(tmp_path):
    cells = frame(tmp_path, num_labels=(2,))
    summary = summary_frame(cells)
    intervals = summary[["row", "num_labels", "train_size"]].assign(
        low=summary["test_accuracy_mean"] - 0.2, high=0.97, method="variance_components", num_seeds=2
    )
    figure = scaling_curves(cells, "test_accuracy", intervals=intervals)
    axes = figure.axes[0]
    ends = np.concatenate([line.get_segments() for line in axes.collections if hasattr(line, "get_segments")])
    assert set(ends[:, 1, 1]) == {0.97}
    assert "95\u00a0% interval" in legend(figure)
    assert axes.get_ylim()[0] < intervals["low"].min()
    assert "mean ± SD over seeds" in legend(scaling_curves(cells, "test_accuracy"))


def carried_on(tmp_path, rows, **axes):
    """A figure of two rows, of which `rows` have fitted curves."""
    fits = fitted_curves(curves(rows)).at(2)
    found = {(row, 2): fit for row, fit in fits.items() if isinstance(fit, Curve)}
    cells = frame(tmp_path, num_labels=(2,), train_sizes=TRIED, **axes)
    figure = scaling_curves(cells, "test_accuracy", carried=found)
    return figure, [line for line in figure.axes[0].lines if line.get_label() == "_carried"], found


def test_fitted_curves_are_dashed_beyond_the_data_on_grey_ground(tmp_path):
    figure, lines, found = carried_on(tmp_path, {"minilm lora": STEEP, "tfidf_sgd": SLOW})
    assert [line.get_color() for line in lines] == [curve(figure.axes[0], row).get_color() for row, _ in found]
    for line, fit in zip(lines, found.values(), strict=True):
        offset = line.get_xdata()[0] / 512
        assert 0.9 < offset < 1.1
        assert line.get_xdata()[-1] / offset == pytest.approx(4 * 512)  # 16 times is allowed
        np.testing.assert_allclose(line.get_ydata(), fit.estimate(line.get_xdata() / offset))
    assert figure.axes[0].get_xlim()[1] >= max(line.get_xdata()[-1] for line in lines)
    assert "not tried" in [text.get_text() for text in figure.axes[0].texts]
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks[-2:] == ["1,024", "2,048"]
    assert "fitted curve beyond the data" in legend(figure)
    assert "at most 4 times that size" in small_print(figure)


def test_refused_curves_are_not_drawn(tmp_path):
    figure, lines, found = carried_on(tmp_path, {"minilm lora": FLAT})
    assert not found
    assert not lines
    assert "not tried" not in [text.get_text() for text in figure.axes[0].texts]
    assert "fitted curve beyond the data" not in legend(figure)


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


def with_published(tmp_path, experiment, rows, status=lambda cell: Status.OK, **axes):
    cells = simulate.grid(tmp_path, rows, published_as=HUB, **axes)
    simulate.run(cells, status)
    known = published_for(experiment, cells)
    return scaling_curves(cells_frame(cells), "test_accuracy", known), known.numbers


def diamonds(axes) -> list:
    return [line for line in axes.lines if line.get_label() == "_published"]


def test_published_numbers_are_hollow_diamonds_in_the_colour_of_our_row(tmp_path):
    rows = [("llama3_2_1b", "qlora"), ("minilm", "lora")]
    figure, numbers = with_published(
        tmp_path, "go_emotions_grid", rows, num_labels=(2, 16), train_sizes=(800, 1600, 2400)
    )
    llama = numbers.query("row == 'llama3_2_1b qlora' and num_labels == 16 and metric == 'test_accuracy'")
    axes = figure.axes[1]
    assert len(diamonds(axes)) == 4
    same = [line for line in diamonds(axes) if line.get_color() == curve(axes, "llama3_2_1b qlora").get_color()]
    np.testing.assert_allclose(same[0].get_ydata(), llama["value"])
    np.testing.assert_allclose(same[0].get_xdata(), curve(axes, "llama3_2_1b qlora").get_xdata())
    assert {line.get_marker() for line in diamonds(axes)} == {"D"}
    assert {line.get_markerfacecolor() for line in diamonds(axes)} == {"white"}
    names = legend(figure)
    assert "published (in its row's colour)" in names
    assert "A: gpt2-xl qlora (published)" in names
    tags = {text.get_text() for text in axes.texts}
    assert {"A", "B", "C"} <= tags
    assert "D" not in tags


def test_published_rows_whose_colour_is_another_rows_too_have_letters(tmp_path):
    rows = [("llama3_2_1b", "qlora"), *((f"model-{number}", "lora") for number in range(7))]
    axes = {"num_labels": (16,), "train_sizes": (800, 1600), "seeds": (0,)}
    figure, _ = with_published(tmp_path / "eight", "go_emotions_grid", rows, **axes)
    assert "A: llama3_2_1b qlora (published)" in legend(figure)
    assert "published (in its row's colour)" not in legend(figure)
    tag = next(text for text in figure.axes[0].texts if text.get_text() == "A")
    assert tag.get_color() == curve(figure.axes[0], "llama3_2_1b qlora").get_color()
    figure, _ = with_published(tmp_path / "seven", "go_emotions_grid", rows[:7], **axes)
    assert "published (in its row's colour)" in legend(figure)


def test_published_rows_that_did_not_run_widen_the_axes(tmp_path):
    figure, _ = with_published(
        tmp_path, "smoke/go_emotions_grid", [("minilm", "lora")], num_labels=(16,), train_sizes=(160, 790)
    )
    (axes,) = figure.axes  # no panel for label counts that are not ours
    low, high = axes.get_xlim()
    assert low < 160
    assert high > 2400
    assert axes.get_ylim()[0] < 0.0875
    assert [label.get_text() for label in axes.get_xticklabels()] == ["160", "790", "1,600", "2,400"]  # not 800 too


def test_published_numbers_are_drawn_where_nothing_of_ours_finished(tmp_path):
    figure, _ = with_published(
        tmp_path,
        "ag_news_llama",
        [("llama3_2_1b_instruct", "lora")],
        lambda cell: None,
        num_labels=(4,),
        train_sizes=(120_000,),
    )
    (axes,) = figure.axes
    values = np.concatenate([line.get_ydata() for line in diamonds(axes)])
    low, high = axes.get_ylim()
    assert low < min(values)
    assert max(values) < high


def test_the_baseline_is_black_thick_and_dashed_as_no_row_is(tmp_path):
    (axes,) = scaling_curves(frame(tmp_path, num_labels=(2,)), "test_accuracy", baseline="tfidf_sgd").axes
    base, other = curve(axes, "tfidf_sgd"), curve(axes, "minilm lora")
    assert base.get_color() == "#000000" != other.get_color()
    assert base.get_linewidth() > 1.5 * other.get_linewidth()
    assert base.is_dashed()
    assert not other.is_dashed()


def test_other_metrics_have_no_published_points(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, published_as=HUB, num_labels=(2,), train_sizes=(4, 8))
    simulate.run(cells)
    figure = scaling_curves(cells_frame(cells), "test_macro_f1", published_for("spam_scaling", cells))
    assert not diamonds(figure.axes[0])
    assert not any("published" in name for name in legend(figure))


def test_rows_without_training_examples_are_ticks_at_the_right_edge(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,))
    cells += simulate.grid(tmp_path, [("smollm2", "zero_shot")], num_labels=(2,), train_sizes=(0,), seeds=(0,))
    simulate.run(cells)
    frame_ = cells_frame(cells)
    figure = scaling_curves(frame_, "test_accuracy")
    (axes,) = figure.axes
    line = curve(axes, "smollm2 zero_shot")
    value = frame_.loc[frame_["row"] == "smollm2 zero_shot", "test_accuracy"].item()
    assert list(line.get_ydata()) == [value, value]
    assert list(line.get_xdata()) == pytest.approx([0.96, 1])  # parts of the panel's width
    assert line.get_transform() == axes.get_yaxis_transform()
    assert [label.get_text() for label in axes.get_xticklabels()] == ["32", "128", "512"]
    assert "smollm2 zero_shot (no training examples)" in legend(figure)
    assert "its uncertainty is not drawn" in " ".join(figure.texts[1].get_text().split())
    assert not axes.patches


def test_an_untrained_row_over_several_test_sets_has_its_deviation(tmp_path):
    cells = simulate.grid(tmp_path, [("smollm2", "zero_shot")], num_labels=(2,), train_sizes=(0,), seeds=(0, 1, 2))
    simulate.run(cells)
    figure = scaling_curves(cells_frame(cells), "test_accuracy")  # a grid with no sizes at all
    upright = [line for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1 < len(line.get_xdata())]
    assert len(upright) == 1
    assert "the line through it is ± SD" in " ".join(figure.texts[1].get_text().split())
    assert not figure.axes[0].get_xticklabels()


@pytest.mark.parametrize(("values", "places"), [([0.5, 0.1], [0.5, 0.1]), ([1.0, 1.0, 1.0], [0.9, 1.0, 1.1]), ([], [])])
def test_tags_are_moved_apart_no_further_than_needed(values, places):
    np.testing.assert_allclose(spread(values, 0.1), places)


def test_tags_keep_their_distance_and_order():
    values = [0.3, 0.31, 0.9, 0.35, 0.1]
    places = spread(values, 0.1)
    assert list(np.argsort(places)) == list(np.argsort(values))
    assert np.diff(sorted(places)).min() > 0.1 - 1e-9
    assert places[2] == 0.9
