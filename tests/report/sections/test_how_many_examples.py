"""How many examples: targets by fitted curves, and data equivalence, in tables, sentences and a figure."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.report.figures.equivalents import equivalence_curves
from bench.report.options import ReportOptions
from bench.report.sections import how_many_examples
from bench.report.statistics.curves import Curve, Observed, fit_curve
from bench.report.statistics.equivalence import MORE, Equivalence
from bench.report.statistics.points import Point
from bench.report.statistics.targets import ExamplesNeeded, examples_needed
from bench.report.tables.equivalents import equivalent_sentence, equivalents, equivalents_table, short_text
from bench.report.tables.targets import needed_text, targets_at, targets_table
from tests.report.statistics.answers import exactly, grid_of
from tests.report.views import FLAT, SLOW, STEEP, TRIED, curves, view_of

METHODS = {"lora": "lora", "probe": "linear_probe", "zero": "zero_shot", "stuck": "lora", "tfidf": None}
SHARES = {"lora": STEEP, "probe": [share - 0.02 for share in STEEP], "stuck": FLAT, "tfidf": SLOW}


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    grid = curves(SHARES) | grid_of({("zero", 2, 0): exactly([0.7], 400)})
    return view_of(grid, METHODS, tmp_path_factory.mktemp("examples"))


def lines_of(titled) -> dict[str, list[str]]:
    return {str(line[0]): [str(entry) for entry in line[1:]] for line in titled.table.lines}


def test_only_what_is_not_in_the_grid_is_said_to_be(tmp_path):
    grid = {
        point: seeds
        for point, seeds in curves(SHARES).items()
        if (point.row, point.train_size) not in {("lora", 512), ("lora", 256), ("probe", 512)}
    }
    columns = ["row", "num_labels", "train_size", "n_ok", "n_expected", "not_ok"]
    summary = pd.DataFrame([("lora", 2, 512, 0, 3, "oom"), ("lora", 2, 256, 3, 3, "")], columns=columns)
    view = replace(view_of(grid, METHODS, tmp_path), summary=summary)
    lines = lines_of(equivalents_table(view, [equivalents(view, "tfidf", 2)]))
    assert lines["lora"][-2:] == ["predictions are gone", "out of memory"]
    assert lines["probe"][-1] == "not in the grid"


def test_targets_are_the_best_rows_accuracy_and_round_ones_in_reach(view):
    targets = targets_at(view, 2)
    assert (targets.best, targets.train_size, targets.near_best) == ("lora", 512, (0.91, 0.90, 0.89))
    assert targets.round == (0.6, 0.7, 0.8, 0.95)  # 0.9 is one of the others already, 0.99 out of reach
    assert targets.all == [0.6, 0.7, 0.8, 0.89, 0.9, 0.91, 0.95]


def test_every_row_has_examples_for_every_target_or_a_reason(view):
    titled = targets_table(view, targets_at(view, 2))
    assert titled.name == "examples_needed_2_labels"
    assert titled.pinned == "tfidf"
    assert titled.table.header[4:7] == ("0.890 (best − 0.02)", "0.900 (best − 0.01)", "0.910 (best)")
    lines = lines_of(titled)
    assert list(lines) == ["lora", "probe", "stuck", "tfidf"]
    assert lines["stuck"] == [*["no forecast"] * 7, ""]
    (_, sentences), *_ = how_many_examples.section(view).lists
    assert any(said.startswith("No forecast for stuck: its gain over the sizes") for said in sentences)
    assert any(said.startswith("Forecasts stop at 16 times the largest size: ") for said in sentences)
    assert lines["tfidf"][5].startswith(("≈ ", "at least ≈ "))
    curve = view.fitted.at(2)["lora"]
    wanted = examples_needed(curve, 0.8)
    assert 100 < wanted.estimate < 150
    assert lines["lora"][2] == needed_text(wanted, curve)


def test_a_target_that_is_asked_for_is_in_the_table_and_the_sentence(view):
    asked = replace(view, options=ReportOptions("T", target_accuracy=0.97))
    titled = targets_table(asked, targets_at(asked, 2))
    assert titled.table.header[-2] == "0.97 (asked for)"
    said = how_many_examples.section(asked)
    assert said is not None
    (_, sentences), *_ = said.lists
    assert sentences[0].startswith("For an accuracy of 97.0 % (asked for): ")
    assert "(asked for)" not in str(how_many_examples.section(view).lists)


def test_a_round_target_that_is_asked_for_is_there_once(view):
    targets = targets_at(replace(view, options=ReportOptions("T", target_accuracy=0.8)), 2)
    assert targets.all.count(0.8) == 1
    assert 0.8 not in targets.round


def needed(verdict, estimate, low, high) -> ExamplesNeeded:
    return ExamplesNeeded(0.9, verdict, estimate, low, high, 8192, "why")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (needed("between", 1234, 432, 2345), "≈ 1,200 [430, 2,300]"),
        (needed("between", 234, 32, 345), "230 [≤ 32, 340]"),
        (needed("between", 32, 32, 45), "≤ 32 [≤ 32, 45]"),
        (needed("at_most", 32, 32, 32), "≤ 32"),
        (needed("at_most", 32, 32, 61), "at most 61"),
        (needed("at_least", 700, 432, None), "at least 430"),
        (needed("at_least", None, 1432, None), "at least ≈ 1,400"),
        (needed("at_least", 700, 32, None), "unknown [≤ 32, > 8,192]"),
        (needed("not_reachable", None, None, None), "> 8,192"),
    ],
)
def test_needed_examples_as_they_are_read(found, text):
    shares = np.stack([np.asarray(STEEP) + step for step in (-0.01, 0.0, 0.01)])
    curve = fit_curve(Observed(np.asarray(TRIED, dtype=float), shares, 2, 400))
    assert isinstance(curve, Curve)
    assert needed_text(found, curve) == text


def equal(estimate, low, high, train_size=64) -> Equivalence:
    return Equivalence("minilm lora", train_size, "tfidf_sgd", estimate, low, high, 0.95, 32, 2400, (0, 1, 2))


@pytest.mark.parametrize(
    ("found", "short", "end"),
    [
        (equal(612, 431, 904), "610 [430, 900]", "with 610 (430 to 900)."),
        (equal(612, 32, MORE), "610 [≤ 32, > 2,400]", "with 610 (32 or fewer to more than 2,400)."),
        (
            equal(MORE, MORE, MORE),
            "> 2,400",
            "more than 2,400 (the most that was tried; all of its interval is beyond).",
        ),
        (
            equal(MORE, 1900, MORE),
            "> 2,400 [1,900, > 2,400]",
            "the most that was tried; at least 1,900 by its interval).",
        ),
        (equal(MORE, 32, MORE), "> 2,400 [≤ 32, > 2,400]", "the most that was tried; its interval says nothing more)."),
        (equal(32, 32, 32), "≤ 32", "with 32 or fewer (the fewest that were tried)."),
        (equal(32, 32, 51), "≤ 32 [≤ 32, 51]", "the fewest that were tried; by its interval it may be up to 51)."),
    ],
)
def test_equivalence_in_a_table_and_in_words(found, short, end):
    assert short_text(found) == short
    sentence = equivalent_sentence(found, str.upper)
    assert sentence.startswith("MINILM LORA with 64 examples does as well as TFIDF_SGD with ")
    assert sentence.endswith(end)
    untrained = equivalent_sentence(equal(612, 431, 904, train_size=0), str.upper)
    assert untrained.startswith("MINILM LORA with no examples does as well as TFIDF_SGD with 610")


def test_the_table_has_every_row_and_untrained_ones_at_all_sizes(view):
    found = equivalents(view, "tfidf", 2)
    titled = equivalents_table(view, [found])
    assert titled.name == "same_as_tfidf"
    lines = lines_of(titled)
    assert set(lines) == {"lora", "probe", "stuck", "zero (no training examples)"}
    assert lines["lora"][0] == "2"
    assert lines["lora"][2] == short_text(found.found[Point("lora", 2, 64)])
    assert lines["lora"][-1].startswith("> 512")
    assert set(lines["zero (no training examples)"][1:]) == {short_text(found.found[Point("zero", 2, 0)])}
    assert 64 < found.found[Point("lora", 2, 64)].estimate <= 256  # 0.72 is what tfidf does with 256


def test_the_section_says_it_in_sentences_first(view, monkeypatch):
    monkeypatch.setattr("bench.report.view.save", lambda *_: None)
    section = how_many_examples.section(view)
    ((heading, said),) = section.lists
    assert heading == "2 labels"
    assert said[0].startswith("For an accuracy of 89.0 % (that of lora at 512, less 2 points): lora needs ")
    assert "tfidf needs at least " in said[0]
    same = [line.partition(" does as well as ")[0] for line in said if " does as well as tfidf " in line]
    assert same == ["lora with 32 examples", "lora with 512 examples", "zero with no examples"]
    assert [titled.name for titled in section.tables] == ["same_as_tfidf", "same_as_probe", "examples_needed_2_labels"]
    assert [picture.name for picture in section.pictures] == ["same_as_baseline", "same_as_probe"]
    assert all(picture.text for picture in section.pictures)


def test_without_a_curve_or_a_comparison_the_reasons_are_said(tmp_path):
    one = view_of(curves({"lora": STEEP[:1], "tfidf": SLOW[:1]}, TRIED[:1]), METHODS, tmp_path)
    section = how_many_examples.section(one)
    assert section.paragraphs == [
        "No forecast of how many examples a target accuracy takes: a curve needs at least 3 training sizes, and has 1.",
        "No row's accuracy can be given in examples of a simpler row: tfidf has only 1 of the 3 training sizes that "
        "equivalence needs.",
    ]
    assert not section.tables
    assert not section.pictures
    assert not section.lists


def test_one_seed_says_what_intervals_do_not_know(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.view.save", lambda *_: None)
    single = view_of(curves({"lora": STEEP, "tfidf": SLOW}, seeds=1), METHODS, tmp_path)
    section = how_many_examples.section(single)
    assert "needs at least 2 seeds that have every size, and has 1" in section.paragraphs[0]
    assert "There is one seed a row" in section.paragraphs[1]
    assert [titled.name for titled in section.tables] == ["same_as_tfidf"]


def test_no_trained_row_has_no_section(tmp_path):
    assert how_many_examples.section(view_of(grid_of({("zero", 2, 0): exactly([0.7])}), METHODS, tmp_path)) is None


def test_a_big_grid_has_the_rows_and_sizes_that_matter(view, tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.view.save", lambda *_: None)
    monkeypatch.setattr("bench.report.statistics.fitted_curves.MAX_POINTS", 10)
    monkeypatch.setattr("bench.report.statistics.fitted_curves.FEW_ROWS", 1)
    monkeypatch.setattr("bench.report.tables.equivalents.MAX_SIZES", 2)
    big = view_of(view.predictions, METHODS, tmp_path)
    section = how_many_examples.section(big)
    assert section.paragraphs[-1].endswith("rows left out here: up to 1.")
    found = equivalents(big, "tfidf", 2).found
    assert set(found) == {("lora", 2, 32), ("lora", 2, 512), ("probe", 2, 32), ("probe", 2, 512), ("zero", 2, 0)}


def test_the_figure_has_points_bars_and_strips_for_what_is_beyond(view):
    found = equivalents(view, "tfidf", 2)
    axes = equivalence_curves([found], view.rows, "bbc").axes[0]
    line = next(line for line in axes.lines if line.get_marker() == "o")  # the first row's marker
    drawn = line.get_ydata()
    assert drawn[1] == pytest.approx(found.found[Point("lora", 2, 64)].estimate)
    assert drawn[-1] > 512  # in the strip
    assert drawn[-1] < axes.get_ylim()[1]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["≤ 32", "64", "128", "256", "> 512"]
    assert any(line.get_label() == "_as_many" for line in axes.lines)
    assert "zero" not in [text.get_text() for text in axes.figure.legends[0].get_texts()]


def test_no_point_among_the_sizes_tried_has_no_figure(tmp_path):
    above = view_of(curves({"lora": [0.9] * 5, "tfidf": SLOW}), METHODS, tmp_path)
    assert equivalence_curves([equivalents(above, "tfidf", 2)], above.rows, "bbc") is None
