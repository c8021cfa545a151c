"""Texts of many callers share batches, and nobody's trouble is another one's."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bench.errors import UserError
from bench.serve.batching import Batcher, Busy


class Model:
    """Gives a text's length; waits until it is let go."""

    def __init__(self) -> None:
        self.go, self.begun, self.batches = threading.Event(), threading.Event(), []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.begun.set()
        assert self.go.wait(20)
        self.batches.append(list(texts))
        if "bad" in texts:
            raise UserError("texts[0] has no token")
        return np.array([[len(text), 0.0] for text in texts])


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def batcher(model: Model) -> Iterator[Batcher]:
    made = Batcher(model, max_batch=4, max_waiting=10, wait_ms=0)
    yield made
    model.go.set()
    made.close()


def test_who_comes_meanwhile_shares_the_next_batch(model: Model, batcher: Batcher) -> None:
    first = batcher.ask(["a"])
    assert model.begun.wait(20)
    others = [batcher.ask([text] * count) for text, count in (("bb", 1), ("ccc", 2), ("dddd", 2), ("e", 1))]
    model.go.set()
    assert first.result(20).tolist() == [[1, 0]]
    assert [each.result(20)[:, 0].tolist() for each in others] == [[2], [3, 3], [4, 4], [1]]
    assert model.batches == [["a"], ["bb", "ccc", "ccc"], ["dddd", "dddd", "e"]], "at most four, in their order"


def test_a_text_waits_for_others_as_long_as_was_said(model: Model) -> None:
    model.go.set()
    patient = Batcher(model, max_batch=2, max_waiting=10, wait_ms=60_000)
    answers = [patient.ask([text]) for text in ("a", "b")]
    assert [each.result(20)[0, 0] for each in answers] == [1, 1]
    assert model.batches == [["a", "b"]], "a full batch waits no longer"
    patient.close()
    hasty = Batcher(model, max_batch=2, max_waiting=10, wait_ms=1)
    assert hasty.ask(["cc"]).result(20)[0, 0] == 2
    hasty.close()


def test_a_request_larger_than_a_batch_is_answered(model: Model, batcher: Batcher) -> None:
    model.go.set()
    assert len(batcher.ask(["x"] * 7).result(20)) == 7


def test_one_caller_s_text_is_not_another_one_s_error(model: Model, batcher: Batcher) -> None:
    first = batcher.ask(["a"])
    assert model.begun.wait(20)
    bad, good = batcher.ask(["bad"]), batcher.ask(["good"])
    model.go.set()
    assert good.result(20).tolist() == [[4, 0]]
    with pytest.raises(UserError, match="no token"):
        bad.result(20)
    assert first.result(20).tolist() == [[1, 0]]


def test_who_gives_up_holds_up_nobody(model: Model, batcher: Batcher) -> None:
    first = batcher.ask(["a"])
    assert model.begun.wait(20)
    given_up, last = batcher.ask(["bb", "bb"]), batcher.ask(["ccc"])
    assert given_up.cancel()
    model.go.set()
    assert first.result(20).tolist() == [[1, 0]]
    assert last.result(20).tolist() == [[3, 0]]
    assert model.batches == [["a"], ["ccc"]]


def test_more_than_may_wait_are_refused(model: Model, batcher: Batcher) -> None:
    waiting = [batcher.ask(["a"] * 5), batcher.ask(["b"] * 5)]
    with pytest.raises(Busy):
        batcher.ask(["c"])
    model.go.set()
    assert all(len(each.result(20)) == 5 for each in waiting)
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(lambda text: batcher.ask([text]).result(20), "abcdefgh"))) == 8


def test_what_waits_is_answered_at_the_end(model: Model) -> None:
    batcher = Batcher(model, max_batch=1, max_waiting=10, wait_ms=0)
    asked = [batcher.ask([text]) for text in ("a", "bb", "ccc")]
    model.go.set()
    batcher.close()
    assert [float(each.result(0)[0, 0]) for each in asked] == [1, 2, 3]
    with pytest.raises(Busy):
        batcher.ask(["late"])
