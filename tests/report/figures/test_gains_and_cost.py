"""Differences to the baseline, cost, label counts."""

import numpy as np
import pytest

from bench.report.figures import style
from bench.report.figures.cost import cost_notes, cost_table, log_ticks, score_and_cost
from bench.report.figures.differences import NO_BASELINE, less_baseline
from bench.report.figures.label_counts import shared_sizes
from bench.report.figures.training_curves import MAX_POINTS, curve_points
from bench.report.inputs.frame import COSTS, cells_frame, summary_frame
from bench.report.inputs.records import measured_points, read_records
from bench.report.statistics.baseline import baseline
from bench.report.statistics.ceilings import costs_of
from bench.report.statistics.costs import cost_points, pareto
from bench.report.statistics.decision import budgets, training_costs
from bench.results.measurements import Fused
from bench.results.record import Status
from tests.report import simulate
from tests.report.statistics.answers import exactly, grid_of

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


def framed(tmp_path, rows=ROWS, status=lambda cell: Status.OK, **axes):
    cells = simulate.grid(tmp_path, rows, **axes)
    simulate.run(cells, status)
    return cells_frame(cells)


def test_the_baseline_is_the_first_row_that_trains_without_a_method(tmp_path):
    cells = simulate.grid(tmp_path, [("m", "lora"), ("tfidf_sgd", None), ("tfidf_sgd ngram_max=2", None)])
    cells += simulate.grid(tmp_path, [("gpt-4", None)], train_sizes=(0,))
    assert baseline(cells_frame(cells)) == "tfidf_sgd"
    assert baseline(cells_frame(cells[:6])) is None


def test_differences_are_seed_by_seed(tmp_path):
    cells = framed(
        tmp_path, status=lambda cell: Status.OOM if cell.method is None and cell.train_size == 32 else Status.OK
    )
    found = less_baseline(cells, "test_accuracy", "tfidf_sgd").set_index(["num_labels", "train_size", "seed"])
    known = cells.set_index(["row", "num_labels", "train_size", "seed"])["test_accuracy"]
    place = (5, 128, 1)
    wanted = known["minilm lora", *place] - known["tfidf_sgd", *place]
    assert found.loc[place, "test_accuracy"] == pytest.approx(wanted)
    assert set(found.xs(32, level="train_size")["status"]) == {NO_BASELINE}
    assert set(found["row"]) == {"minilm lora"}


def test_rows_without_training_are_compared_at_every_size(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,))
    cells += simulate.grid(tmp_path, [("m", "zero_shot")], num_labels=(2,), train_sizes=(0,), seeds=(0,))
    simulate.run(cells)
    found = less_baseline(cells_frame(cells), "test_accuracy", "tfidf_sgd")
    assert sorted(found.loc[found["row"] == "m zero_shot", "train_size"]) == [32, 128, 512]


def test_the_pareto_front():
    points = [(1, 0.5), (2, 0.5), (2, 0.7), (3, 0.7), (3, 0.9), (float("nan"), 1.0), (1, 0.5)]
    assert pareto(points) == [True, False, True, False, True, False, True]


def test_costs_are_means_of_a_seed(tmp_path):
    cells = framed(tmp_path)
    cells["device"] = "A GPU"
    points = cost_points(summary_frame(cells), cells, price=2.0)
    assert len(points) == 12
    assert points["money"].tolist() == pytest.approx((points["total_seconds"] / 1800).tolist())
    header = cost_table(points).table.header
    assert ("GPU-hours" in header, "price" in header, "energy (Wh)" in header) == (True, True, False)
    cells["energy_joules"] = 7200.0
    points = cost_points(summary_frame(cells), cells, price=2.0)
    assert set(points["energy_wh"]) == {2.0}
    assert "energy (Wh)" in cost_table(points).table.header
    cells["device"] = "cpu"
    assert cost_points(summary_frame(cells), cells, price=2.0)["money"].isna().all()


def test_the_memory_of_a_fused_stack_is_not_a_cells(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,))
    simulate.run(cells)
    for cell in cells:
        if cell.method is not None:
            simulate.changed(cell, fused=Fused(cells=4))
    frame = cells_frame(cells)
    fused = frame["method"].notna()
    assert frame.loc[fused, ["peak_memory_bytes", "peak_memory_of"]].isna().all(axis=None)
    assert set(frame.loc[~fused, "peak_memory_of"]) == {"process"}
    points = cost_points(summary_frame(frame), frame, price=None)
    made = cost_table(points).table
    column = made.header.index("peak memory (GiB)")
    assert [line[column] == "" for line in made.lines] == [line[0] == "minilm lora" for line in made.lines]
    (note,) = cost_notes(points, frame)
    assert note.startswith("Cells of minilm lora were trained in one stack")


def test_costs_have_a_panel_a_label_count_with_a_front_and_a_baseline_of_its_own(tmp_path):
    cells = framed(tmp_path, num_labels=(2, 4, 5))
    points = cost_points(summary_frame(cells), cells, price=None)
    figure = score_and_cost(points, list(cells["row"].cat.categories), "bbc_headlines", baseline="tfidf_sgd")
    assert [axes.get_title() for axes in figure.axes] == ["2 labels", "4 labels", "5 labels"]
    for axes, (_, some) in zip(figure.axes, points.groupby("num_labels"), strict=True):
        (step,) = (line for line in axes.lines if line.get_label() == "Pareto front")
        on_it = some[pareto(zip(some["train_seconds"], some["score"], strict=True))].sort_values("train_seconds")
        assert list(step.get_xdata())[:-1] == list(on_it["train_seconds"])
        assert list(step.get_ydata())[:-1] == list(on_it["score"])
        black = [line for line in axes.lines if line.get_color() == style.BASELINE.colour]
        assert [len(line.get_xdata()) for line in black] == [3]


def test_costs_are_of_the_metric_that_is_asked_for(tmp_path):
    cells = framed(tmp_path, num_labels=(2,))
    summary = summary_frame(cells)
    points = cost_points(summary, cells, None, "test_macro_f1")
    made = cost_table(points, metric="macro F1").table
    assert "macro F1" in made.header
    assert points["score"].tolist() == summary.loc[points.index, "test_macro_f1_mean"].tolist()
    figure = score_and_cost(points, list(cells["row"].cat.categories), "bbc", metric="macro F1")
    assert "test macro F1" in {figure.get_supylabel(), *(text.get_text() for text in figure.texts)}


def test_answers_made_elsewhere_have_no_speed_and_are_on_no_front(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,))
    elsewhere = simulate.grid(tmp_path, [("gpt-4", None)], num_labels=(2,), train_sizes=(0,), seeds=(0, 1))
    cells += elsewhere
    simulate.run(cells)
    for cell in elsewhere:
        simulate.made_elsewhere(cell)
    frame = cells_frame(cells)
    line = frame[frame["row"] == "gpt-4"]
    assert line["test_accuracy"].notna().all()
    assert line[list(COSTS)].isna().all(axis=None)
    points = cost_points(summary_frame(frame), frame, price=None)
    assert "gpt-4" not in set(points["row"])
    assert "gpt-4" not in {line[0] for line in cost_table(points).table.lines}
    assert cost_notes(points, frame) == ["Not shown, for what answers made elsewhere cost is not known: gpt-4."]
    assert not any(row == "gpt-4" for row, _, _ in training_costs(costs_of(points)))
    rows = {"gpt-4": [0.9, 0.91], "tfidf_sgd": [0.9, 0.905]}
    grid = grid_of({(row, 2, 0 if row == "gpt-4" else 32): exactly(shares) for row, shares in rows.items()})
    for found in budgets(grid, training_costs(costs_of(points))):
        assert found.cheapest is None or found.cheapest.row != "gpt-4"


@pytest.mark.parametrize(("low", "high"), [(0.02, 0.021), (1, 10), (3, 800), (0.001, 1e7), (5.1, 5.2)])
def test_ticks_are_few_and_inside(low, high):
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 6
    assert all(low * 0.9 <= tick <= high * 1.1 for tick in ticks)


def test_sizes_with_several_label_counts(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2, 5), train_sizes=range(10, 110, 10))
    cells += simulate.grid(tmp_path, ROWS, num_labels=(2,), train_sizes=(5, 2000))
    assert shared_sizes(cells_frame(cells)) == [10, 30, 50, 60, 80, 100]
    assert shared_sizes(cells_frame(cells[-8:])) == []


def test_training_curves_are_bounded(tmp_path):
    rows = [(f"m{number}", "lora") for number in range(5)]
    cells = simulate.grid(tmp_path, rows, num_labels=(2, 3, 4, 8), train_sizes=(32,), seeds=(0,))
    simulate.run(cells, max_length=64)
    points = curve_points(measured_points(read_records(cells), "bbc_headlines"))
    assert len(points) <= MAX_POINTS
    assert {point.num_labels for point in points} == {2, 8}
    assert np.isfinite([one.test.accuracy for seeds in points.values() for one in seeds.values()]).all()


def test_the_pareto_front_is_what_nothing_dominates():
    random = np.random.default_rng(0)
    points = [(float(cost), float(gain)) for cost, gain in random.integers(0, 8, (200, 2))]
    for (cost, gain), is_on_it in zip(points, pareto(points), strict=True):
        assert is_on_it == (not any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in points))
