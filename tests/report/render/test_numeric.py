"""CSV files of the report's tables hold numbers, one a column; words stay where they are words."""

import re
from pathlib import Path

import pandas as pd
import pytest

from bench.report.content.parts import Entry, Titled, size_entry
from bench.report.content.table import table
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.render.table_files import to_csv
from bench.results.record import Status
from tests.report import simulate, studies
from tests.report.blank import draw_blanks

DISPLAYED = re.compile(
    r"""\d\ ?\[ | ± | ^'?[+-]?\d[\d,.]*\ (s|min|h|%)\b | ^\d+(\ of\ \d+)?\ seeds?\b | ^\d{1,3},\d{3}$ | ^p\ [<=]""",
    re.VERBOSE,
)
"""Numbers as a page shows them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A report with published numbers, untrained rows, failures, prices and what was seen before training."""
    root = tmp_path_factory.mktemp("numeric")
    with pytest.MonkeyPatch.context() as patch:
        draw_blanks(patch)
        cells = studies.smoke_go_emotions_grid(root / "results")
        simulate.run([cells[0]], lambda cell: Status.OOM)
        options = ReportOptions("smoke/go_emotions_grid", price_per_gpu_hour=1.2, currency="EUR")
        return write_report(cells, root / "report", options).parent


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "tables" / f"{name}.csv")


def test_no_column_of_any_table_holds_numbers_as_they_are_displayed(folder):
    files = sorted((folder / "tables").glob("*.csv"))
    assert len(files) > 15
    found = [
        (path.name, column, value)
        for path in files
        for column, values in pd.read_csv(path, dtype=str, keep_default_na=False).items()
        for value in values
        if DISPLAYED.search(value)
    ]
    assert not found


def test_no_file_has_a_blank_in_its_name(folder):
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    assert len(names) > 50
    assert not [name for name in names if re.search(r"\s", name)]


def test_scores_are_whole_and_equal_those_of_the_summary(folder):
    summary = pd.read_csv(folder / "summary.csv")
    scores = read(folder, "accuracy_4_labels").set_index("training examples")
    for row in ("smollm2_135m qlora", "tfidf_sgd"):
        (one,) = summary.query(f"row == {row!r} and num_labels == 4 and train_size == 800").itertuples()
        found = [scores.loc[row, f"800_{name}"] for name in ("mean", "low", "high", "n_seeds")]
        assert found == pytest.approx(
            [one.test_accuracy_mean, one.test_accuracy_low, one.test_accuracy_high, one.n_ok], abs=1e-15
        )
        assert scores.loc[row, "800_sd"] == pytest.approx(one.test_accuracy_sd, abs=1e-15)


def test_differences_have_their_numbers_in_columns(folder):
    found = read(folder, "differences_to_tfidf_sgd")
    assert {"difference in accuracy", "difference in accuracy_low", "difference in accuracy_high", "p"} <= set(found)
    assert all(found[name].dtype.kind in "fi" for name in ("difference in accuracy", "p", "training examples", "seeds"))
    assert (found["difference in accuracy_low"] < found["difference in accuracy"]).all()
    assert (found["difference in accuracy"] < 0).any(), "negative numbers have no apostrophe"


def test_costs_are_seconds_in_full(folder):
    costs, summary = read(folder, "cost"), pd.read_csv(folder / "summary.csv")
    assert costs["training time_seconds"].tolist() == pytest.approx(summary["train_seconds_mean"].dropna().tolist())
    assert "whole cell_seconds" in costs


def test_entries_without_numbers_say_why_in_a_column_of_notes():
    score = Entry("0.963 [0.954, 0.972]", numbers={"mean": 0.9634, "low": 0.954, "high": None})
    lines = [
        ["=a()", size_entry(2400), score],
        ["b", size_entry(0), "not run"],
        ["c", 7, Entry("-0.5", numbers={"mean": -0.5})],
    ]
    made = to_csv(Titled("A title", table(["row", "training examples", "accuracy [95 %]"], lines)))
    assert made.splitlines() == [
        "row,training examples,accuracy_mean,accuracy_low,accuracy_high,accuracy_note",
        "'=a(),2400,0.9634,0.954,,",
        "b,0,,,,not run",
        "c,7,-0.5,,,",
    ]
