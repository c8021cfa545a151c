"""Texts that are nearly the same, and those that only look so."""

import random

import pytest

from bench.config import DataConfig, NestedSplitConfig
from bench.data.neartext import near_keys, plain
from bench.data.pool import Pool
from bench.data.split import draw
from bench.data.task import Task

WORDS = [f"{a}{b}ra" for a in "bdfgklmnprst" for b in "aeiou"]


def sentence(seed: int, count: int = 20) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Win £1,000 NOW!!", "win £250 now"),
        ("See http://a.example/x?y=1 please", "see www.b.example please."),
        ("write to ann@example.org", "Write to bob@example.com!"),
        ("Größe: 42", "GRÖSSE 7"),
        ("“Well” – he said", '"well" - he said'),
        ("हिन्दी पाठ!", "हिन्दी पाठ"),
    ],
)
def test_signs_numbers_and_addresses_do_not_count(a, b):
    assert plain(a) == plain(b)


@pytest.mark.parametrize(("a", "b"), [(":-)", ":-("), ("12:30", "7"), ("not good", "good"), ("कि", "का"), ("😀", "😡")])
def test_what_says_something_else_stays_so(a, b):
    assert plain(a) != plain(b)


def test_a_long_text_with_a_word_changed_is_near():
    texts = [sentence(seed) for seed in range(300)]
    changed = []
    for text in texts[:100]:
        words = text.split()
        words[1] = "other"
        changed.append(" ".join(words).capitalize() + " 17!")
    keys = near_keys(texts + changed)
    assert sum(one == other for one, other in zip(keys, keys[300:], strict=False)) >= 97  # MinHash misses a few
    assert len(set(keys[:300])) == 300
    assert near_keys(texts + changed) == keys


def test_half_a_text_and_a_short_one_are_not():
    text = sentence(1, 24)
    half = f"{' '.join(text.split()[:12])} {sentence(2, 12)}"
    short = ["the lamp is dark", "the lamp is broken"]
    assert len(set(near_keys([text, half, *short]))) == 4


def test_a_split_takes_near_repeats_for_the_same_text():
    texts = [sentence(seed, 6) for seed in range(120)]
    labels = tuple("ab"[n % 2] for n in range(120)) + tuple("ab"[n % 2] for n in range(38)) + ("b", "a")
    pool = Pool(tuple(map(str, range(160))), (*texts, *(f"{text}!!!" for text in texts[:40])), labels, None)
    task = Task(DataConfig(name="mine", source="file"), 2, 8, 0, NestedSplitConfig(same_text="near", conflicts="drop"))
    splits = draw(task, pool)
    assert (splits.duplicates_dropped, splits.conflicts_dropped) == (38, 4)
