import shutil

import numpy as np
import pandas as pd
import pytest

from bench.report.compare.__main__ import main
from bench.report.compare.cells import compare
from bench.report.statistics.changes import common_part
from bench.report.statistics.correctness import TestPredictions, TestSet
from bench.report.statistics.paired import mcnemar_p
from bench.results.record import Status
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture
def before(tmp_path):
    cells = simulate.grid(tmp_path / "a", ROWS, seeds=(0, 1))
    simulate.run(cells, lambda cell: Status.OOM if cell.num_labels == 5 and cell.seed == 0 else Status.OK)
    return cells


@pytest.fixture
def after(before, tmp_path):
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    return tmp_path / "b"


def test_the_same_records_have_not_changed(before, after, tmp_path):
    changes, only_a, only_b = compare(tmp_path / "a", after)
    assert len(changes) == len(before)
    assert {change.p_holm for change in changes if change.n} == {1.0}
    assert all(change.low < 0 < change.high for change in changes if change.n)
    assert (only_a, only_b) == ([], [])


def test_a_worse_cell_and_other_statuses_are_found(before, after, tmp_path, capsys, monkeypatch):
    worse = next(cell for cell in before if cell.num_labels == 2 and cell.train_size == 512)
    healed = next(cell for cell in before if cell.num_labels == 5 and cell.seed == 0)
    gone = before[1]
    monkeypatch.setattr(simulate, "accuracy", lambda cell: 0.5)
    for cell in (worse, healed):
        simulate.write(simulate.replace(cell, folder=after / cell.key))
    shutil.rmtree(after / gone.key)
    assert main([f"A={tmp_path / 'a'}", f"B={after}", f"out={tmp_path / 'out.csv'}", "page=false"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{healed.key}: oom -> ok"
    assert said[1].startswith(f"{worse.key}: 0.")
    assert " -> 0.500, -0." in said[1]
    assert said[2].startswith(f"2 of {len(before) - 1} cells changed beyond noise")
    assert said[-1] == f"only in A: 1 cell, {gone.key} the first"
    frame = pd.read_csv(tmp_path / "out.csv").set_index("key")
    assert frame.loc[worse.key, "p_holm"] < 0.001
    assert frame.loc[worse.key, "high"] < 0


def test_other_examples_are_not_compared(tmp_path):
    (cell,) = simulate.grid(tmp_path / "a", [("m", None)], num_labels=(2,), train_sizes=(32,), seeds=(0,))
    simulate.write(cell, num_test=200)
    simulate.write(simulate.replace(cell, folder=tmp_path / "b" / cell.key), num_test=100)
    (change,), _, _ = compare(tmp_path / "a", tmp_path / "b")
    assert change.n == 100
    assert change.note == "test sets differ: of 200 and 100"


def test_the_interval_is_the_reports(tmp_path, monkeypatch):
    """Bonett and Price (2012): one discordant example is added to each side."""
    (cell,) = simulate.grid(tmp_path / "a", [("m", None)], num_labels=(2,), train_sizes=(32,), seeds=(0,))
    simulate.write(cell)
    monkeypatch.setattr(simulate, "accuracy", lambda cell: 0.3)
    simulate.write(simulate.replace(cell, folder=tmp_path / "b" / cell.key))
    (change,), _, _ = compare(tmp_path / "a", tmp_path / "b")
    less, more = (change.only_a + 1) / 202, (change.only_b + 1) / 202
    half = 1.959964 * ((less + more - (more - less) ** 2) / 202) ** 0.5
    assert change.difference == pytest.approx((change.only_b - change.only_a) / 200)
    assert (change.low, change.high) == pytest.approx((more - less - half, more - less + half))


def test_examples_are_paired_by_id_and_label():
    one = TestPredictions(TestSet("1", ("a", "b", "c"), np.array([0, 1, 1]), ("x", "y")), np.array([0, 0, 1]))
    other = TestPredictions(TestSet("2", ("b", "c", "d"), np.array([2, 1, 0]), ("w", "x", "y")), np.array([2, 1, 0]))
    one, other = common_part(one, other)  # c has another label
    assert (one.test_set.ids, one.correct.tolist(), other.correct.tolist()) == (("b",), [0], [1])


@pytest.mark.parametrize("words", [["A=x"], ["A=x", "B=y", "C=z"], ["x", "y"], ["A=", "B=y"]])
def test_bad_input_is_one_line(words, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_folders_without_records_are_refused(tmp_path, capsys):
    assert main([f"A={tmp_path}", f"B={tmp_path}"]) == 2
    assert "there are no records in it that can be used" in capsys.readouterr().err
    assert main([f"A={tmp_path / 'nowhere'}", f"B={tmp_path}"]) == 2
    assert capsys.readouterr().err == f"error: A={tmp_path / 'nowhere'}: there is no such folder\n"
    (tmp_path / "my-texts").mkdir()
    assert main([f"A={tmp_path / 'my_texts'}", f"B={tmp_path}"]) == 2
    assert f"there is no such folder; {tmp_path / 'my-texts'} is there\n" in capsys.readouterr().err


def test_mcnemar_is_the_textbooks():
    assert mcnemar_p(0, 0) == 1
    assert mcnemar_p(1, 7) == pytest.approx(2 * (1 + 8) / 2**8)
