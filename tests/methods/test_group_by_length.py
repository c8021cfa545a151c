"""Batches of one length: less padding, every example once an epoch, and predictions that stay with their examples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import DataCollatorWithPadding

from bench.data.pool import Pool
from bench.data.split import draw
from bench.methods import finetune, training
from bench.methods.fitted import Context
from tests.methods.test_families import make_cell
from tests.support import texts
from tests.support.scratch import CACHE


@pytest.fixture
def pool() -> Pool:
    """Texts of 6 to 18 words."""
    frame = texts.topics(60)
    longer = [" ".join([text] * (1 + i % 3)) for i, text in enumerate(frame.text)]
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(longer), labels=tuple(frame.label), revision=None)


def test_off_it_is_no_part_of_a_key(tiny_models: dict[str, Path]) -> None:
    plain, off, on = (
        make_cell("bert", "lora", tiny_models["bert"], **options).key
        for options in ({}, {"group_by_length": False}, {"group_by_length": True})
    )
    assert plain == off != on


def test_it_pads_less_and_predicts_in_order(
    tiny_models: dict[str, Path], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    padding: dict[bool, int] = {}
    for grouped in (False, True):
        cell = make_cell(
            "bert", "lora", tiny_models["bert"], group_by_length=grouped, num_train_epochs=4,
            per_device_train_batch_size=4,
        )  # fmt: skip
        splits = draw(cell.task, pool)
        seen: list[Any] = []

        class Watched(DataCollatorWithPadding):
            def __call__(self, examples: Any, into: list[Any] = seen) -> Any:
                batch = super().__call__(examples)
                into.append(batch)
                return batch

        monkeypatch.setattr(training, "padding", lambda tokenizer, *_, made=Watched: made(tokenizer))
        fitted = finetune.fit(cell, splits, Context(cache=CACHE, mirror_dir=None, device="cpu"))
        batches = [batch for batch in seen if len(batch["labels"]) == 4]
        assert len(batches) == 4 * 8, "of 32 examples, in 4 epochs"
        padding[grouped] = sum(int((batch["attention_mask"] == 0).sum()) for batch in batches)
        together = fitted.predict(splits.test)
        for i in range(0, len(splits.test), 7):
            alone = type(splits.test)(
                ids=(splits.test.ids[i],), texts=(splits.test.texts[i],), labels=(splits.test.labels[i],)
            )
            np.testing.assert_allclose(fitted.predict(alone)[0], together[i], atol=1e-5)
    assert padding[True] < 0.8 * padding[False]
