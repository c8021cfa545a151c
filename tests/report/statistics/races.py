"""Races whose truth is known: how often they claim what is not so, what they cost, and what the whole grid says.

`python -m tests.report.statistics.races [ROUNDS] [anytime]` prints the table, with `anytime` of races whose levels are
those of a confidence sequence; the tests ask the same of fewer rounds.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.stats import norm

from bench.report.asked import FIRST, Rules
from bench.report.statistics import looks
from bench.report.statistics.race import race
from bench.report.statistics.significance import Verdicts
from bench.report.statistics.ties import standing
from tests.report.statistics.answers import World, at_accuracy, by_seed, example_set, grid_of

ROWS = 9
COLLAPSED = 0.25
"""What a seed that collapsed gets right."""


@dataclass(frozen=True)
class Study:
    """Rows of a point, row 0 the baseline: `spread` and `wide` differ by 5 and 10 points (sd), `close` by 2, `ties` not
    at all; of `two` the two best are equal. Rows answer hard examples wrong together, with a correlation of 0.64."""

    kind: str
    examples: int = 300
    noisy: bool = False
    """Whether seeds spread by 3.5 points (else by less than one)."""
    collapses: float = 0.0
    """How often a seed does."""
    seeds: int = 10

    def __str__(self) -> str:
        noise = "noisy" if self.noisy else "calm"
        return f"{self.kind}, {self.examples} examples, {noise}, collapses {self.collapses:.0%}, {self.seeds} seeds"

    def accuracies(self, random: np.random.Generator) -> np.ndarray:
        """The rows' expected accuracies but for collapses."""
        drawn = {
            "spread": lambda: random.normal(0.75, 0.05, ROWS),
            "wide": lambda: random.normal(0.7, 0.1, ROWS),
            "close": lambda: random.normal(0.78, 0.02, ROWS),
            "ties": lambda: np.full(ROWS, 0.78),
            "two": lambda: np.r_[0.8, 0.8, random.normal(0.7, 0.05, ROWS - 2)],
        }[self.kind]()
        return np.round(np.clip(drawn, 0.3, 0.95), 2)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one race."""

    wrong_best: bool
    """A row is called best that is not."""
    wrong_beats: bool
    """A row is called better than the baseline that is not."""
    best: str | None
    full_best: str | None
    """By the verdicts of a plain sweep of all seeds."""
    cells: float
    """Run, as a share of all seeds."""
    answered: bool


@lru_cache
def _world(accuracy: float, noisy: bool) -> World:
    return at_accuracy(accuracy, 0.26 if noisy else 0.05, 1.2, 0.5)


def simulated_race(study: Study, entropy: int, rules: Rules | None = None) -> Outcome:
    """Draw a study's answers, race them, and compare with what all of them together say."""
    random = np.random.default_rng([entropy, *map(ord, study.kind), study.examples, study.noisy, study.seeds])
    accuracies, hard = study.accuracies(random), random.standard_normal(study.examples)
    true = accuracies * (1 - study.collapses) + COLLAPSED * study.collapses
    examples, rows = example_set(study.examples), {}
    for number, accuracy in enumerate(accuracies):
        own = 0.8 * hard + 0.6 * random.standard_normal(study.examples)
        drawn = _world(float(accuracy), study.noisy).draw(random, study.seeds, own)
        gone = random.random(study.seeds) < study.collapses
        drawn[gone] = random.random((int(gone.sum()), study.examples)) < COLLAPSED
        rows[f"row {number}"] = by_seed(drawn, examples)
    truth = dict(zip(rows, true, strict=True))
    made = race(rows, rules or Rules(seeds=tuple(range(study.seeds))), baseline="row 0")
    best = next(iter(made.rows("best")), None)
    told = Verdicts(grid_of({(row, 2, 32): seeds for row, seeds in rows.items()}), "row 0")
    full = standing(told.grid, 2, 32, None, told)
    assert full is not None
    return Outcome(
        wrong_best=best is not None and truth[best] < max(truth.values()) - 1e-9,
        wrong_beats=any(truth[row] <= truth["row 0"] for row in _beating(made, "row 0")),
        best=best,
        full_best=full.best if full.is_significant else None,
        cells=sum(fate.seeds for fate in made.fates.values()) / (ROWS * study.seeds),
        answered=made.is_answered,
    )


def _beating(made, base: str) -> Iterator[str]:
    for (a, b), held in made.held.items():
        if base in (a, b) and held.is_decided:
            against = held if held.test.b == base else held.turned
            if against.test.difference > 0:
                yield against.test.a


def studies() -> Iterator[Study]:
    """All that are promised."""
    for kind in ("spread", "wide", "close", "ties", "two"):
        for examples in (300, 1000):
            for noisy in (False, True):
                for collapses in (0.0, 0.02):
                    yield Study(kind, examples, noisy, collapses)
    for seeds in (2, 3, 5):
        yield Study("spread", 300, seeds=seeds)
        yield Study("ties", 300, noisy=True, seeds=seeds)


def table(rounds: int) -> pd.DataFrame:
    """A line a study; shares in percent."""
    lines = []
    for study in studies():
        made = [simulated_race(study, entropy) for entropy in range(rounds)]
        full = [one for one in made if one.full_best is not None]
        lines.append(
            {
                "study": str(study),
                "wrong best": 100 * np.mean([one.wrong_best for one in made]),
                "wrong beats": 100 * np.mean([one.wrong_beats for one in made]),
                "answered": 100 * np.mean([one.answered for one in made]),
                "full grid decides": 100 * len(full) / rounds,
                "same there": 100 * np.mean([one.best == one.full_best for one in full]) if full else np.nan,
                "cells": 100 * np.mean([one.cells for one in made]),
            }
        )
    return pd.DataFrame(lines).set_index("study")


def anytime_level(rules: Rules, opponents: Sequence[int], tuned_for: float = 5.0) -> float:
    """The one-sided level of the normal mixture's confidence sequence, valid at any number of looks (Robbins 1970;
    Howard, Ramdas, McAuliffe and Sekhon 2021, equation 14), narrowest at `tuned_for` seeds."""
    seeds, alpha = len(opponents) + FIRST - 1, 2 * rules.alpha / max(opponents[-1], 1)
    ratio = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha)) + 1) / tuned_for
    bound = np.sqrt((1 + 1 / (ratio * seeds)) * (2 * np.log(1 / alpha) + np.log1p(ratio * seeds)))
    return float(norm.sf(bound))


if __name__ == "__main__":
    if "anytime" in sys.argv:
        looks.level = anytime_level
    found = table(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    print(found.round(1).to_string())
    print(found.mean().round(2).to_string())
