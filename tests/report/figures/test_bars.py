import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench.report.figures.bars import (
    DEVIATION,
    INTERVAL,
    TEST_SET,
    bar_handles,
    bars_phrase,
    draw_bars,
    kinds_of,
    with_bars,
)
from bench.report.statistics.bootstrap import Draws
from bench.report.statistics.interval_frames import interval_frame
from tests.report.statistics.answers import exactly, grid_of

GRID = grid_of(
    {
        ("lora", 2, 32): exactly([0.7, 0.74, 0.72]),
        ("lora", 2, 64): exactly([0.8]),
        ("lora", 2, 128): exactly([0.8, 0.9]),  # a third seed's answers are gone
    }
)
SUMMARY = pd.DataFrame(
    {
        "row": pd.Categorical(["lora"] * 4, ordered=True),
        "num_labels": [2] * 4,
        "train_size": [32, 64, 128, 256],
        "n_ok": [3, 1, 3, 1],
        "n_expected": [3] * 4,
        "test_accuracy_mean": [0.72, 0.8, 0.85, 0.9],
        "test_accuracy_sd": [0.02, np.nan, 0.05, np.nan],
    },
    index=[7, 3, 5, 1],
)


def barred(intervals=True) -> pd.DataFrame:
    found = interval_frame(GRID, "test_accuracy", Draws(10)) if intervals else None
    return with_bars(SUMMARY, "test_accuracy", found)


def test_a_point_has_its_interval_only_where_that_is_over_all_its_seeds():
    points = barred()
    assert list(points["bar"]) == [INTERVAL, TEST_SET, DEVIATION, ""]
    assert list(points.index) == [7, 3, 5, 1]
    first = points.loc[7]
    assert first["low"] < 0.70  # wider than the seeds themselves
    assert first["high"] > 0.74
    np.testing.assert_allclose(points.loc[5, ["low", "high"]].astype(float), [0.80, 0.90])
    assert points.loc[1, ["low", "high"]].isna().all()


def test_without_answers_bars_are_deviations():
    points = barred(intervals=False)
    assert kinds_of(points) == [DEVIATION]
    assert bars_phrase(points) == (
        "Mean over 3 seeds where not said otherwise. Bars are ± one standard deviation over seeds, no intervals."
    )


def test_the_small_print_says_what_each_kind_of_bar_is():
    said = bars_phrase(barred())
    assert "Bars are 95\u00a0% intervals over new seeds and new test examples." in said
    assert "Bars without caps" in said
    assert "they know nothing of other seeds" in said
    assert "Dotted bars" in said
    single = bars_phrase(barred().loc[[3]].assign(n_expected=1))
    assert single.startswith("One seed a point. Bars are 95\u00a0% intervals of the test set alone")


def test_bars_are_drawn_from_end_to_end_and_each_kind_has_its_look():
    axes = Figure().add_subplot()
    points = barred()
    draw_bars(axes, np.arange(4), points, "test_accuracy", "red")
    drawn = [bars.get_segments()[0][:, 1] for bars in axes.collections]
    np.testing.assert_allclose(drawn, points[["low", "high"]].to_numpy()[:3])
    assert len({str(bars.get_linestyle()) for bars in axes.collections}) == 2
    handles = bar_handles(kinds_of(points))
    assert [handle.get_label() for handle in handles] == [
        "95\u00a0% interval",
        "95\u00a0% interval, test set alone",
        "mean ± SD over seeds",
    ]
    assert len({len(handle.get_marker().vertices) for handle in handles}) == 3
