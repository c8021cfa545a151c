"""Curves carried on in worlds whose truth is known: simulated ones of all kinds, and real ones with held-out seeds.

`python -m tests.report.statistics.worlds [ROUNDS] [WANDER]` prints how far off they are and how often bands hold the
truth, kind by kind; the tests ask the same of fewer rounds.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.report.statistics.curves import Curve, Observed, fit_curve
from tests.report.statistics.learning import KINDS, WANDER, high_truth, observe, truth

FACTORS = (4, 16)
"""Times the largest size that was seen."""
WINDOWS = (4.0 ** np.arange(3), 2.0 ** np.arange(6))
HIGH_KINDS = ("POW3", "POW2", "logit-linear")
SPANS = (16, 32, 64)
REAL = Path(__file__).parent / "real_curves.csv"
"""Accuracies of 12 seeds a size: 27 choices of 2 to 16 labels of GoEmotions and 2 draws of SMS spam, each by TF-IDF
with SGD (our baseline) and by logistic regression on frozen MiniLM embeddings. Labels are equally frequent, a seed's
training sets are nested, and the test set is the same for all seeds and sizes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One curve at one factor beyond its data."""

    kind: str
    factor: int
    away: float
    """Estimated accuracy minus the true one."""
    held: bool
    """Whether the band holds the true one."""
    width: float
    last: float
    """The last accuracy that was seen, minus the true one."""


def simulated(random, rounds: int, wander: float = WANDER) -> Iterator[tuple[str, Observed, dict[int, float]]]:
    """Kinds, curves as seen, and true accuracies by factor: of every kind, every window and every span."""
    for _ in range(rounds):
        for kind in KINDS:
            for window in WINDOWS:
                num_labels = int(random.choice([2, 4, 8]))
                sizes = num_labels * random.choice([2, 4, 8]) * window
                error = truth(kind, random, num_labels, sizes[0], wander)
                seen = observe(
                    random,
                    error,
                    sizes,
                    num_labels,
                    seeds=int(random.choice([3, 5])),
                    spread=random.uniform(0.01, 0.05),
                )
                yield kind, seen, {factor: 1 - float(error(sizes[-1] * factor)) for factor in FACTORS}
        for kind in HIGH_KINDS:
            for span in SPANS:
                num_labels = int(random.choice([16, 32]))
                sizes = num_labels * 2.0 * 2.0 ** np.arange(np.log2(span) + 1)
                error = high_truth(kind, random, span, sizes[0], wander)
                seen = observe(random, error, sizes, num_labels, spread=random.uniform(0.01, 0.03))
                yield f"high {kind}", seen, {factor: 1 - float(error(sizes[-1] * factor)) for factor in FACTORS}


def real(random) -> Iterator[tuple[str, Observed, dict[int, float]]]:
    """Windows of real curves: 3 or 5 seeds are seen, the mean of the others is the truth."""
    curves: dict[tuple[str, ...], dict[int, list[float]]] = defaultdict(dict)
    with REAL.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            of = (row["task"], row["learner"], row["num_labels"], row["num_test"])
            curves[of][int(row["train_size"])] = [float(one) for one in row["accuracies"].split()]
    for (_, learner, num_labels, num_test), by_size in curves.items():
        sizes, accuracies = np.asarray(list(by_size), dtype=float), np.asarray(list(by_size.values())).T
        order = random.permutation(len(accuracies))
        num_seen = int(random.choice([3, 5]))
        seen, rest = accuracies[order[:num_seen]], accuracies[order[num_seen:]].mean(axis=0)
        for step, count in ((1, 6), (2, 3)):
            for first in range(len(sizes) - step * (count - 1)):
                chosen = np.arange(first, first + step * count, step)[:count]
                largest = sizes[chosen[-1]]
                true = {f: float(rest[sizes == largest * f][0]) for f in FACTORS if largest * f in sizes}
                if true:
                    yield (
                        f"real {learner}",
                        Observed(sizes[chosen], seen[:, chosen], int(num_labels), int(num_test)),
                        true,
                    )


def outcomes(worlds: Iterator[tuple[str, Observed, dict[int, float]]]) -> list[Outcome]:
    """What the curves that are not refused say, as far as they may be carried."""
    found = []
    for kind, seen, true in worlds:
        curve = fit_curve(seen)
        for factor, accuracy in true.items():
            if not isinstance(curve, Curve) or curve.most < factor:
                continue
            band = curve.band([curve.largest * factor])
            estimate, low, high = float(band.estimate[0]), float(band.low[0]), float(band.high[0])
            last = float(seen.accuracies.mean(axis=0)[-1]) - accuracy
            found.append(Outcome(kind, factor, estimate - accuracy, low <= accuracy <= high, high - low, last))
    return found


def table(found: list[Outcome]) -> pd.DataFrame:
    """By kind and factor, and of all kinds: mean error, bias and width in points, shares in percent."""
    frame = pd.DataFrame([[one.kind, one.factor, one.away, one.held, one.width] for one in found])
    frame.columns = pd.Index(["kind", "factor", "away", "held", "width"])
    frame = pd.concat([frame, frame.assign(kind="all")])
    return frame.groupby(["kind", "factor"]).apply(_line, include_groups=False)


def _line(of: pd.DataFrame) -> pd.Series:
    error = 100 * of["away"].abs()
    return pd.Series(
        {
            "curves": len(of),
            "error": error.mean(),
            "bias": 100 * of["away"].mean(),
            "most": error.max(),
            "off by 10 %": 100 * (error > 10).mean(),
            "held %": 100 * of["held"].mean(),
            "width": 100 * of["width"].mean(),
        }
    )


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    wander = float(sys.argv[2]) if len(sys.argv) > 2 else WANDER
    print(table(outcomes(simulated(np.random.default_rng(300), rounds, wander))).round(2).to_string())
    print(table(outcomes(real(np.random.default_rng(300)))).round(2).to_string())
