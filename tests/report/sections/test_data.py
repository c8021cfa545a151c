"""The section on the data: an example of each label."""

import csv

from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.results import store
from tests.report import simulate


def test_an_example_of_each_label_is_shown(tmp_path):
    cells = simulate.grid(tmp_path / "r", [("tfidf_sgd", None)], num_labels=(2, 3), train_sizes=(32,), seeds=(0,))
    simulate.run(cells, labels=("anger", "joy", "trust"))
    folder = write_report(cells, tmp_path / "report", ReportOptions("T")).parent
    text = (folder / "index.md").read_text()
    assert "Labels: anger, joy and trust." in text
    with (folder / "tables" / "example_texts.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert [line[0] for line in lines] == ["label", "anger", "joy", "trust"]
    answers = store.read_predictions(cells[1].folder, store.read(cells[1].folder))
    for label, shown in lines[1:]:
        number = int(shown.removeprefix("Test text number ").removesuffix("."))
        assert answers["label"].tolist()[number] == label


def test_texts_that_are_gone_have_no_table(tmp_path):
    cells = simulate.grid(tmp_path / "r", [("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32,), seeds=(0,))
    simulate.run(cells)
    store.texts_path(cells[0].folder, store.read(cells[0].folder).texts_file).unlink()
    folder = write_report(cells, tmp_path / "report", ReportOptions("T")).parent
    assert "A test text of each label" not in (folder / "index.md").read_text()
