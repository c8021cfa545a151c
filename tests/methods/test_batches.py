"""On a GPU short texts are evaluated in great batches: in fewer passes, with the same results."""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.data.pool import Pool
from bench.data.split import draw
from bench.methods import batches, finetune, training
from bench.methods.batches import Batches
from bench.methods.encode import num_tokens
from bench.methods.fitted import Context
from tests.methods.test_families import make_cell
from tests.support import texts


def of_lengths(lengths: list[int]) -> list[dict[str, Any]]:
    return [{"input_ids": list(range(length)), "labels": i % 2} for i, length in enumerate(lengths)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_sorted", [True, False])
def test_no_batch_is_more_tokens_than_one_of_the_longest(seed: int, is_sorted: bool) -> None:
    lengths = np.random.default_rng(seed).integers(1, 40 if seed % 2 else 400, 300).tolist()
    examples = of_lengths(sorted(lengths) if is_sorted else lengths)
    found = Batches(examples, 4)
    assert [example for batch in found for example in batch] == examples
    padded = [len(batch) * max(map(num_tokens, batch)) for batch in found]
    assert max(padded) <= 4 * max(128, *lengths)
    assert sum(found.weight(len(batch)) for batch in found) == pytest.approx(len(found))
    if is_sorted:
        for batch, following in pairwise(found):
            assert (len(batch) + 1) * num_tokens(following[0]) > 4 * max(128, *lengths), "no smaller than need be"
        assert len(found) < 300 / 4


def test_batches_are_bounded() -> None:
    assert list(map(len, Batches(of_lengths([1] * 3000), 64))) == [1024, 1024, 952]
    assert Batches([], 64) == []


@pytest.mark.parametrize("method", ["lora", "last_block"])
def test_results_are_the_same_in_fewer_passes(
    method: str, tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = texts.topics(60)
    frame["text"] = [" ".join(text.split() * (1 + i % 4)) for i, text in enumerate(frame.text)]
    pool = Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)
    options = {"per_device_eval_batch_size": 3, "num_train_epochs": 2, "eval_steps": 1, "best_metric": "loss"}
    cell = make_cell("bert", method, tiny_models["bert"], **options)
    monkeypatch.setattr(batches, "USUAL_TOKENS", 16)
    splits, made = draw(cell.task, pool), training.training_arguments
    told: dict[str, Any] = {}
    for device in ("cpu", "cuda"):
        on_device = partial(made, device=device)
        monkeypatch.setattr(training, "training_arguments", lambda *given, seed, scratch, make=on_device, **_: make(
            *given, seed=seed, scratch=scratch
        ))  # fmt: skip
        fitted = finetune.fit(cell, splits, Context(cache=tmp_path, mirror_dir=None, device="cpu"))
        passes: list[int] = []
        fitted.trained.trainer.model.register_forward_pre_hook(
            lambda _, __, options, passes=passes: passes.append(len(options["input_ids"])), with_kwargs=True
        )
        told[device] = fitted.summary, fitted.predict(splits.test), passes
    (before, expected, many), (after, found, few) = told.values()
    assert set(many[:-1]) == {3}
    assert sum(few) == sum(many) == len(splits.test)
    assert len(few) < 0.8 * len(many)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert [point.step for point in after.training.history] == [point.step for point in before.training.history]
    for one, other in zip(before.training.history, after.training.history, strict=True):
        assert other.validation_loss == pytest.approx(one.validation_loss, abs=1e-6)
        assert other.validation_accuracy == one.validation_accuracy
    assert after.training.tokens_seen == before.training.tokens_seen
    assert after.before.test.accuracy == before.before.test.accuracy
