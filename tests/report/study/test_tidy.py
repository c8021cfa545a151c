"""`points.csv`, and the intervals in `summary.csv`."""

import pandas as pd
import pytest

from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.study.tidy import COLUMNS
from bench.results.record import Status
from tests.report import simulate
from tests.report.blank import draw_blanks

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


def files(tmp_path, monkeypatch) -> tuple[pd.DataFrame, pd.DataFrame]:
    draw_blanks(monkeypatch)
    axes = {"num_labels": (2,), "train_sizes": (32, 128)}
    cells = simulate.grid(tmp_path / "results", ROWS, **axes)
    cells += simulate.grid(tmp_path / "results", ROWS, data="other", **axes)
    simulate.run(cells, lambda cell: Status.OOM if (cell.method, cell.train_size) == ("lora", 128) else Status.OK)
    folder = write_report(cells, tmp_path / "report", ReportOptions("A title")).parent
    return pd.read_csv(folder / "points.csv"), pd.read_csv(folder / "summary.csv")


def test_points_and_summary_hold_the_same_numbers(tmp_path, monkeypatch):
    points, summary = files(tmp_path, monkeypatch)
    assert list(points.columns) == list(COLUMNS)
    assert set(points["data"]) == {"bbc_headlines", "other"}
    assert {"accuracy", "macro_f1", "loss"} <= set(points["metric"])
    assert not points.duplicated(["data", "row", "labels", "size", "metric"]).any()
    assert set(points["n_test"].dropna()) == {200}
    for line in points[points["metric"] == "macro_f1"].itertuples():
        (one,) = summary[
            (summary["data"] == line.data) & (summary["row"] == line.row) & (summary["train_size"] == line.size)
        ].itertuples()
        ours = (line.mean, line.low, line.high, line.sd, line.n_seeds, line.train_seconds)
        theirs = (one.test_macro_f1_mean, one.test_macro_f1_low, one.test_macro_f1_high, one.test_macro_f1_sd)
        assert ours == pytest.approx((*theirs, one.n_ok, one.train_seconds_mean))
        assert line.low < line.mean < line.high


def test_a_point_that_failed_has_one_line_without_numbers(tmp_path, monkeypatch):
    points, _ = files(tmp_path, monkeypatch)
    failed = points[(points["row"] == "minilm lora") & (points["size"] == 128)]
    assert list(failed["metric"]) == ["accuracy", "accuracy"]
    assert failed[["mean", "low", "high", "train_seconds"]].isna().all().all()
    assert list(failed["n_seeds"]) == [0, 0]
    assert list(failed["n_seeds_expected"]) == [2, 2]
