"""The answer: its sentences and tables, and the marks of the heatmap."""

import re

import numpy as np
import pandas as pd
import pytest

from bench.metrics.table import METRICS
from bench.report.content.verdict_words import budget_points, crossing_text, needed_text
from bench.report.content.words import Words, p_text
from bench.report.figures.differences import differences, significant_marks
from bench.report.figures.heatmap import contents_of, heatmap, marks_of
from bench.report.figures.heatmap_cells import APART, BEST, TIED
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.decision import budgets, crossing
from bench.report.statistics.power import Needed
from bench.report.statistics.ties import standing
from bench.results import store
from bench.results.record import Status
from tests.report import simulate
from tests.report.statistics.answers import exactly, grid_of

ROWS = [("minilm", "lora"), ("minilm", "linear_probe"), ("tfidf_sgd", None)]
SIZES = (32, 128, 512)
WORDS = Words(str, METRICS["accuracy"])
LOW, HIGH = [0.60, 0.62, 0.61], [0.90, 0.91, 0.92]


def page_of(tmp_path, accuracies, monkeypatch, status=lambda cell: Status.OK, **axes) -> str:
    """The page as Markdown; `accuracies` are by method, null for the baseline."""
    monkeypatch.setattr(simulate, "accuracy", lambda cell: accuracies[cell.method] + 0.005 * cell.seed)
    cells = simulate.grid(tmp_path / "r", ROWS, num_labels=(2,), **axes)
    simulate.run(cells, status, num_test=400)
    text = write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    return text.replace("\\[", "[").replace("\\]", "]")


def test_a_clear_answer_is_said(tmp_path, monkeypatch):
    text = page_of(tmp_path, {"lora": 0.95, "linear_probe": 0.8, None: 0.6}, monkeypatch)
    assert "minilm lora is first at all 3 combinations of labels and examples, alone." in text
    assert "- minilm lora has the highest accuracy: 95." in text
    assert "2 seeds, 400 test texts. It is significantly better than every other row; " in text
    assert "next is minilm linear_probe, behind by 15." in text
    assert "- minilm lora beats tfidf_sgd at every size from 32 on: +35." in text
    assert "- minilm lora beats minilm linear_probe at every size from 32 on: +15." in text
    assert text.index("- minilm lora has the highest") < text.index("### How we compare") < text.index("### Best")
    line = next(line for line in text.splitlines() if line.startswith("| minilm lora | 32 (smallest tried)"))
    assert line
    assert "| minilm lora | 2 | 512 | +0.35" in text
    assert "| better | p &lt; 0.01 | p &lt; 0.01 |" in text


def test_what_can_not_be_told_is_said(tmp_path, monkeypatch):
    text = page_of(tmp_path, {"lora": 0.802, "linear_probe": 0.8, None: 0.6}, monkeypatch)
    assert "No significant difference to minilm linear_probe." in text
    few = "Two seeds say too little of how much seeds differ to know how many would decide"
    assert f"{few}: run more of minilm lora and minilm linear_probe." in text
    assert "not known from two seeds" in text
    assert "minilm lora differs significantly from minilm linear_probe at no size" in text
    assert "minilm lora beats tfidf_sgd at every size from 32 on" in text


def test_what_three_seeds_can_not_tell_is_said_with_how_many_would(tmp_path, monkeypatch):
    accuracies = {"lora": 0.802, "linear_probe": 0.8, None: 0.6}
    text = page_of(tmp_path, accuracies, monkeypatch, seeds=(0, 1, 2), train_sizes=(32,))
    assert "Even a true lead of 1.0 points over minilm linear_probe would take" in text


def test_one_seed_says_so(tmp_path, monkeypatch):
    text = page_of(tmp_path, {"lora": 0.81, "linear_probe": 0.8, None: 0.6}, monkeypatch, seeds=(0,))
    assert "There is one seed a row, which decides nothing: intervals and tests (McNemar)" in text
    assert "One seed says nothing of how much seeds differ: run more of minilm lora and minilm linear_probe." in text
    assert "| McNemar |" in text


def test_missing_seeds_and_predictions_are_said(tmp_path, monkeypatch):
    def status(cell):
        return Status.OOM if cell.method == "lora" and cell.seed else Status.OK

    text = page_of(tmp_path, {"lora": 0.95, "linear_probe": 0.8, None: 0.6}, monkeypatch, status)
    assert "Compared on common seeds, for others are missing: minilm lora (1 seed)." in text
    cells = simulate.grid(tmp_path / "r", ROWS, num_labels=(2,))
    for cell in cells:
        if cell.method == "linear_probe":
            (cell.folder / store.read(cell.folder).predictions_file).unlink()
    (tmp_path / "report" / ".answers.parquet").unlink()
    text = write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    assert "Predictions are gone at 3 points (minilm linear_probe): they are in no comparison." in text
    assert "The answer" in text


def test_no_predictions_at_all(tmp_path):
    cells = simulate.grid(tmp_path / "r", ROWS, num_labels=(2,))
    simulate.run(cells)
    for path in (tmp_path / "r").glob("*/*.parquet"):
        path.unlink()
    text = write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text()
    assert "The predictions of all finished cells are gone, so nothing can be compared." in text


def curve_grid(lora, tfidf):
    rows = {("lora", 2, size): exactly(seeds) for size, seeds in zip(SIZES, lora, strict=True)}
    return grid_of(rows | {("tfidf", 2, size): exactly(seeds) for size, seeds in zip(SIZES, tfidf, strict=True)})


@pytest.mark.parametrize(
    ("lora", "said"),
    [
        ([HIGH] * 3, "lora beats tfidf at every size from 32 on: +30.0 points ("),
        ([LOW, HIGH, HIGH], "lora beats tfidf from 128 training examples on: +30.0 points ("),
        (
            [HIGH, HIGH, LOW],
            "lora beats tfidf at 32 and 128 training examples, but not beyond: the difference at 512 is 0.0 points (",
        ),
        ([LOW] * 3, "lora differs significantly from tfidf at no size: the difference at 512 is 0.0 points ("),
        ([[0.3, 0.31, 0.32]] * 3, "lora is worse than tfidf by 30.0 points ("),
    ],
)
def test_from_where_on_a_row_is_better(lora, said):
    assert crossing_text(crossing(curve_grid(lora, [LOW] * 3), "lora", "tfidf", 2), WORDS).startswith(said)


def test_the_cheapest_is_named_with_what_is_not_sure():
    grid = grid_of({("lora", 2, 32): exactly([0.9, 0.92, 0.91]), ("probe", 2, 32): exactly([0.89, 0.93, 0.905])})
    (found,) = budgets(grid, {("lora", 2, 32): 60.0, ("probe", 2, 32): 0.1})
    said = budget_points(found, WORDS)
    cheap = next(line for line in said if line.startswith("Cheapest within one point: probe"))
    assert re.search(
        r"probe, which trains in less than 1 s instead of 1 min 0 s; it could be up to \d\.\d points worse\.", cheap
    )


def test_a_row_that_lacks_seeds_may_be_ahead():
    grid = grid_of({("lora", 2, 32): exactly([0.9, 0.92, 0.88]), ("lucky", 2, 32): exactly([0.99])})
    said = " ".join(budget_points(budgets(grid, {})[0], WORDS))
    assert "On fewer seeds, lucky has 99.0 % (1 seed). One seed decides nothing between it and lucky." in said
    assert "for others are missing: lucky (1 seed)" in said


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (
            Needed(0.02, 9, None, ""),
            "true lead of 2.0 points over probe would take about 9 seeds to confirm; there are 3.",
        ),
        (Needed(0.02, 2, None, ""), "would probably have been seen with 3 seeds: it is smaller"),
        (Needed(0.01, None, 4000, "more than 50 seeds"), "about 4,000 test texts to confirm, or more than 50 seeds"),
        (Needed(0.01, None, None, "more than 50 seeds"), "go by cost instead"),
    ],
)
def test_what_would_decide(needed, said):
    grid = grid_of({("lora", 2, 32): exactly([0.9, 0.92, 0.91]), ("probe", 2, 32): exactly([0.9, 0.91, 0.905])})
    assert said in needed_text(needed, standing(grid, 2, 32).others[0], WORDS)


@pytest.mark.parametrize(("p", "text"), [(1e-9, "p < 0.01"), (0.0123, "p = 0.012"), (0.5, "p = 0.50")])
def test_small_p_values_are_not_zero(p, text):
    assert p_text(p) == text


def test_heatmaps_mark_the_best_and_its_ties():
    random = np.random.default_rng(0)
    grid = grid_of(
        {("lora", 2, size): exactly(0.9 + 0.01 * random.random(3)) for size in (32, 64)}
        | {("probe", 2, 32): exactly([0.9, 0.905, 0.9]), ("probe", 2, 64): exactly([0.5, 0.51, 0.52])}
        | {("zero", 2, 0): exactly([0.3])}
    )
    found = marks_of([standing(grid, 2, 32), standing(grid, 2, 64)])
    assert found["lora", 2, 64] == BEST
    assert {found["lora", 2, 32], found["probe", 2, 32]} == {BEST, TIED}
    assert ("probe", 2, 64) not in found
    assert not [place for place in found if place[0] == "zero"]


def test_an_untrained_row_is_marked_under_each_size(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "accuracy", lambda cell: 0.8 if cell.method == "zero_shot" else 0.5)
    cells = simulate.grid(tmp_path, ROWS[:1], num_labels=(2,))
    cells += simulate.grid(tmp_path, [("m", "zero_shot")], num_labels=(2,), train_sizes=(0,))
    simulate.run(cells)
    frame = cells_frame(cells)
    marks = {("m zero_shot", 2, 32): BEST, ("m zero_shot", 2, 512): TIED}
    assert contents_of(summary_frame(frame), "test_accuracy", marks=marks)["m zero_shot", 2, 0].marks == (
        BEST,
        "",
        TIED,
    )
    texts = [text.get_text() for text in heatmap(frame, "test_accuracy", marks).axes[0].texts]
    assert (texts.count(BEST), texts.count(TIED)) == (1, 1)


def test_what_is_told_from_the_baseline_is_marked(tmp_path, monkeypatch):
    text = page_of(tmp_path, {"lora": 0.95, "linear_probe": 0.602, None: 0.6}, monkeypatch)
    # over the baseline, of which it is the best of two rows, and over the probe, at three sizes
    assert text.count("| better | p &lt; 0.01; p &lt; 0.01 as the best of 2 rows | p &lt; 0.01 |") == 3
    assert text.count("| better | p &lt; 0.01 | p &lt; 0.01 |") == 3
    found = pd.DataFrame({"row": ["minilm lora"], "num_labels": 2, "train_size": 128, "is_significant": True})
    frame = cells_frame(simulate.grid(tmp_path / "r", ROWS, num_labels=(2,)))
    figure = differences(frame, "test_accuracy", "tfidf_sgd", significant_marks(found))
    assert [text.get_text() for text in figure.axes[0].texts].count(APART) == 1


@pytest.mark.parametrize(
    ("tfidf_sizes", "said"),
    [
        ((32,), "lora beats tfidf: +30.0 points ("),
        ((32, 128), "lora beats tfidf at every size that both have (32 to 128): +30.0 points ("),
    ],
)
def test_nothing_is_said_of_sizes_that_were_not_compared(tfidf_sizes, said):
    grid = grid_of(
        {("lora", 2, size): exactly(HIGH) for size in SIZES}
        | {("tfidf", 2, size): exactly(LOW) for size in tfidf_sizes}
    )
    assert crossing_text(crossing(grid, "lora", "tfidf", 2), WORDS).startswith(said)


def test_a_row_that_wins_late_is_not_said_to_win_beyond_what_was_compared():
    rows = {("lora", 2, size): exactly(LOW if size == 32 else HIGH) for size in (*SIZES, 512)}
    rows |= {("tfidf", 2, size): exactly(LOW) for size in SIZES[:2]}
    said = crossing_text(crossing(grid_of(rows), "lora", "tfidf", 2), WORDS)
    assert said.startswith("lora beats tfidf: +30.0 points (")
    assert "at 128" in said
