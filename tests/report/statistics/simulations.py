"""Simulations that know the truth: how often intervals hold it, and how often verdicts claim what is not there.

Each gives shares over `rounds`; the tests run few rounds, `python -m tests.report.statistics.coverage` many.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.report.statistics.bootstrap import Draws, metric_difference, metric_interval, statistic
from bench.report.statistics.equivalence import Equivalence, equivalence
from bench.report.statistics.intervals import Sample, crossed, difference_interval, mean_interval
from bench.report.statistics.power import power_of, seeds_needed
from bench.report.statistics.significance import Verdicts
from bench.report.statistics.ties import standing
from bench.report.statistics.variance import Components, Values
from tests.report.statistics.answers import World, answers, at_accuracy, by_seed, example_set, grid_of

Shares = dict[str, float]
MACRO_F1 = statistic("test_macro_f1")


def seeds_of(sets: Iterable[Values]) -> Sample:
    """A sample of seeds whose test sets differ: right or wrong of each example, a vector a seed."""
    return Sample(tuple(np.asarray(values, dtype=np.float64) for values in sets), crossed=False)


@dataclass(frozen=True)
class Setting:
    """What is repeated, and what matters in it."""

    seeds: int
    examples: int
    accuracy: float = 0.8
    noisy: bool = True
    """Whether seeds spread by 3.5 points at an accuracy of 0.8 (else by less than one)."""
    firm: bool = False
    """Whether seeds mostly agree on an example; else what they answer there is much by chance."""

    def world(self, less: float = 0.0) -> World:
        """Whose expected accuracy is that of the setting, or `less`."""
        example, both = (6.0, 2.0) if self.firm else (1.2, 0.5)
        spread = 0.26 if self.accuracy < 0.95 else 0.4
        scale = np.hypot(1, np.hypot(example, both) / 1.7) / np.hypot(
            1, 1.3 / 1.7
        )  # logits count for less beside others
        return at_accuracy(self.accuracy - less, (spread if self.noisy else 0.05) * scale, example, both)

    @property
    def gap(self) -> float:
        """To a second row."""
        return 0.05 if self.accuracy < 0.95 else 0.01

    @property
    def random(self) -> np.random.Generator:
        """The same for the same setting."""
        return np.random.default_rng([self.seeds, self.examples, round(1000 * self.accuracy), self.noisy, self.firm])

    def __str__(self) -> str:
        kind = f"{'noisy' if self.noisy else 'calm'} seeds, {'firm' if self.firm else 'chancy'} answers"
        return f"{self.seeds} seeds x {self.examples:>4} examples, accuracy {self.accuracy:.2f}, {kind}"


def settings(accuracies: tuple[float, ...] = (0.8, 0.97)) -> Iterator[Setting]:
    """All that are promised."""
    for seeds in (2, 3, 5):
        for examples in (300, 1000):
            for accuracy in accuracies:
                for noisy in (False, True):
                    for firm in (False, True):
                        yield Setting(seeds, examples, accuracy, noisy, firm)


def _mean(rounds: int, one: Callable[[], Shares]) -> Shares:
    found = [one() for _ in range(rounds)]
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def accuracy_coverage(setting: Setting, rounds: int) -> Shares:
    """How often intervals hold the expected accuracy and paired difference."""
    random = setting.random
    one, two = setting.world(), setting.world(setting.gap)

    def once() -> Shares:
        hard = random.standard_normal(setting.examples)
        other = 0.8 * hard + 0.6 * random.standard_normal(setting.examples)
        a, b = one.draw(random, setting.seeds, hard), two.draw(random, setting.seeds, other)
        return {
            "accuracy": mean_interval(crossed(a)).holds(one.accuracy),
            "difference": difference_interval(crossed(a - b)).holds(one.accuracy - two.accuracy),
        }

    return _mean(rounds, once)


def redrawn_coverage(setting: Setting, rounds: int) -> Shares:
    """The same where each seed has a test set of its own."""
    random, world = setting.random, setting.world()

    def once() -> Shares:
        sets = [world.draw(random, 1, random.standard_normal(setting.examples))[0] for _ in range(setting.seeds)]
        return {"own test sets": mean_interval(seeds_of(sets)).holds(world.accuracy)}

    return _mean(rounds, once)


def macro_f1_coverage(setting: Setting, rounds: int, labels: int = 4) -> Shares:
    """How often intervals hold the expected macro-F1 and paired difference.

    Labels are balanced and wrong answers any other label, so what is true of accuracy is true of macro-F1.
    """
    random, draws, examples = setting.random, Draws(200), example_set(setting.examples, labels)
    one, two = setting.world(), setting.world(setting.gap)

    def once() -> Shares:
        hard = random.standard_normal(setting.examples)
        other = 0.8 * hard + 0.6 * random.standard_normal(setting.examples)
        a, b = (
            {
                seed: answers(right, examples, random)
                for seed, right in enumerate(world.draw(random, setting.seeds, some))
            }
            for world, some in ((one, hard), (two, other))
        )
        return {
            "macro-F1": metric_interval(a, MACRO_F1, draws).holds(one.accuracy),
            "difference in macro-F1": metric_difference(a, b, MACRO_F1, draws).holds(one.accuracy - two.accuracy),
        }

    return _mean(rounds, once)


def false_claims(setting: Setting, rounds: int, rows: int = 6, better: float = 0.0) -> Shares:
    """Claims where `rows` rows and a baseline are equal (or the rows `better`, when they should be made).

    `best, baseline`: that the best row of all is above the baseline, or told from it; `named, baseline`: the same of
    the first row; `best, others`: that the best row is told from any row beside the baseline.
    """
    random, examples = setting.random, example_set(setting.examples)
    worlds = [setting.world(-better)] * rows + [setting.world()]

    def once() -> Shares:
        hard = random.standard_normal(setting.examples)
        drawn = [by_seed(world.draw(random, setting.seeds, hard), examples) for world in worlds]
        grid = grid_of({(f"row {number}", 2, 32): answered for number, answered in enumerate(drawn)})
        base = f"row {rows}"
        told = Verdicts(grid, base)
        best = standing(grid, 2, 32, None, told)
        claims = {one.row: not one.tied for one in best.others}
        return {
            "best, baseline": best.best != base and claims[base],
            "named, baseline": told.of("row 0", base, 2, 32).is_significant,
            "best, others": any(claim for row, claim in claims.items() if base not in (row, best.best)),
        }

    return _mean(rounds, once)


SIZES = (32, 128, 512, 2048)


def equivalence_coverage(setting: Setting, rounds: int) -> Shares:
    """How often the interval holds the 256 examples that are half way, in log n, from 70 to 80 % right."""
    random, examples = setting.random, example_set(setting.examples)
    worlds = [setting.world(setting.accuracy - share) for share in (0.6, 0.7, 0.8, 0.9)]
    one = setting.world(setting.accuracy - 0.75)

    def once() -> Shares:
        hard = random.standard_normal(setting.examples)
        other = 0.8 * hard + 0.6 * random.standard_normal(setting.examples)
        rows = {
            ("tfidf", 2, size): by_seed(world.draw(random, setting.seeds, hard), examples)
            for size, world in zip(SIZES, worlds, strict=True)
        }
        rows["lora", 2, 64] = by_seed(one.draw(random, setting.seeds, other), examples)
        found = equivalence(grid_of(rows), "lora", 64, "tfidf", num_labels=2)
        assert isinstance(found, Equivalence)
        return {"equivalence": found.low <= 256 <= found.high, "open": found.is_open}

    return _mean(rounds, once)


def power_reached(setting: Setting, rounds: int, smallest: float = 0.06) -> Shares:
    """The power that "about K seeds" have, from pilots of `setting.seeds` seeds of two equal rows; 0.8 is promised.

    Values are normal here, with seeds that spread by 3.5 points (or one). Pilots that name no number count in `named`.
    """
    random, size = setting.random, setting.examples
    parts = Components(seeds=2 * (0.035 if setting.noisy else 0.01) ** 2, examples=0.1, rest=0.1)
    reached, named = [], []
    for _ in range(rounds):
        pilot = np.sqrt(parts.seeds) * random.standard_normal((setting.seeds, 1))
        pilot = pilot + np.sqrt(parts.examples) * random.standard_normal(size)
        pilot = pilot + np.sqrt(parts.rest) * random.standard_normal((setting.seeds, size))
        found = seeds_needed(crossed(pilot), smallest, 0.05)
        named.append(found.seeds is not None)
        if found.seeds is not None:
            reached.append(power_of(found.difference, parts, found.seeds, size, 0.05))
    return {"power": float(np.mean(reached)) if reached else np.nan, "named": float(np.mean(named))}
