"""A cell that is ended because its validation leaves it no chance: when, how surely, and with which words."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.methods.bar import Bar, Pruned, Watch, behind_p, looks
from bench.metrics.exact import mcnemar_less_p

IDS = [str(number) for number in range(100)]
GAINS = ((0.5, 0.05), (0.8, 0.0))


def bar(right: int, gains: Any = GAINS, alpha: float = 0.01) -> Bar:
    return Bar(leader="llama lora", correct={each: int(each) < right for each in IDS}, gains=gains, alpha=alpha)


def seen(step: int, right: int, max_steps: int = 100, every: int = 10) -> Any:
    correct = [number < right for number in range(len(IDS))]
    return SimpleNamespace(step=step, max_steps=max_steps, every=every, correct=correct)


def test_it_ends_what_is_far_behind_and_says_by_how_much() -> None:
    with pytest.raises(Pruned) as caught:
        Watch(bar(83), IDS)(seen(50, 41))
    assert str(caught.value) == (
        "after step 50 of 100: 41.0 % of 100 validation examples right, llama lora had 83.0 %, p = 1e-08 even with the "
        "5.0 points that like trainings still gained from there"
    )


def test_what_is_near_or_in_front_goes_on() -> None:
    for right in (75, 83, 95):
        Watch(bar(83), IDS)(seen(50, right))


def test_the_first_half_ends_nothing_and_the_last_validation_neither() -> None:
    watch = Watch(bar(83), IDS)
    watch(seen(40, 0))
    watch(seen(100, 0))
    with pytest.raises(Pruned):
        watch(seen(60, 0))


def test_where_nothing_is_known_of_gains_nothing_ends() -> None:
    Watch(bar(83, gains=()), IDS)(seen(90, 0))
    watch = Watch(bar(83, gains=((0.8, 0.0),)), IDS)
    watch(seen(70, 0))
    with pytest.raises(Pruned):
        watch(seen(80, 0))


def test_gains_of_like_cells_count() -> None:
    with pytest.raises(Pruned):
        Watch(bar(83, gains=((0.5, 0.0),)), IDS)(seen(50, 65))
    Watch(bar(83, gains=((0.5, 0.15),)), IDS)(seen(50, 65))


def test_the_best_validation_so_far_counts() -> None:
    """Its weights would be kept."""
    watch = Watch(bar(83), IDS)
    watch(seen(40, 80))
    watch(seen(60, 10))


def test_examples_are_compared_one_by_one_by_id() -> None:
    turned = list(reversed(IDS))
    watch = Watch(bar(50, gains=((0.5, 0.0),)), turned)
    assert watch.theirs == [False] * 50 + [True] * 50
    with pytest.raises(ValueError, match="was not validated on this cell's examples"):
        Watch(bar(50), [*IDS[1:], "other"])


@pytest.mark.parametrize(("ours", "theirs"), [("110010", "011111"), ("000000", "111111"), ("101", "101")])
def test_gained_examples_are_those_that_speak_most_for_it(ours: str, theirs: str) -> None:
    one, other = ([letter == "1" for letter in word] for word in (ours, theirs))
    for gain in range(4):
        wrong = [index for index, right in enumerate(one) if not right]
        found = []
        for turned in product([False, True], repeat=len(wrong)):
            if sum(turned) == min(gain, len(wrong)):
                better = [right or (index in wrong and turned[wrong.index(index)]) for index, right in enumerate(one)]
                pairs = list(zip(better, other, strict=True))
                found.append(mcnemar_less_p(pairs.count((True, False)), pairs.count((False, True))))
        assert behind_p(one, other, gain) == pytest.approx(max(found))


def test_validations_that_can_end_a_training() -> None:
    assert looks(every=10, max_steps=100) == 5  # 50 to 90
    assert looks(every=30, max_steps=100) == 2
    assert looks(every=100, max_steps=100) == 1


def test_what_is_as_good_as_the_leader_is_hardly_ever_ended() -> None:
    """Of trainings that are as good as the leader at every validation, no more than `alpha` end; a test of each
    validation by itself would end more."""
    rng, rounds, alpha = np.random.default_rng(0), 3000, 0.05
    ended = naive = 0
    for _ in range(rounds):
        theirs = rng.random(100) < 0.7
        correct = {each: bool(right) for each, right in zip(IDS, theirs, strict=True)}
        watch = Watch(Bar(leader="a", correct=correct, gains=((0.5, 0.0),), alpha=alpha), IDS)
        was_naive = False
        for step in range(50, 100, 10):
            right = rng.random(100) < 0.7
            only = int((right & ~theirs).sum()), int((~right & theirs).sum())
            was_naive = was_naive or mcnemar_less_p(*only) < alpha
            watch.ours = None  # each validation by itself: the best of several would be harder to end
            try:
                watch(SimpleNamespace(step=step, max_steps=100, every=10, correct=right.tolist()))
            except Pruned:
                ended += 1
                break
        naive += was_naive
    assert ended / rounds < alpha
    assert naive / rounds > alpha
