"""A row whose cells read several revisions of an unpinned model or data set is no one row: the page says so on top."""

import pytest

from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.results.store import RECORD
from tests.report import simulate

ROWS = (("minilm", "lora"), ("tfidf_sgd", None))


def report(tmp_path, name, revisions):
    """The page of two rows and two seeds; those of the first row are of `revisions`, by seed."""
    cells = simulate.grid(tmp_path / "results", ROWS, num_labels=(2,), train_sizes=(32,))
    simulate.run(cells)
    for cell in cells:
        if cell.row == "minilm lora":
            record = simulate.write(cell)
            source = record.provenance.model_copy(update={name: revisions[cell.seed]})
            (cell.folder / RECORD).write_text(record.model_copy(update={"provenance": source}).to_json())
    return write_report(cells, tmp_path / "report", ReportOptions("A title")).with_name("index.md").read_text()


@pytest.mark.parametrize("what", ["model", "data"])
def test_seeds_of_one_row_on_several_revisions_are_warned_of(tmp_path, what):
    text = report(tmp_path, f"{what}_revision", ["b" * 40, "c" * 40])
    warning = "Warning: the cells of minilm lora on "
    assert text.count(f"read several revisions of their {what} (") == 2, "in the answer and in the protocol"
    assert text.index(warning) < text.index("\n## ", text.index("The answer")), "on top"
    assert "bbbbbbbbbbbb in 1 cell" in text
    assert "cccccccccccc in 1 cell" in text
    assert f"{what}.revision=COMMIT" in text


@pytest.mark.parametrize("revisions", [["b" * 40] * 2, [None, "b" * 40], [None] * 2])
def test_one_revision_or_an_unknown_one_is_no_matter(tmp_path, revisions):
    assert "several revisions" not in report(tmp_path, "model_revision", revisions)


def test_results_say_what_was_read(tmp_path):
    report(tmp_path, "model_revision", ["b" * 40, "c" * 40])
    header, *lines = (tmp_path / "report" / "results.csv").read_text().splitlines()
    assert {"model_revision", "data_revision"} <= set(header.split(","))
    assert sum("b" * 40 in line for line in lines) == 1
