import math

import pandas as pd
import pytest

from bench.report.inputs.frame import ExpectedCell, cells_frame, row_order, statuses_text, summary_frame
from bench.results.record import Status
from bench.results.store import RECORD
from tests.report import simulate

ROWS = [("tfidf_sgd", None), ("minilm", "lora")]


def by_status(cell: ExpectedCell) -> Status | None:
    """One point is whole, one half, one has only failures; the rest isn't run."""
    if cell.train_size == 32:
        return Status.OK
    if cell.train_size == 128:
        return [Status.OK, Status.OOM][cell.seed]
    return [Status.DIVERGED, None][cell.seed]


@pytest.fixture
def grid(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,))
    simulate.run(cells, by_status)
    return cells


def test_every_cell_has_a_line_with_its_numbers_or_none(grid):
    frame = cells_frame(grid)
    assert list(frame["key"]) == [cell.key for cell in grid]
    assert list(frame["status"]) == [(by_status(cell) or "missing") for cell in grid]
    numbers = ["test_accuracy", "test_macro_f1", "total_seconds", "peak_memory_bytes", "num_train", "num_test"]
    not_ok = frame["status"] != "ok"
    assert frame.loc[not_ok, [*numbers, "validation_accuracy", "trainable_parameters"]].isna().all(axis=None)
    assert frame.loc[~not_ok, numbers].notna().all(axis=None)


def test_numbers_are_the_records(tmp_path):
    (cell,) = simulate.grid(tmp_path, [("minilm", "lora")], num_labels=(2,), train_sizes=(32,), seeds=(7,))
    record = simulate.write(cell)
    line = cells_frame([cell]).iloc[0]
    assert line["test_accuracy"] == record.measurements.test.accuracy
    assert line["test_macro_f1"] == record.measurements.test.macro_f1
    assert (line["row"], line["model"], line["method"], line["seed"]) == ("minilm lora", "minilm", "lora", 7)
    assert (line["peak_memory_bytes"], line["peak_memory_of"]) == (record.measurements.memory.peak_process, "process")
    assert (line["num_train"], line["num_validation"], line["num_test"]) == (32, 16, 200)
    assert (line["torch"], line["device"]) == ("2.13.0", "cpu")


def test_a_model_without_method_has_its_name_as_row_and_null_as_method(grid):
    baseline = cells_frame(grid).query("model == 'tfidf_sgd'")
    assert set(baseline["row"]) == {"tfidf_sgd"}
    assert baseline["method"].isna().all()


def test_failures_keep_their_message(grid):
    frame = cells_frame(grid)
    assert set(frame.loc[frame["status"] == "oom", "failure"]) == {"CUDA out of memory"}
    assert set(frame.loc[frame["status"] == "oom", "failure_type"]) == {"RuntimeError"}
    assert frame.loc[frame["status"] == "missing", "failure"].isna().all()


def test_an_unreadable_record_says_why(grid):
    (grid[0].folder / RECORD).write_text("{ half")
    line = cells_frame(grid).iloc[0]
    assert line["status"] == "unreadable"
    assert RECORD in line["failure"]
    assert math.isnan(line["test_accuracy"])


def test_another_cells_record_is_not_taken_for_this_ones(grid):
    (grid[0].folder / RECORD).write_text((grid[1].folder / RECORD).read_text())
    line = cells_frame(grid).iloc[0]
    assert line["status"] == "unreadable"
    assert grid[1].key in line["failure"]
    assert math.isnan(line["test_accuracy"])


def test_an_ok_record_without_measurements_is_not_ok(grid):
    path = grid[0].folder / RECORD
    failed = simulate.write(grid[0], Status.ERROR).model_copy(update={"status": Status.OK})
    path.write_text(failed.to_json())
    assert cells_frame(grid).iloc[0]["status"] == "unreadable"


def test_columns_have_the_same_types_whatever_ran(tmp_path, grid):
    nothing = simulate.grid(tmp_path / "empty", [("tfidf_sgd", None)])
    assert cells_frame(nothing).dtypes.drop(["row", "data"]).equals(cells_frame(grid).dtypes.drop(["row", "data"]))


def test_rows_are_as_first_met_and_baselines_last(tmp_path):
    cells = simulate.grid(tmp_path, [("tfidf_sgd", None), ("b", "lora"), ("a", "lora"), ("b", "full")])
    assert row_order(cells) == ["b lora", "a lora", "b full", "tfidf_sgd"]


def test_cells_that_only_their_keys_tell_apart_are_refused(grid):
    twin = ExpectedCell(grid[0].folder, "another-key", *[getattr(grid[0], name) for name in ExpectedCell.__slots__[2:]])
    with pytest.raises(ValueError, match=f"{grid[0].key} and another-key"):
        cells_frame([*grid, twin])


def test_the_same_cell_twice_counts_once(grid):
    assert len(cells_frame([*grid, grid[0]])) == len(grid)


def point(summary: pd.DataFrame, row: str, size: int) -> pd.Series:
    return summary[(summary["row"] == row) & (summary["train_size"] == size)].iloc[0]


def test_means_are_over_ok_seeds_only(grid):
    frame = cells_frame(grid)
    summary = summary_frame(frame)
    first, second = (
        frame.loc[(frame["row"] == "minilm lora") & (frame["train_size"] == size), "test_accuracy"].tolist()
        for size in (32, 128)
    )
    whole, half, none = (point(summary, "minilm lora", size) for size in (32, 128, 512))
    assert whole["test_accuracy_mean"] == pytest.approx((first[0] + first[1]) / 2)
    assert whole["test_accuracy_sd"] == pytest.approx(abs(first[0] - first[1]) / math.sqrt(2))
    assert (whole["n_ok"], whole["n_expected"], whole["not_ok"]) == (2, 2, "")
    assert half["test_accuracy_mean"] == second[0]
    assert math.isnan(half["test_accuracy_sd"])
    assert (half["n_ok"], half["n_expected"], half["not_ok"]) == (1, 2, "oom")
    assert math.isnan(none["test_accuracy_mean"])
    assert (none["n_ok"], none["n_expected"], none["not_ok"]) == (0, 2, "1 diverged, 1 missing")


def test_numbers_on_a_failed_line_are_not_averaged_either(grid):
    frame = cells_frame(grid)
    frame.loc[frame["status"] == "oom", "test_accuracy"] = 0.0
    before, after = summary_frame(cells_frame(grid)), summary_frame(frame)
    pd.testing.assert_frame_equal(before, after)


def test_data_sets_are_not_mixed(tmp_path):
    cells = [
        cell
        for data in ("b", "a")
        for cell in simulate.grid(tmp_path, ROWS, num_labels=(2,), train_sizes=(32,), data=data)
    ]
    simulate.run(cells)
    summary = summary_frame(cells_frame(cells))
    assert list(summary["data"]) == ["b", "b", "a", "a"]
    assert set(summary["n_expected"]) == {2}


@pytest.mark.parametrize(
    ("statuses", "text"),
    [(["ok", "ok"], ""), (["ok", "oom"], "oom"), (["oom", "missing", "oom"], "2 oom, 1 missing")],
)
def test_statuses_text(statuses, text):
    assert statuses_text(statuses) == text
