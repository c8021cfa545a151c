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


def test_too_little_for_a_test_is_said():
    found = rank_rows(scores(0.05, tasks=5))
    assert (found.p, found.critical_difference, found.groups) == (None, None, [])
    assert found.reason == "a test of ranks needs at least 6 tasks (data sets, label counts); there are 5"
    assert found.average["row 3"] == 1.0
    assert "at least 3 rows" in rank_rows(scores(0.05, rows=2)).reason


def test_rows_that_lack_a_task_are_left_out():
    table = scores(0.05)
    table.iloc[3, 2] = np.nan
    found = rank_rows(table)
    assert found.left_out == ("row 3",)
    assert list(found.average) == ["row 2", "row 1", "row 0"]


def test_tasks_are_label_counts_over_common_sizes():
    grid = grid_of(
        {
            ("lora", 2, 32): exactly([0.7]),
            ("lora", 2, 64): exactly([0.9]),
            ("tfidf", 2, 32): exactly([0.6]),  # lacks 64
            ("zero", 2, 0): exactly([0.5]),
            ("lora", 4, 32): exactly([0.4]),
        }
    )
    found = task_scores({"bbc": grid})
    assert list(found.columns) == ["bbc, 2 labels", "bbc, 4 labels"]
    assert found.loc["lora", "bbc, 2 labels"] == pytest.approx(0.7)
    assert found.loc["zero", "bbc, 2 labels"] == pytest.approx(0.5)
    assert np.isnan(found.loc["tfidf", "bbc, 4 labels"])
