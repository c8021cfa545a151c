"""How often the intervals of metrics hold the expected value where a text may have several labels, some of them rare.

    python -m tests.report.statistics.coverage --only sets set_differences

simulates all of `settings`; the tests do a few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
from scipy import optimize, stats

from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.table import MULTI_LABEL_METRICS
from bench.report.statistics.bootstrap import Draws, Statistic, metric_interval
from bench.report.statistics.correctness import BySeed, TestPredictions
from bench.report.statistics.deciding import by_metric
from bench.report.statistics.interval_frames import interval_frame
from bench.report.statistics.points import Point
from bench.report.statistics.significance import Verdicts
from tests.report.statistics.label_sets import a_set

METRICS = ("macro_f1", "micro_f1", "samples_f1", "accuracy", "hamming_loss", "lrap", "average_precision", "roc_auc")
DECIDING = ("macro_f1", "micro_f1", "samples_f1", "accuracy", "hamming_loss")
"""Those that rows are compared by."""
BETTER = 0.5
"""By how much more one of two rows tells."""
MOST = 0.4
"""The share of texts that have the most frequent label."""
OF_TEXT, OF_BOTH, OWN = 0.6, 0.8, 0.8
"""What makes a label hard to tell: of a text, of a text and a label, and of one training alone."""
MANY, OFTEN = 20_000, 20
"""Texts of a test set and trainings that the expected value is a mean of."""


@dataclass(frozen=True)
class SetSetting:
    """What is repeated."""

    seeds: int
    examples: int
    labels: int
    tells: float
    """How far scores of texts that have a label are above those of others: 0 tells nothing, 7 nearly all."""
    rarest: float = 0.01
    """The share of texts that have the rarest label; those between lie evenly in its logarithm."""
    spread: float = 0.15
    """Of trainings, in each label's scores; a single training speaks of itself, and is drawn with 0."""
    rare_better: float = 0.0
    """By how much more the rarest label is told than the most frequent one; less, where it is below 0."""

    @property
    def shares(self) -> np.ndarray:
        """Of texts that have each label, shape (labels,)."""
        return np.geomspace(MOST, self.rarest, self.labels)

    @property
    def told(self) -> np.ndarray:
        """How far scores of texts that have each label are above those of others, shape (labels,)."""
        return np.maximum(0, self.tells + self.rare_better * np.linspace(0, 1, self.labels))

    @property
    def random(self) -> np.random.Generator:
        """The same for the same setting."""
        more = [round(100 * abs(self.rare_better)), int(self.rare_better > 0)] if self.rare_better else []
        return np.random.default_rng([self.seeds, self.examples, self.labels, round(100 * self.tells), *more])

    def draw(self, random: np.random.Generator, size: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
        """True labels (examples x labels) and probabilities (seeds x examples x labels) of new texts.

        A label is given from 0.5 on, which is as often as texts have it.
        """
        has, hard = self.texts(random, size)
        return has.astype(np.int8), self.answered(random, has, hard, seeds)

    def texts(self, random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Who has which label, and what makes that hard to tell, both of shape (examples, labels)."""
        has = random.random((size, self.labels)) < self.shares
        return has, OF_TEXT * random.standard_normal((size, 1)) + OF_BOTH * random.standard_normal(has.shape)

    def answered(self, random: np.random.Generator, has: np.ndarray, hard: np.ndarray, seeds: int) -> np.ndarray:
        """Probabilities of `texts`, of shape (seeds, examples, labels)."""
        spread = self.spread if self.seeds > 1 else 0.0
        own = OWN * random.standard_normal((seeds, *has.shape))
        own += spread * random.standard_normal((seeds, 1, self.labels))
        logits = self.told * has + hard + own - thresholds(self)
        return np.asarray(1 / (1 + np.exp(-logits)))

    def __str__(self) -> str:
        rare = f", the rarest {self.rare_better:+g}" if self.rare_better else ""
        return (
            f"{self.seeds} seeds x {self.examples:>4} texts, {self.labels:>2} labels down to "
            f"{100 * self.rarest:g} %, tells {self.tells:g}{rare}"
        )


def settings() -> Iterator[SetSetting]:
    """All that are promised."""
    for tells, labels, examples, seeds in product((0.3, 2.5, 6.0), (5, 28), (200, 500, 2000), (1, 3)):
        yield SetSetting(seeds, examples, labels, tells)


def uneven_settings() -> Iterator[SetSetting]:
    """Those in which rare labels are told better, or worse, than frequent ones."""
    for (tells, rare), labels, examples, seeds in product(((0.3, 1.5), (6.0, -2.0)), (5, 28), (200, 500), (1, 3)):
        yield SetSetting(seeds, examples, labels, tells, rare_better=rare)


@cache
def thresholds(setting: SetSetting) -> np.ndarray:
    """The score of each label above which as many texts are as have it, shape (labels,)."""
    scale = float(np.sqrt(OF_TEXT**2 + OF_BOTH**2 + OWN**2))

    def of(share: float, told: float) -> float:
        def above(cut: float) -> float:
            found = share * stats.norm.sf((cut - told) / scale) + (1 - share) * stats.norm.sf(cut / scale)
            return float(found) - share

        return float(optimize.brentq(above, -20, 20))

    return np.asarray([of(share, told) for share, told in zip(setting.shares, setting.told, strict=True)])


@cache
def expected(setting: SetSetting) -> dict[str, float]:
    """Each metric on many texts, the mean over many trainings; `examples` and `seeds` do not matter to it."""
    random, found = np.random.default_rng(99), []
    for _ in range(OFTEN):
        has, (probabilities,) = setting.draw(random, MANY, 1)
        predictions = LabelSetPredictions.of_probabilities(probabilities, has)
        found.append([MULTI_LABEL_METRICS[name].of(predictions) for name in METRICS])
    return dict(zip(METRICS, np.asarray(found, dtype=float).mean(axis=0).tolist(), strict=True))


def answers(setting: SetSetting, random: np.random.Generator) -> BySeed:
    """What trainings answer on one new test set in which each label occurs, with probabilities."""
    (one,) = several_answers([setting], random)
    return one


def several_answers(rows: Sequence[SetSetting], random: np.random.Generator) -> list[BySeed]:
    """The same of each of `rows`, which have the texts of the first."""
    has, hard = rows[0].texts(random, rows[0].examples)
    while not has.any(axis=0).all():
        has, hard = rows[0].texts(random, rows[0].examples)
    test_set, true = a_set(has.astype(np.int8)), has.astype(np.int8)
    found = []
    for row in rows:
        drawn = row.answered(random, has, hard, row.seeds)
        made = [LabelSetPredictions.of_probabilities(each, true) for each in drawn]
        found.append({seed: TestPredictions(test_set, one.predicted, probable=one) for seed, one in enumerate(made)})
    return found


def set_coverage(setting: SetSetting, rounds: int, names: tuple[str, ...] = METRICS) -> dict[str, float]:
    """How often the interval of each metric holds its expected value."""
    random, truth = setting.random, expected(setting)
    held = dict.fromkeys(names, 0)
    for _ in range(rounds):
        grid = {Point("row", setting.labels, 100): answers(setting, random)}
        for name in names:
            (found,) = interval_frame(grid, f"test_{name}", Draws()).itertuples()
            held[name] += bool(found.low <= truth[name] <= found.high)
    return {name: count / rounds for name, count in held.items()}


def difference_coverage(setting: SetSetting, rounds: int, names: tuple[str, ...] = DECIDING) -> dict[str, float]:
    """How often the interval of a difference holds what is expected: of a row that tells labels `BETTER` better."""
    random, better = setting.random, replace(setting, tells=setting.tells + BETTER)
    truth = {name: expected(better)[name] - expected(setting)[name] for name in names}
    held = dict.fromkeys(names, 0)
    for _ in range(rounds):
        rows = zip(("a", "b"), several_answers([setting, better], random), strict=True)
        grid = {Point(row, setting.labels, 100): each for row, each in rows}
        for name in names:
            both = Verdicts(by_metric(grid, MULTI_LABEL_METRICS[name])).of("b", "a", setting.labels, 100)
            assert both is not None
            held[name] += both.difference.holds(truth[name])
    return {name: count / rounds for name, count in held.items()}


def drawn_coverage(setting: SetSetting, rounds: int, name: str, draws: int = 200) -> float:
    """How often percentiles of drawn texts hold it: what intervals were before, and what they are not."""
    random, truth, held = setting.random, expected(setting)[name], 0
    for _ in range(rounds):
        found = metric_interval(answers(setting, random), Statistic(MULTI_LABEL_METRICS[name]), Draws(draws))
        held += found.holds(truth)
    return held / rounds
