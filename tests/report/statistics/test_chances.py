"""The chance that more seeds settle two rows: right as often as it says, among rows that are alike and that are not."""

import numpy as np
import pytest

from bench.report.asked import Rules
from bench.report.statistics import looks
from bench.report.statistics.looks import Held, chance, variance_of_like
from bench.report.statistics.pooled import PairTest

RULES = Rules()
NOISE = 0.02
"""Of a row's mean over two seeds; test examples bring none."""


def held(difference: float, around: float | None) -> Held:
    test = PairTest("a", "b", difference, NOISE * 2**0.5, 10.0, 0.0)
    return Held(test, 0.1, 0.003, 2, 300, around)


def settled_and_said(true: float, rows: int = 8, rounds: int = 3000) -> tuple[float, float, float]:
    """How often ten seeds tell the row in front after two from another one, and the mean of the chances that were said
    of it, with what the rows spread by and without. Rows spread by `true` (sd)."""
    random = np.random.default_rng(0)
    reach = -looks.special.ndtri(looks.level(RULES, [rows - 1] * 9)) * NOISE * 2**0.5 * 0.2**0.5
    found = []
    for _ in range(rounds):
        last = random.normal(0.8, true, rows) + random.normal(0, NOISE * 0.2**0.5, rows)
        now = last + random.normal(0, NOISE * 0.8**0.5, rows)
        around = variance_of_like({str(row): mean for row, mean in enumerate(now)})
        front = int(now.argmax())
        other = int(random.choice([row for row in range(rows) if row != front]))
        difference = float(last[front] - last[other])
        is_settled = abs(difference) > reach or -reach < difference - RULES.margin < -reach
        of_now = now[front] - now[other]
        found.append(
            (is_settled, *(chance(RULES, held(of_now, each), [rows - 1]) for each in (around.get(str(other)), None)))
        )
    settled, said, naive = np.mean(found, axis=0)
    return float(settled), float(said), float(naive)


@pytest.mark.parametrize("true", [0.0, 0.01, 0.02, 0.05])
def test_it_is_as_often_so_as_it_says(true: float) -> None:
    settled, said, _ = settled_and_said(true)
    assert said == pytest.approx(settled, abs=0.12)


def test_without_the_other_rows_it_promises_too_much() -> None:
    """The row in front of eight equal ones is the luckiest."""
    settled, said, naive = settled_and_said(0.0)
    assert naive > said + 0.2
    assert settled < 0.1


def test_a_row_far_below_says_nothing_of_the_others() -> None:
    alike = {str(number): 0.8 + 0.01 * number for number in range(6)}
    found = variance_of_like({**alike, "far": 0.2})
    assert "far" not in found
    assert found == variance_of_like(alike)
    assert variance_of_like({"a": 0.5, "b": 0.6}) == {}, "two rows say nothing of how rows differ"
