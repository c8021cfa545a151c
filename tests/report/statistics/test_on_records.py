"""The statistics on whole simulated studies, as a report would ask for them."""

import pytest

from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.read_predictions import read_predictions
from bench.report.inputs.records import read_records
from bench.report.statistics.bootstrap import Draws
from bench.report.statistics.ceilings import costs_of
from bench.report.statistics.correctness import places, rows_at
from bench.report.statistics.costs import cost_points
from bench.report.statistics.curves import Curve, Refusal, fit_curve, observed
from bench.report.statistics.decision import budgets, crossing, training_costs
from bench.report.statistics.equivalence import Equivalence, equivalence
from bench.report.statistics.interval_frames import difference_frame, interval_frame
from bench.report.statistics.ranks import rank_rows, task_scores
from bench.report.statistics.significance import Verdicts
from bench.report.statistics.targets import examples_needed
from bench.report.statistics.ties import rank_ranges
from tests.report import simulate, studies

SMALL = [("minilm", "lora"), ("minilm", "linear_probe"), ("tfidf_sgd", None)]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    expected = studies.go_emotions_grid(tmp_path_factory.mktemp("study"), num_labels=(2, 16))
    found = read_records(expected)
    cells, read = cells_frame(expected, found), read_predictions(found)
    assert not read.unreadable
    return cells, read.grids["go_emotions"]


def test_every_point_has_an_answer(study):
    cells, grid = study
    costs = training_costs(costs_of(cost_points(summary_frame(cells), cells, None)))
    at = (cells["row"] == "minilm linear_probe") & (cells["num_labels"] == 2) & (cells["train_size"] == 800)
    assert at.sum() == 3
    assert costs["minilm linear_probe", 2, 800] == pytest.approx(cells.loc[at, "train_seconds"].mean())
    assert ("gpt2_xl qlora", 16, 800) not in costs  # all of its seeds failed
    found = budgets(grid, costs)
    assert [(one.standing.num_labels, one.standing.train_size) for one in found] == list(places(grid))
    for one in found:
        assert one.cheapest.seconds <= one.cheapest.seconds_of_best
        assert (one.needed is None) == (not one.standing.tied)
        at_largest = one.standing.train_size == 2400
        assert one.standing.fewer_seeds == ({"gemma3_1b qlora": 2} if at_largest else {})


def test_every_table_can_be_had(study):
    _, grid = study
    draws = Draws(50)
    assert len(interval_frame(grid, "test_accuracy", draws)) == len(grid)
    assert len(interval_frame(grid, "test_macro_f1", draws)) == len(grid)
    apart = difference_frame(grid, "tfidf_sgd", "test_accuracy", draws)
    assert set(apart["row"]) == {point.row for point in grid} - {"tfidf_sgd"}
    decisive = apart["chosen_p"].astype(float).fillna(apart["p"])  # planned, so corrected for the choice alone
    assert (apart["is_significant"] == (decisive < 0.05) & apart["decides"]).all()
    assert (apart.loc[apart["choices"] > 1, "chosen_p"] >= apart.loc[apart["choices"] > 1, "p"]).all()
    assert 0 < (apart["choices"] > 1).sum() <= len(list(places(grid)))
    rows = rows_at(grid, 2, 800)
    ranges = rank_ranges(rows, Verdicts(grid).pairs(2, 800))
    assert all(1 <= low <= high <= len(rows) for low, high in ranges.values())
    ranks = rank_rows(task_scores({"go_emotions": grid}))
    assert "at least 3 independent data sets" in ranks.reason
    assert "gpt2_xl qlora" in ranks.left_out
    assert crossing(grid, "gpt2_xl qlora", "tfidf_sgd", 16).verdict == "not_compared"


def test_a_curve_of_records_is_carried_on(tmp_path):
    expected = simulate.grid(tmp_path, SMALL, num_labels=(2,), train_sizes=(32, 64, 128, 256, 512), seeds=(0, 1, 2))
    simulate.run(expected, num_test=500)
    grid = read_predictions(read_records(expected)).grids["bbc_headlines"]
    for row in ("minilm lora", "tfidf_sgd"):
        curve = fit_curve(observed(grid, row, 2))
        assert isinstance(curve, Curve | Refusal)
        if isinstance(curve, Curve):
            assert examples_needed(curve, 0.99).verdict in ("between", "at_least", "not_reachable")
    found = equivalence(grid, "minilm lora", 64, "tfidf_sgd", num_labels=2)
    assert isinstance(found, Equivalence)
    assert found.low <= found.estimate <= found.high
