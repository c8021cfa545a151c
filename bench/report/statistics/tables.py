"""Frames of every point of a grid: intervals, and differences to a baseline, for heatmaps and tables."""

from collections.abc import Mapping

import pandas as pd

from bench.report.statistics.bootstrap import METRICS, Draws, metric_difference, metric_interval
from bench.report.statistics.correctness import BySeed, Grid, places, sample_of
from bench.report.statistics.intervals import Interval, difference_interval, mean_interval
from bench.report.statistics.paired import against

ACCURACY = "test_accuracy"
INTERVAL_COLUMNS = (
    "row",
    "num_labels",
    "train_size",
    "metric",
    "estimate",
    "low",
    "high",
    "method",
    "num_seeds",
    "num_examples",
)
DIFFERENCE_COLUMNS = (
    "row",
    "opponent",
    "num_labels",
    "train_size",
    "metric",
    "difference",
    "low",
    "high",
    "method",
    "p",
    "adjusted_p",
    "test",
    "told_apart",
    "cohens_h",
    "num_seeds",
    "num_examples",
    "seeds_left_out",
    "stands_for_all",
)


def interval_frame(grid: Grid, metric: str, draws: Draws) -> pd.DataFrame:
    """The interval of `metric` (`test_accuracy` or `test_macro_f1`) at every point: columns `INTERVAL_COLUMNS`.

    Accuracy is a mean of examples: variance components. Other metrics: the crossed bootstrap. One seed: the test set
    alone (`method` says which). Raises KeyError for a metric that can't be had from answers.
    """
    lines = []
    for point, seeds in grid.items():
        found = _interval(seeds, metric, draws)
        numbers = (found.estimate, found.low, found.high, found.method, found.num_seeds, found.num_examples)
        lines.append((point.row, point.num_labels, point.train_size, metric, *numbers))
    return pd.DataFrame(lines, columns=list(INTERVAL_COLUMNS))


def _interval(seeds: BySeed, metric: str, draws: Draws) -> Interval:
    if metric == ACCURACY:
        return mean_interval(sample_of(seeds))
    return metric_interval(seeds, METRICS[metric], draws)


def difference_frame(grid: Grid, opponent: str, metric: str, draws: Draws) -> pd.DataFrame:
    """Every row minus `opponent` on common seeds and test examples: columns `DIFFERENCE_COLUMNS`.

    p-values and effect sizes are those of accuracy, adjusted by Holm over the whole table; for other metrics they are
    null, and the interval (not adjusted) is by the crossed bootstrap. `seeds_left_out` is a text, empty for none.
    """
    lines = []
    for (row, labels, size), one in against(grid, opponent, list(places(grid))).items():
        pair, is_accuracy = one.paired, metric == ACCURACY
        found = (
            difference_interval(pair.sample)
            if is_accuracy
            else metric_difference(pair.a, pair.b, METRICS[metric], draws)
        )
        tested = (one.p, one.adjusted_p, one.test, one.told_apart, one.cohens_h) if is_accuracy else (None,) * 5
        numbers = (found.estimate, found.low, found.high, found.method, *tested, found.num_seeds, found.num_examples)
        left_out = _left_out({row: pair.only_a, opponent: pair.only_b})
        lines.append((row, opponent, labels, size, metric, *numbers, left_out, pair.stands_for_all))
    return pd.DataFrame(lines, columns=list(DIFFERENCE_COLUMNS))


def _left_out(seeds: Mapping[str, tuple[int, ...]]) -> str:
    """ "seeds 1, 2 of tfidf_sgd"; empty where both rows have the same seeds."""
    return "; ".join(
        f"{'seed' if len(some) == 1 else 'seeds'} {', '.join(map(str, some))} of {row}"
        for row, some in seeds.items()
        if some
    )
