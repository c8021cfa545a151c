import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from bench.report.figures import style
from bench.report.figures.heatmap import colour_scale, heatmap
from bench.report.figures.heatmap_cells import (
    BEST,
    BRIEF_HEIGHT,
    BRIEF_SIZE,
    BRIEF_WIDTH,
    Box,
    Number,
    Shade,
    luminance,
)
from bench.report.figures.heatmap_means import draw_means
from bench.report.figures.scaling import scaling_curves
from bench.report.inputs.frame import cells_frame
from bench.results.record import Status
from tests.report import simulate

ROWS = [("tfidf_sgd", None), ("minilm", "lora"), ("minilm", "linear_probe")]


def draw(tmp_path, status=lambda cell: Status.OK, metric="test_accuracy", **axes):
    cells = simulate.grid(tmp_path, ROWS, **axes)
    simulate.run(cells, status)
    return heatmap(cells_frame(cells), metric)


def texts(figure) -> list[str]:
    return [text.get_text() for text in [*figure.texts, *figure.axes[0].texts]]


def hatched(figure, kind) -> list:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, kind) and patch.get_hatch()]


def test_a_whole_grid_shows_means_and_deviations_and_nothing_hatched(tmp_path):
    cells = simulate.grid(tmp_path, ROWS)
    simulate.run(cells)
    frame = cells_frame(cells)
    shown = texts(figure := heatmap(frame, "test_accuracy"))
    seeds = frame.query("row == 'minilm lora' and num_labels == 2 and train_size == 32")["test_accuracy"]
    assert f"{seeds.mean():.2f}" in shown
    assert sum(text.startswith("±") for text in shown) == 18
    assert not any("of 2 seeds" in text for text in shown)
    assert not hatched(figure, (Rectangle, Polygon))


def test_headers_title_and_bar_say_what_it_is(tmp_path):
    figure = draw(tmp_path, metric="test_macro_f1")
    shown = texts(figure)
    assert {"2 labels", "5 labels", "training examples", "32", "128", "512"} <= set(shown)
    assert "Test macro F1 on bbc_headlines" in shown
    note = " ".join(figure.texts[1].get_text().split())
    assert "± is the standard deviation over seeds" in note
    assert "n = 200 examples" in note
    assert figure.axes[1].get_ylabel() == "test macro F1"


def test_gaps_are_words_on_hatched_grey(tmp_path):
    def status(cell):
        if cell.row != "minilm lora":
            return Status.OK
        return {32: None, 128: Status.OOM, 512: [Status.ERROR, None][cell.seed]}[cell.train_size]

    figure = draw(tmp_path, status, num_labels=(2,))
    shown = texts(figure)
    assert {"not run", "out of memory", "1 error\n1 not run"} <= set(shown)
    assert len(hatched(figure, Rectangle)) == 3
    assert sum(text.startswith("±") for text in shown) == 6


def test_missing_seeds_are_said_and_marked(tmp_path):
    figure = draw(tmp_path, lambda cell: Status.OOM if cell.seed and cell.train_size == 32 else Status.OK)
    assert texts(figure).count("1 of 2 seeds") == 6
    assert len(hatched(figure, Polygon)) == 6
    dashed = [patch for patch in figure.axes[0].patches if not patch.get_fill()]
    assert len(dashed) == 6


def test_an_unusual_number_of_seeds_is_said(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,), seeds=(0, 1, 2))
    cells = [cell for cell in cells if not (cell.model == "tfidf_sgd" and cell.seed == 2)]
    simulate.run(cells)
    shown = texts(figure := heatmap(cells_frame(cells), "test_accuracy"))
    assert sum(text.endswith("\n2 seeds") for text in shown) == 3
    assert not hatched(figure, Polygon)


def test_one_seed_shows_no_deviation(tmp_path):
    shown = texts(draw(tmp_path, seeds=(0,)))
    assert shown.count("1 seed") == 18
    assert not any(text.startswith("±") for text in shown)


def test_points_that_were_never_planned_are_not_called_missing(tmp_path):
    cells = [cell for cell in simulate.grid(tmp_path, ROWS) if cell.method != "lora" or cell.train_size == 32]
    shown = texts(heatmap(cells_frame(cells), "test_accuracy"))
    assert shown.count("not in\nthe grid") == 4
    assert shown.count("not run") == 14


def test_no_finished_cell_still_draws_the_gaps(tmp_path):
    figure = draw(tmp_path, lambda cell: None)
    assert texts(figure).count("not run") == 18
    assert len(figure.axes) == 1  # no colour bar: nothing is coloured


def test_baselines_are_at_the_bottom(tmp_path):
    axes = draw(tmp_path).axes[0]
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert heights["minilm lora"] < heights["minilm linear_probe"] < heights["tfidf_sgd"]


def test_rows_have_one_colour_and_marker_in_all_figures(tmp_path):
    cells = simulate.grid(tmp_path, ROWS)
    simulate.run(cells)
    frame = cells_frame(cells)
    part = frame[frame["row"] != "minilm lora"]  # a figure of fewer rows
    looks = []
    for source in (frame, part):
        lines = heatmap(source, "test_accuracy").axes[0].lines
        looks.append({line.get_label(): (to_hex(line.get_color()), line.get_marker()) for line in lines})
        for metric in ("test_accuracy", "test_macro_f1"):
            legend = scaling_curves(source, metric).legends[0]
            handles = zip(legend.get_texts(), legend.legend_handles, strict=True)
            looks.append({text.get_text(): (to_hex(line.get_color()), line.get_marker()) for text, line in handles})
    for row in ("minilm linear_probe", "tfidf_sgd"):
        assert len({look[row] for look in looks}) == 1
    assert len({look for row, look in looks[0].items() if not row.startswith("_")}) == 3


def test_text_has_contrast_on_every_cell(tmp_path):
    axes = draw(tmp_path, num_labels=(2, 4, 8, 16), train_sizes=(16, 64, 2048)).axes[0]
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    means = [text for text in axes.texts if text.get_text().startswith(("0.", "1."))]
    assert len(boxes) == len(means) == 36
    for box, mean in zip(boxes, means, strict=True):
        light, dark = sorted([luminance(box.get_facecolor()), luminance(mean.get_color())], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_small_differences_are_not_blown_up():
    scale = colour_scale(cells_frame([])["test_accuracy"])
    assert (scale.vmin, scale.vmax) == (0, 1)
    scale = colour_scale(pd.Series([0.955, 0.962, float("nan")]))
    assert (scale.vmin, scale.vmax) == (0.8, 1.0)


@pytest.mark.parametrize("count", [3, 20])
def test_nothing_is_cut_or_overlaps_the_labels(tmp_path, count):
    names = [(f"organisation/a-rather-long-model-name-{number}-instruct", "linear_probe") for number in range(count)]
    cells = simulate.grid(tmp_path, names, num_labels=(2, 4, 8, 16))
    figure = heatmap(cells_frame(cells), "test_accuracy")
    renderer = FigureCanvasAgg(figure).get_renderer()
    for text in [*figure.texts, *figure.axes[0].texts]:
        box = text.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_a_figure_takes_one_data_set(tmp_path):
    cells = [cell for data in "ab" for cell in simulate.grid(tmp_path, ROWS, data=data)]
    with pytest.raises(ValueError, match="one data set"):
        heatmap(cells_frame(cells), "test_accuracy")


def test_the_callers_matplotlib_settings_stay(tmp_path):
    before = dict(matplotlib.rcParams)
    style.save(draw(tmp_path), tmp_path, "figure")
    assert dict(matplotlib.rcParams) == before


def mixed(tmp_path, status=lambda cell: Status.OK, **untrained):
    cells = simulate.grid(tmp_path, ROWS)
    cells += simulate.grid(tmp_path, [("smollm2", "zero_shot")], train_sizes=(0,), **({"seeds": (0,)} | untrained))
    simulate.run(cells, status)
    return cells_frame(cells)


def test_rows_without_training_examples_have_one_cell_across_all_sizes(tmp_path):
    frame = mixed(tmp_path)
    figure = heatmap(frame, "test_accuracy")
    shown = texts(figure)
    assert shown.count("no training examples") == 2  # once a label count
    assert not any(text in ("not run", "not in\nthe grid", "0") for text in shown)
    wide = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle) and patch.get_width() > 2]
    assert len(wide) == 2
    value = frame.query("row == 'smollm2 zero_shot' and num_labels == 2")["test_accuracy"].item()
    assert f"{value:.2f}" in shown
    assert "1 seed" not in shown
    assert "A cell across all sizes uses no training examples." in " ".join(figure.texts[1].get_text().split())


def test_their_spread_and_their_failures_are_shown_as_others_are(tmp_path):
    shown = texts(heatmap(mixed(tmp_path / "spread", seeds=(0, 1)), "test_accuracy"))
    assert sum(text.startswith("±") and text.endswith("\nno training examples") for text in shown) == 2
    figure = heatmap(
        mixed(tmp_path / "out of memory", lambda cell: Status.OK if cell.train_size else Status.OOM), "test_accuracy"
    )
    assert texts(figure).count("out of memory") == 2
    assert all(patch.get_width() > 2 for patch in hatched(figure, Rectangle))


def test_a_grid_without_any_training_examples_has_one_column(tmp_path):
    cells = simulate.grid(tmp_path, [("smollm2", "zero_shot"), ("gpt-4", None)], num_labels=(4,), train_sizes=(0,))
    simulate.run(cells)
    shown = texts(heatmap(cells_frame(cells), "test_accuracy"))
    assert shown.count("0") == 1
    assert sum("no training\nexamples" in text for text in shown) == 2


def test_a_row_with_and_without_training_examples_keeps_both(tmp_path):
    cells = simulate.grid(tmp_path, [("a", "lora")], num_labels=(2,), train_sizes=(0, 32), seeds=(0,))
    simulate.run(cells)
    shown = texts(heatmap(cells_frame(cells), "test_accuracy"))
    assert {"0", "32", "no training\nexamples", "1 seed"} <= set(shown)


def test_a_big_grid_has_small_cells_with_every_mean_as_text(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.figures.heatmap.MAX_SMALL_PRINT", 3)
    cells = simulate.grid(tmp_path, ROWS)
    left_out = {32: None, 128: Status.OOM}

    def status(cell):
        if cell.row == "minilm lora":
            return left_out.get(cell.train_size, Status.OK)
        return Status.OK if cell.seed or cell.train_size > 32 else Status.OOM

    simulate.run(cells, status)
    frame = cells_frame(cells)
    marks = {("tfidf_sgd", 2, 512): BEST}
    figure = heatmap(frame, "test_accuracy", marks)
    assert figure.get_size_inches()[0] < 7
    assert {"not run", "out of\nmemory"} <= set(texts(figure))
    assert len([patch for patch in hatched(figure, Polygon) if not isinstance(patch, Rectangle)]) == 4  # seeds missing
    note = " ".join(figure.texts[1].get_text().split())
    assert "Deviations and numbers of seeds are in the tables." in note
    _, svg = style.save(figure, tmp_path, "brief")
    found = re.findall(r">([★☆]|\d\.\d\d)<", svg.read_text())
    means = frame.groupby(["row", "num_labels", "train_size"], observed=True)["test_accuracy"].mean().dropna()
    assert sorted(found[: len(means) + 1]) == sorted([BEST, *(f"{mean:.2f}" for mean in means)])


def test_a_big_grid_without_a_finished_cell_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.figures.heatmap.MAX_SMALL_PRINT", 3)
    figure = draw(tmp_path, lambda cell: None)
    assert texts(figure).count("not run") == 18
    assert style.save(figure, tmp_path, "brief")[1].stat().st_size > 0


def test_words_of_a_big_grid_are_in_the_middle_of_their_cells(tmp_path):
    figure = Figure(figsize=(2, 1))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 2), ylim=(1, 0))
    shade = Shade(matplotlib.colormaps["viridis"], Normalize(0, 1))
    box = Box(0.5, 0.3, BRIEF_WIDTH, BRIEF_HEIGHT)
    draw_means(axes, [(box, Number(0.0, 0.0, 1, 1))], shade)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    grey = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    white = (grey > 200).all(axis=2)  # the text, and what is around the cell
    rows, columns = np.nonzero(white[33:59, 54:102])  # inside the cell
    assert abs(rows.mean() + 33.5 - 100 * box.centre) < 2
    assert abs(columns.mean() + 54.5 - 100 * box.middle) < 2
    _, svg = style.save(figure, tmp_path, "one")
    (place,) = re.findall(r"translate\(([\d.]+) ([\d.]+)\)[^>]*>0.00<", svg.read_text())
    half = style.text_width("0.00", BRIEF_SIZE) / 2
    assert float(place[0]) / 72 + half == pytest.approx(box.middle, abs=0.02)
    assert 0.03 < float(place[1]) / 72 - box.centre < 0.07  # half of a digit's height, for a text stands on its line
