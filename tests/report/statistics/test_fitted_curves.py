from bench.report.statistics import fitted_curves as fitted
from bench.report.statistics.curves import Curve, Refusal
from bench.report.statistics.fitted_curves import best_first, drawn_curves, fitted_curves
from tests.report.statistics.answers import exactly, grid_of
from tests.report.views import FLAT, SLOW, STEEP, TRIED, curves


def test_curves_and_refusals_of_all_rows_best_first():
    grid = curves({"lora": STEEP, "tfidf": SLOW, "stuck": FLAT}) | grid_of({("zero", 2, 0): exactly([0.9])})
    found = fitted_curves(grid).at(2)
    assert list(found) == ["lora", "stuck", "tfidf"]
    assert isinstance(found["lora"], Curve)
    assert isinstance(found["stuck"], Refusal)


def test_rows_with_fewer_seeds_or_smaller_sizes_are_not_the_best():
    grid = curves({"lora": SLOW}) | curves({"lucky": STEEP}, seeds=1)
    grid |= curves({"short": STEEP[2:]}, TRIED[:3])
    assert best_first(grid, 2) == ["lora", "lucky", "short"]


def test_in_a_big_grid_only_what_matters_is_fitted(monkeypatch):
    grid = curves({f"row {n}": [share + n / 100 for share in SLOW] for n in range(8)})
    monkeypatch.setattr(fitted, "MAX_POINTS", 39)
    found = fitted_curves(grid, ["row 0"])
    assert list(found.at(2)) == ["row 7", "row 6", "row 5", "row 4", "row 3", "row 0"]
    assert found.left_out == {2: ("row 2", "row 1")}
    monkeypatch.setattr(fitted, "MAX_POINTS", 40)
    assert fitted_curves(grid).left_out == {2: ()}


def test_a_panel_with_many_curves_draws_those_of_the_best_rows_and_the_baseline():
    grid = curves({f"row {n}": [share + n / 100 for share in SLOW] for n in range(5)})
    assert [row for row, _ in drawn_curves(fitted_curves(grid), ["row 0"])] == ["row 4", "row 3", "row 2", "row 0"]
    few = curves({f"row {n}": [share + n / 100 for share in SLOW] for n in range(4)})
    assert len(drawn_curves(fitted_curves(few))) == 4
