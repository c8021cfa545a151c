"""Intervals as pictures, on one scale a table."""

import pytest

from bench.report.content.parts import Entry, Strip
from bench.report.content.strips import with_strips
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.render.document import strip_style
from bench.report.tables.results import result_tables
from tests.report import simulate


def entry(mean: float, low: float | None, high: float | None) -> Entry:
    return Entry("x", numbers={"mean": mean, "low": low, "high": high})


def test_all_of_a_table_have_one_scale() -> None:
    made = with_strips([["a", entry(0.5, 0.4, 0.6)], ["b", entry(0.7, 0.6, 0.8)], ["c", "not run"]])
    assert [line[1].strip for line in made[:2]] == [
        Strip(*map(pytest.approx, (0, 0.25, 0.5))),
        Strip(*map(pytest.approx, (0.5, 0.75, 1))),
    ]
    assert made[2] == ["c", "not run"]


def test_one_column_may_have_them_around_zero() -> None:
    made = with_strips([["a", entry(2.0, 1.0, 3.0), entry(9.0, 8.0, 10.0)]], 1, around_zero=True)
    assert made[0][1].strip == Strip(*map(pytest.approx, (1 / 3, 2 / 3, 1)), 0.0)
    assert made[0][2].strip is None


@pytest.mark.parametrize("one", [entry(0.5, None, None), entry(0.5, 0.5, 0.5), Entry("x")])
def test_what_has_no_interval_has_none(one: Entry) -> None:
    assert with_strips([["a", one]])[0][1].strip is None


def test_the_page_is_told_its_places_in_percent() -> None:
    assert strip_style(Strip(0.1, 0.25, 0.5)) == "--l:10.0%;--m:25.0%;--h:50.0%"
    assert strip_style(Strip(0, 0.5, 1, 0.3)) == "--l:0.0%;--m:50.0%;--h:100.0%;--z:30.0%"


def test_each_table_of_results_is_tinted_from_its_own_worst_to_its_own_best(tmp_path) -> None:
    cells = simulate.grid(tmp_path, [("tfidf_sgd", None), ("minilm", "lora")], num_labels=(2, 5))
    simulate.run(cells)
    for titled in result_tables(summary_frame(cells_frame(cells)), "test_accuracy"):
        shades = [one.shade for line in titled.table.lines for one in line[1:]]
        assert (min(shades), max(shades)) == (0, 1), titled.title
