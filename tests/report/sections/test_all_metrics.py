"""The table of all metrics says what its marks mean, and of no mark that it has not."""

import pytest

from bench.report.options import ReportOptions
from bench.report.page import write_report
from tests.report import simulate
from tests.report.blank import draw_blanks


@pytest.mark.parametrize("kept", [True, False])
def test_deviations_are_explained_where_they_are(tmp_path, monkeypatch, kept):
    draw_blanks(monkeypatch)
    cells = simulate.grid(
        tmp_path / "results", [("m", "lora"), ("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32,), seeds=(0, 1)
    )
    simulate.run(cells, num_test=40)
    if not kept:
        for path in (tmp_path / "results").rglob("predictions*.parquet"):
            path.unlink()
    page = write_report(cells, tmp_path / "report", ReportOptions("T"))
    text = page.with_name("index.md").read_text("utf-8").partition("## All metrics\n")[2].partition("\n## ")[0]
    explained, table = "After ± is the deviation over seeds" in text, text.partition("| row |")[2]
    assert table
    assert ("±" in table) == explained == (not kept)
