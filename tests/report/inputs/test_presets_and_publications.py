"""The presets' rows find their published numbers, through what a sweep hands to its report."""

import pytest

from bench.report import page
from bench.report.inputs.published import STUDIES, published_for, same_size
from tests.support.cli import call

NOT_RUN = {"ag_news_llama": {"gpt-4 zero_shot"}}
"""What only its owner's service can run."""


@pytest.mark.parametrize("experiment", STUDIES)
def test_every_published_row_and_size_is_in_the_grid(experiment, tmp_path, monkeypatch):
    handed = {}

    def write_report(expected, folder, *_):
        handed["expected"] = expected
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "index.html"

    monkeypatch.setattr(page, "write_report", write_report)
    folders = (f"results_dir={tmp_path}/results", f"reports_dir={tmp_path}/reports")
    assert call("-m", f"+experiment={experiment}", "device=cpu", "command=report", *folders) == 0
    numbers = published_for(experiment, handed["expected"]).numbers
    assert set(numbers.loc[numbers["row"].isna(), "name"]) == NOT_RUN.get(experiment, set())
    sizes = {(cell.row, cell.num_labels, cell.train_size) for cell in handed["expected"]}
    for number in numbers[numbers["row"].notna()].itertuples():
        assert any(
            (row, labels) == (number.row, number.num_labels) and same_size(size, number.train_size)
            for row, labels, size in sizes
        )
