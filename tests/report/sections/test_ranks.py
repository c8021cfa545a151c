"""Ranks: the critical-difference diagram, tables and ranges, of one data set and of all."""

import numpy as np
import pandas as pd
import pytest

from bench.report import page
from bench.report.figures.ranks import critical_difference_diagram
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.sections import ranks
from bench.report.sections.ranks import overall_ranking
from bench.report.statistics.correctness import sample_of
from bench.report.statistics.ranks import rank_rows
from bench.results import store
from tests.report import simulate, simulate_sets
from tests.report.test_page import markdown
from tests.report.views import FLAT, SLOW, STEEP, curves, view_of

METHODS = {"lora": "lora", "full": "full", "tfidf": None, "zero": "zero_shot"}


def scores(rows=4, tasks=10) -> pd.DataFrame:
    values = np.random.default_rng(0).normal(0.7, 0.01, (rows, tasks)) + 0.05 * np.arange(rows)[:, None]
    return pd.DataFrame(values, [f"row {n}" for n in range(rows)], [f"task {n}" for n in range(tasks)])


def test_the_diagram_has_every_row_at_its_rank_and_a_bar_for_each_group():
    ranks = rank_rows(scores())
    figure = critical_difference_diagram(ranks, [f"row {n}" for n in range(4)], "Title", "Note")
    axes = figure.axes[0]
    places = {line.get_label(): line.get_xdata()[0] for line in axes.lines if not line.get_label().startswith("_")}
    assert places == pytest.approx(dict(ranks.average))
    bars = [line.get_xdata() for line in axes.lines if line.get_label() == "_group"]
    assert len(bars) == len(ranks.groups) > 1
    for (low, high), group in zip(bars, ranks.groups, strict=True):
        assert low < ranks.average[group[0]] < ranks.average[group[-1]] < high
    texts = [text.get_text() for text in axes.texts]
    assert f"critical difference {ranks.critical_difference:.2f}" in texts
    assert "row 3  1.00" in texts  # left: best first
    assert "4.00  row 0" in texts
    height = {text.get_text()[-5:]: text.xy[1] for text in axes.texts if "  row" in text.get_text()}
    assert height["row 0"] < height["row 1"]  # right: worst on top (y goes down), so that no line crosses another


def test_no_test_has_no_diagram():
    with pytest.raises(ValueError, match="at least 6 independent data sets"):
        critical_difference_diagram(rank_rows(scores(tasks=3)), ["row 0"], "Title", "Note")


def of_label_counts(shares, counts, folder, **options):
    grid = {point: seeds for count in counts for point, seeds in curves(shares, labels=count, **options).items()}
    return view_of(grid, METHODS, folder)


def test_one_data_set_has_ranges_and_says_why_there_are_no_average_ranks(tmp_path):
    view = of_label_counts({"lora": STEEP, "full": STEEP, "tfidf": SLOW}, range(2, 9), tmp_path)
    section = ranks.section(view)
    (said,) = section.paragraphs
    assert said.startswith("No average ranks of one data set: these need at least 3 independent ones")
    assert "Friedman" not in said
    assert not section.pictures
    (titled,) = section.tables
    assert titled.table.header[:3] == ("row", "2 labels, 512 training examples", "3 labels, 512 training examples")
    assert [line[:3] for line in titled.table.lines] == [
        ("lora", "1 to 2", "1 to 2"),
        ("full", "1 to 2", "1 to 2"),
        ("tfidf", "3", "3"),
    ]


def test_two_rows_have_no_ranks_and_say_why(tmp_path):
    section = ranks.section(of_label_counts({"lora": STEEP, "tfidf": SLOW}, (2, 4), tmp_path))
    assert section.paragraphs == ["No ranks: they need at least 3 rows with answers at one point."]
    assert not section.tables


def test_a_row_that_lacks_a_place_is_not_compared_there(tmp_path):
    view = of_label_counts({"lora": STEEP, "full": FLAT, "tfidf": SLOW, "zero": FLAT}, (2, 4), tmp_path)
    grid = {point: seeds for point, seeds in view.predictions.items() if (point.row, point.num_labels) != ("full", 4)}
    section = ranks.section(view_of(grid, METHODS, tmp_path))
    assert {line[0]: line[-1] for line in section.tables[0].table.lines}["full"] == "not compared"


def of_data_sets(shares, count, **options):
    return {f"data {n}": curves(shares, labels=2 + n % 3, **options) for n in range(count)}


def test_enough_data_sets_have_a_diagram_with_a_text(tmp_path):
    shares = {"lora": STEEP, "full": [share + 0.02 for share in SLOW], "tfidf": SLOW}
    section = overall_ranking(
        of_data_sets(shares, 7, seeds=1), ["accuracy"], list(shares), tmp_path, "", name=str.upper
    )
    assert "Average ranks of 3 rows over 7 data sets" in section.paragraphs[0]
    assert "By Friedman's test the rows differ (p < 0.01)." in section.paragraphs[0]
    assert "(Nemenyi)" in section.paragraphs[0]
    (picture,) = section.pictures
    assert (tmp_path / f"{picture.name}.svg").stat().st_size > 1000
    assert picture.text.endswith("best first: LORA 1.00; FULL 2.00; TFIDF 3.00.")


def test_few_data_sets_have_ranks_and_no_test(tmp_path):
    shares = {"lora": STEEP, "full": [share + 0.02 for share in SLOW], "tfidf": SLOW}
    grids = of_data_sets(shares, 4, seeds=1)
    grids["data 0"] |= curves({"zero": FLAT}, seeds=1)
    section = overall_ranking(grids, ["accuracy"], [*shares, "zero"], tmp_path, "", name=str.upper)
    assert "not tested: a test of ranks needs at least 6 independent data sets; there are 4." in section.paragraphs[0]
    assert section.paragraphs[1] == "Not ranked, for they lack a data set that others have: ZERO."
    assert tuple(tuple(map(str, line)) for line in section.tables[0].table.lines) == (
        ("lora", "1.00"),
        ("full", "2.00"),
        ("tfidf", "3.00"),
        ("zero", "not ranked"),
    )
    assert not section.pictures


@pytest.mark.parametrize(
    ("rows", "data_sets", "why"),
    [
        (3, 2, "ranks need at least 3 independent data sets (label counts and sizes of one are not), and there are 2"),
        (2, 7, "ranks need at least 3 rows that have every data set, and there are 2"),
    ],
)
def test_too_few_rows_or_data_sets_have_no_ranks(rows, data_sets, why, tmp_path):
    shares = dict(list({"lora": STEEP, "tfidf": SLOW, "full": FLAT}.items())[:rows])
    section = overall_ranking(
        of_data_sets(shares, data_sets, seeds=1), ["accuracy"], list(shares), tmp_path, "", name=str.upper
    )
    assert section.paragraphs == [f"No average ranks: {why}."]
    assert not section.tables
    assert not section.pictures


def test_one_row_has_no_ranks(tmp_path):
    view = view_of(curves({"lora": STEEP}), METHODS, tmp_path)
    assert ranks.section(view) is None
    assert overall_ranking({"bbc": view.predictions}, ["accuracy"], ["lora"], tmp_path, "_all", name=str.upper) is None


def test_several_data_sets_are_ranked_together(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.sections.SECTIONS", {"Ranks": ranks.section})
    rows = [("minilm", "lora"), ("bert_base", "lora"), ("tfidf_sgd", None)]
    cells = [
        cell
        for data in ("bbc", "all data sets", "spam", "news", "trec", "emotions")
        for cell in simulate.grid(tmp_path / "r", rows, data=data, train_sizes=(64,), seeds=(0,), num_labels=(2,))
    ]
    simulate.run(cells, num_test=60)
    sets = simulate.grid(tmp_path / "r", rows, data="moods", train_sizes=(64,), seeds=(0,), num_labels=(3,))
    simulate_sets.run(sets)
    cells, given = [*cells, *sets], []
    make = page.overall_ranking
    monkeypatch.setattr(page, "overall_ranking", lambda *found, **more: given.append(found) or make(*found, **more))
    folder = write_report(cells, tmp_path / "report", ReportOptions("T")).parent
    text = markdown(folder / "index.html")
    assert "could not be made" not in text
    assert "## Ranks: spam" in text
    last = text[text.rindex("## Ranks: all data sets") :]
    assert "Average ranks of 3 rows over 7 data sets (by accuracy and macro F1, as rows of each are compared" in last
    ((grids, *_),) = given
    for cell in sets:
        scores = {p.row: sample_of(seeds).mean for p, seeds in grids["moods"].items()}
        assert scores[cell.row] == pytest.approx(store.read(cell.folder).measurements.test.macro_f1)
    assert "(ranks_all_data_sets_2.png)" in last  # the first is a data set of this name
    assert (folder / "ranks_all_data_sets_2.png").is_file()
    assert (folder / "tables" / "ranks_all_data_sets_2.csv").is_file()
