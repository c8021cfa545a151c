"""What a process keeps: one model at a time, and not more tokens than it may."""

import weakref

import pytest

from bench.running.warm import ENTRY, Slot, Tokens


def test_a_slot_drops_what_it_held_before_it_makes_another() -> None:
    class Thing:
        pass

    slot: Slot[Thing] = Slot()
    first = weakref.ref(slot.get("a", Thing))
    assert slot.get("a", Thing) is first()

    def make() -> Thing:
        assert first() is None
        return Thing()

    slot.get("b", make)
    with pytest.raises(ZeroDivisionError):
        slot.get("c", lambda: 1 / 0)
    assert slot.held is None


def test_tokens_are_bounded_and_told_apart() -> None:
    asked: list[list[str]] = []

    def tokenize(new: list[str]) -> list[list[int]]:
        asked.append(new)
        return [[len(text)] * 3 for text in new]

    tokens = Tokens(most=7 + 2 * ENTRY)
    assert tokens.of("x", ["a", "bb", "a"], tokenize) == [[1] * 3, [2] * 3, [1] * 3]
    assert tokens.of("x", ["bb", "a"], tokenize) == [[2] * 3, [1] * 3]
    assert tokens.of("y", [], tokenize) == []
    assert asked == [["a", "bb"]]
    assert tokens.of("y", ["a"], tokenize) == [[1] * 3]  # 9 tokens are too many: all others are forgotten
    assert tokens.of("x", ["a", "bb"], tokenize) == [[1] * 3, [2] * 3]
    assert asked == [["a", "bb"], ["a"], ["a", "bb"]]
    assert tokens.of("z", ["ccc", "dddd", "eeeee"], tokenize) == [[3] * 3, [4] * 3, [5] * 3]  # more than fits
    given = tokens.of("z", ["ccc"], tokenize)
    given[0].append(0)  # the caller's own
    assert tokens.of("z", ["ccc"], tokenize) == [[3] * 3]
