import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.report.statistics.ranks import critical_difference, rank_rows, task_scores
from tests.report.statistics.answers import exactly, grid_of


def scores(shift: float, tasks: int = 10, rows: int = 4, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(0.7, 0.02, (rows, tasks))
    values += shift * np.arange(rows)[:, None]
    return pd.DataFrame(values, [f"row {n}" for n in range(rows)], [f"task {n}" for n in range(tasks)])


@pytest.mark.parametrize(("rows", "tasks", "q"), [(2, 10, 1.960), (5, 30, 2.728), (10, 14, 3.164)])
def test_the_critical_difference_is_that_of_demsars_table(rows, tasks, q):
    assert critical_difference(rows, tasks) == pytest.approx(q * np.sqrt(rows * (rows + 1) / (6 * tasks)), abs=2e-3)


def test_rows_that_differ_are_grouped():
    found = rank_rows(scores(0.05))
    assert list(found.average) == ["row 3", "row 2", "row 1", "row 0"]
    assert found.average["row 3"] == 1.0
    assert found.p == pytest.approx(stats.friedmanchisquare(*scores(0.05).to_numpy()).pvalue)
    assert found.reason == ""
    assert ("row 3", "row 2") in found.groups
    assert not any({"row 3", "row 0"} <= set(group) for group in found.groups)


def test_equal_rows_are_one_group_and_seldom_told_apart():
    assert len(rank_rows(scores(0.0)).groups) == 1
    p = [rank_rows(scores(0.0, tasks=6, seed=seed)).p for seed in range(300)]
    assert np.mean(np.asarray(p) < 0.05) <= 0.08


def test_too_little_for_a_test_or_for_ranks_is_said():
    found = rank_rows(scores(0.05, tasks=5))
    assert (found.p, found.critical_difference, found.groups) == (None, None, [])
    assert found.reason == "a test of ranks needs at least 6 independent data sets; there are 5"
    assert found.average["row 3"] == 1.0
    for few, reason in ((scores(0.05, tasks=2), "at least 3 independent data sets"), (scores(0.05, rows=2), "3 rows")):
        found = rank_rows(few)
        assert (dict(found.average), found.p, found.critical_difference, found.groups) == ({}, None, None, [])
        assert reason in found.reason


def test_rows_that_lack_a_data_set_are_left_out():
    table = scores(0.05)
    table.iloc[3, 2] = np.nan
    found = rank_rows(table)
    assert found.left_out == ("row 3",)
    assert list(found.average) == ["row 2", "row 1", "row 0"]


def test_a_data_set_is_one_task_over_label_counts_and_common_sizes():
    grid = grid_of(
        {
            ("lora", 2, 32): exactly([0.7]),
            ("lora", 2, 64): exactly([0.9]),
            ("tfidf", 2, 32): exactly([0.6]),
            ("tfidf", 2, 64): exactly([0.7]),
            ("short", 2, 64): exactly([0.6]),
            ("zero", 2, 0): exactly([0.5]),
            ("lora", 4, 32): exactly([0.4]),
            ("tfidf", 4, 32): exactly([0.45]),
            ("zero", 4, 0): exactly([0.3]),
        }
    )
    found = task_scores({"bbc": grid})
    assert list(found.columns) == ["bbc"]
    assert found.loc["lora", "bbc"] == pytest.approx((0.9 + 0.4) / 2)  # 64 is what all have at 2 labels
    assert found.loc["zero", "bbc"] == pytest.approx(0.4)
    assert np.isnan(found.loc["short", "bbc"])


def test_label_counts_of_one_data_set_make_no_tasks():
    """Equal rows, each with some luck of its own that every label count shares."""
    random, shares = np.random.default_rng(0), {}
    for row in ("a", "b", "c", "d"):
        luck = random.normal(0, 0.03)
        shares |= {(row, labels, 32): exactly([0.7 + luck + random.normal(0, 0.01)]) for labels in range(2, 12)}
    found = rank_rows(task_scores({"bbc": grid_of(shares)}))
    assert (dict(found.average), found.p, found.tasks) == ({}, None, ("bbc",))
