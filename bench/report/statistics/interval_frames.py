"""Frames of every point of a grid: intervals, and differences to a baseline, for heatmaps and tables."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from bench.report.statistics.bootstrap import Draws, Statistic, example_interval, metric_difference, metric_interval
from bench.report.statistics.correctness import BySeed, Grid, metric_of_answers, places, sample_of
from bench.report.statistics.deciding import by_metric, has_parts
from bench.report.statistics.intervals import Interval, difference_interval, mean_interval
from bench.report.statistics.metrics import TEST, metric_of
from bench.report.statistics.paired import Comparison
from bench.report.statistics.points import Point
from bench.report.statistics.significance import Verdicts

ACCURACY = "test_accuracy"
ANY = Point("", 0, 0)
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
    "planned",
    "choices",
    "chosen_p",
    "decides",
    "test",
    "is_significant",
    "cohens_h",
    "num_seeds",
    "num_examples",
    "seeds_left_out",
    "stands_for_all",
)


def interval_frame(grid: Grid, metric: str, draws: Draws) -> pd.DataFrame:
    """The interval of `metric` (`test_accuracy`, `test_macro_f1`) at every point: columns `INTERVAL_COLUMNS`.

    What is a mean of examples, or of texts with several labels: variance components. Others: the same from a
    bootstrap. One seed: the test set alone (`method` says which). Points whose examples do not define the metric,
    or whose answers lack the probabilities that it needs, are left out. Raises KeyError for what is no metric.
    """
    if metric_of(metric) is None:
        raise KeyError(metric)
    lines = []
    for point, seeds in grid.items():
        found = _interval(seeds, metric, draws)
        if found is None or np.isnan(found.estimate):
            continue
        numbers = (found.estimate, found.low, found.high, found.method, found.num_seeds, found.num_examples)
        lines.append((point.row, point.num_labels, point.train_size, metric, *numbers))
    return pd.DataFrame(lines, columns=list(INTERVAL_COLUMNS))


def _interval(seeds: BySeed, metric: str, draws: Draws) -> Interval | None:
    if metric in (ACCURACY, f"{TEST}{metric_of_answers({'': seeds})}"):
        return mean_interval(sample_of(seeds))
    chosen = _statistic(metric)
    if not chosen.knows(seeds):
        return None
    if has_parts(seeds, chosen.metric):
        return mean_interval(sample_of(by_metric({ANY: seeds}, chosen.metric)[ANY]))
    return example_interval(seeds, chosen.metric) or metric_interval(seeds, chosen, draws)


def _statistic(column: str) -> Statistic:
    metric = metric_of(column)
    if metric is None:
        raise KeyError(column)
    return Statistic(metric)


def difference_frame(
    grid: Grid, opponent: str, metric: str, draws: Draws, verdicts: Verdicts | None = None
) -> pd.DataFrame:
    """Every row minus `opponent` on common seeds and test examples: columns `DIFFERENCE_COLUMNS`.

    p-values, effect sizes and whether the two are told apart are those of accuracy, or of the other metric that answers
    are compared by (`deciding`), by `verdicts` (default: of `grid`, with `opponent` as its baseline); for other metrics
    they are null, and the interval is by the bootstrap.
    `seeds_left_out` is a text, empty for none.
    """
    verdicts = verdicts or Verdicts(grid, baseline=opponent)
    lines = []
    for labels, size, one in _against(verdicts, opponent):
        row, pair = one.a, one.paired
        is_tested = metric == f"{TEST}{metric_of_answers({row: pair.a})}"
        found = (
            difference_interval(pair.sample)
            if is_tested
            else metric_difference(pair.a, pair.b, _statistic(metric), draws)
        )
        tested: tuple[object, ...] = (None,) * 9
        if is_tested:
            corrected = (one.adjusted_p, one.planned, one.choices, one.chosen_p)
            tested = (one.p, *corrected, pair.decides, one.test, one.is_significant, one.cohens_h)
        numbers = (found.estimate, found.low, found.high, found.method, *tested, found.num_seeds, found.num_examples)
        left_out = _left_out({row: pair.only_a, opponent: pair.only_b})
        lines.append((row, opponent, labels, size, metric, *numbers, left_out, pair.stands_for_all))
    return pd.DataFrame(lines, columns=list(DIFFERENCE_COLUMNS))


def _against(verdicts: Verdicts, opponent: str) -> Iterator[tuple[int, int, Comparison]]:
    """Every row against `opponent` at every point, with its label count and size."""
    for labels, size in places(verdicts.grid):
        for row in verdicts.rows_at(labels, size):
            one = None if row == opponent else verdicts.of(row, opponent, labels, size)
            if one is not None:
                yield labels, size, one


def _left_out(seeds: Mapping[str, tuple[int, ...]]) -> str:
    """ "seeds 1, 2 of tfidf_sgd"; empty where both rows have the same seeds."""
    return "; ".join(
        f"{'seed' if len(some) == 1 else 'seeds'} {', '.join(map(str, some))} of {row}"
        for row, some in seeds.items()
        if some
    )
