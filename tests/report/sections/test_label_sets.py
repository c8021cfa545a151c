"""What a page says of texts with any number of labels."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from bench.report import page
from bench.report.inputs.frame import cells_frame
from bench.report.inputs.records import read_records
from bench.report.options import ReportOptions
from bench.report.render.details import details
from bench.report.sections import before_after, label_by_label, label_sets
from bench.report.statistics.correctness import TestPredictions
from bench.report.statistics.label_sets import average_precisions, in_place_of, missed, sizes, together
from bench.report.statistics.metrics import labels_are
from tests.report import simulate, simulate_sets
from tests.report.statistics.label_sets import a_set

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]
TRUE = np.asarray([[1, 1, 0], [0, 0, 0], [1, 0, 0], [1, 0, 1]], dtype=np.int8)
GIVEN = np.asarray([[0, 1, 1], [0, 0, 0], [0, 0, 1], [1, 0, 1]], dtype=np.int8)


def moods(root, seeds=(0, 1)):
    cells = simulate.grid(root, ROWS, num_labels=(6,), train_sizes=(64, 256), seeds=seeds, data="moods")
    simulate_sets.run(cells)
    return cells


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Views, and the text of the page."""
    root, views = tmp_path_factory.mktemp("moods"), []
    make = page.make_sections
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(page, "make_sections", lambda view: views.append(view) or make(view))
        page.write_report(moods(root / "results"), root / "report", ReportOptions("moods"))
    return (
        replace(views[0], folder=root / "report"),
        (root / "report" / "index.md").read_text(),
        (root / "report" / "index.html").read_text(),
    )


def table_of(section, name):
    (found,) = [one.table for one in section.tables if one.name == name]
    return [[str(entry) for entry in line] for line in found.lines]


def test_counts():
    answers = TestPredictions(a_set(TRUE), GIVEN)
    assert sizes(TRUE, 2).tolist() == [1, 1, 2]
    assert together(TRUE).tolist() == [[3, 1, 1], [1, 1, 0], [1, 0, 1]]
    assert missed(answers).tolist() == [2, 0, 0]
    assert in_place_of(answers).tolist() == [[0, 0, 2], [0, 0, 0], [0, 0, 0]]


def test_every_label_has_the_numbers_of_its_predictions(report):
    view, _, _ = report
    with labels_are(view.kind):
        section = label_by_label.section(view)
    lines = table_of(section, "every_label")
    assert [line[0] for line in lines[:2]] == ["anger", "joy"], "the most frequent first"
    best = max(
        (point for point in view.predictions if point.train_size == 256),
        key=lambda point: np.mean([f1_score(a.test_set.labels, a.predicted, average="macro")
                                   for a in view.predictions[point].values()]),
    )  # fmt: skip
    seeds = {seed: view.library.probable(cell.folder, record)
             for cell, record in view.found.items()
             if (cell.row, cell.train_size) == (best.row, 256) for seed in [cell.seed]}  # fmt: skip
    name, count, share, _, _, f1, precision, threshold = lines[1]
    place = next(iter(seeds.values())).test_set.names.index(name)
    of_label = [(a.test_set.labels[:, place], a.predicted[:, place], a.labelled.probabilities[:, place])
                for a in seeds.values()]  # fmt: skip
    assert float(f1) == pytest.approx(np.mean([f1_score(t, g) for t, g, _ in of_label]), abs=6e-4)
    assert float(precision) == pytest.approx(np.mean([average_precision_score(t, p) for t, _, p in of_label]), abs=6e-4)
    assert (int(count), share) == (of_label[0][0].sum(), f"{100 * of_label[0][0].mean():.1f} %")
    assert threshold == "0.30"
    first = next(iter(seeds.values()))
    assert np.mean(average_precisions(first.labelled)) == pytest.approx(
        average_precision_score(first.test_set.labels, first.labelled.probabilities, average="macro")
    )


def test_labels_a_text_and_pairs(report):
    view, text, _ = report
    with labels_are(view.kind):
        section = label_sets.section(view)
    first, *rows = table_of(section, "labels_a_text_6")
    true = simulate_sets.truth(6, 300)
    assert first[2] == f"{true.sum(axis=1).mean():.2f}"
    assert first[3] == f"{100 * (true.sum(axis=1) == 0).mean():.1f} %"
    assert {line[0] for line in rows} == {"minilm lora", "tfidf_sgd"}
    pairs = {tuple(sorted(line[:2])): line[2] for line in table_of(section, "labels_together_6")}
    names = list(simulate_sets.NAMES)
    both = (true[:, names.index("joy")] * true[:, names.index("love")]).sum()
    assert pairs["joy", "love"] == str(both)
    confused = table_of(section, "labels_missed_6")
    assert any(line[1:3] == ["joy", "love"] for line in confused), "joy is often taken for love"
    assert f"A text has {true.sum(axis=1).mean():.2f} of 6 labels" in section.finding
    assert "labels_together_6.png" in text


def test_words_are_those_of_several_labels(report):
    view, text, html = report
    assert "% macro F1; 95 % interval" in text.replace("**", "")
    assert "Giving every text all labels would have" in text
    assert "Test subset accuracy, 6 labels" in text
    assert "test texts right" not in text
    assert "| accuracy |" not in text
    assert "Always saying" not in text
    assert "right before training" not in text
    assert ">Subset accuracy</button>" in html
    assert "share of texts that have it against probability of a label" in text
    assert "could not be made" not in text
    assert "confused_labels" not in {name for name in text.split()}
    assert view.deciding.metric.name == "macro_f1"
    assert "Curves of subset accuracy while training" in text
    protocol = text[text.index("## Protocol") :]
    assert "Macro F1: variance components of seeds and test examples" in protocol
    assert "Subset accuracy: variance components" in protocol
    assert "| no label | 1 | 2 | 3 | 4 or more | exactly" in text


def test_training_is_told_from_what_thresholds_do(report):
    view, text, _ = report
    with labels_are(view.kind):
        section = before_after.section(view)
    line = section.tables[0].table.lines[0]
    of_point = [measured for point in view.measured if point.train_size == 64 and point.row == "minilm lora"
                for measured in view.measured[point].values()]  # fmt: skip
    before = np.mean([measured.before.test.metric("average_precision") for measured in of_point])
    after = np.mean([measured.test.metric("average_precision") for measured in of_point])
    assert section.tables[0].table.header[4:6] == ("average precision before", "average precision after")
    assert [line[4].numbers["mean"], line[5].numbers["mean"]] == pytest.approx([before, after])
    assert "average precision before training" in section.finding
    assert "Average precision and loss on moods before and after training" in text


def test_mistakes_say_what_is_given_and_true(tmp_path):
    cells = moods(tmp_path)[:1]
    found = read_records(cells)
    (point,) = details(cells_frame(cells, found), found).values()
    assert "Test macro F1" in " ".join(point["header"])
    assert "Test subset accuracy" in " ".join(point["header"])
    assert "exactly their labels. The others by how sure it was" in point["about_mistakes"]
    sure = [float(one["said"].split("; ")[2].split(" %")[0]) for one in point["mistakes"]]
    assert sure == sorted(sure, reverse=True)
    assert all(one["said"].startswith("given: ") and "; true: " in one["said"] for one in point["mistakes"])


def test_a_page_of_both_kinds_of_data_with_one_seed(tmp_path):
    one = simulate.grid(tmp_path / "r", ROWS, num_labels=(2,), train_sizes=(64, 256), seeds=(0,), data="spam")
    simulate.run(one)
    cells = [*one, *moods(tmp_path / "r", seeds=(0,))]
    text = page.write_report(cells, tmp_path / "report", ReportOptions("both")).with_name("index.md").read_text()
    assert "could not be made" not in text
    spam, sets = text[text.index("## The answer: spam") :], text[text.index("## The answer: moods") :]
    assert "Rows are compared by accuracy, " in spam[:400]
    assert "Rows are compared by macro F1, " in sets[:400]
    assert "tests (McNemar) know of the test examples alone" in spam[: spam.index("## The answer: moods")]
    assert "tests (paired t) know of the test examples alone" in sets
    assert "F1 by example: Student's t over the test examples alone and Wilson's limits, for one seed." in text
    assert "Test accuracy, 2 labels" in text
    assert "Test subset accuracy, 6 labels" in text
    by_micro = page.write_report(cells, tmp_path / "two", ReportOptions("both", metric="micro_f1"))
    text = by_micro.with_name("index.md").read_text()
    assert "(metric=micro_f1 is not for texts with one label each)" in text
    assert "Rows are compared by micro F1, as was asked for" in text


def test_one_label_alone_and_none_that_goes_with_another(tmp_path):
    cells = simulate.grid(tmp_path / "r", ROWS, num_labels=(1,), train_sizes=(64,), data="moods")
    simulate_sets.run(cells)
    text = page.write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    assert "could not be made" not in text
    assert "Labels that go together" not in text


def test_one_seed_and_two_labels_have_the_words_and_columns_that_are_theirs(tmp_path):
    cells = simulate.grid(tmp_path / "r", ROWS, num_labels=(2,), train_sizes=(64,), seeds=(0,), data="moods")
    simulate_sets.run(cells)
    text = page.write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    assert "| labels a text | no label | 1 | 2 | exactly the right ones |" in text
    assert "Macro F1: Student's t over the test examples alone" in text[text.index("## Protocol") :]


def test_predictions_that_are_gone(tmp_path):
    cells = moods(tmp_path / "r")
    for cell in cells:
        next(cell.folder.glob("predictions-*")).unlink()
    cells = [replace(cell) for cell in cells]
    text = page.write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    assert "The predictions of all finished cells are gone" in text
    assert "could not be made" not in text
    assert "Every label by" in text
