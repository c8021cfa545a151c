"""The last block trained on features is the last block trained on the whole model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from bench.cell import Cell
from bench.data.pool import Pool
from bench.data.split import Splits, draw
from bench.methods import finetune, last_block, trunk
from bench.methods.fitted import Context
from bench.methods.resident import PLACES, fits
from bench.models import load
from bench.models.families import FAMILIES
from bench.results.measurements import Training
from bench.running import devices
from bench.running.run import run_cell
from bench.running.warm import Warm
from bench.settings import Settings
from tests.methods.test_families import make_cell
from tests.methods.test_families import pool as pool  # noqa: PLC0414 - the fixture
from tests.support.scratch import CACHE

EQUAL = 2e-5
"""Texts are padded differently on both ways, so sums are rounded differently; nothing else differs."""


def fitted(cell: Cell, splits: Splits, folder: Path = CACHE, **context: Any) -> finetune.FineTuned:
    return finetune.fit(cell, splits, Context(cache=folder, mirror_dir=None, device="cpu", **context))


def options(precision: str = "fp32") -> dict[str, Any]:
    return {"num_train_epochs": 5, "precision": precision, "per_device_train_batch_size": 8, "evaluate_train": True}


def same(one: Training, other: Training, tolerance: float) -> None:
    assert len(one.history) == len(other.history) > 3
    for left, right in zip(one.history, other.history, strict=True):
        first, second = left.model_dump(), right.model_dump()
        assert first.keys() == second.keys()
        assert all(first[name] == pytest.approx(second[name], abs=tolerance) for name in first)
    exclude = {"history"}
    assert one.model_dump(exclude=exclude) == other.model_dump(exclude=exclude)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_trains_as_with_the_whole_model(
    family: str, tiny_models: dict[str, Path], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = make_cell(family, "last_block", tiny_models[family], **options())
    splits = draw(cell.task, pool)
    short = fitted(cell, splits)
    with monkeypatch.context() as patched:
        patched.setattr(last_block, "MAX_BYTES", 0)
        whole = fitted(cell, splits)
    assert short.summary.choices == {"trunk_features": True}
    assert whole.summary.choices == {"trunk_features": False}
    assert short.summary.training is not None
    assert whole.summary.training is not None
    same(short.summary.training, whole.summary.training, EQUAL)
    assert short.summary.parameters == whole.summary.parameters
    assert short.summary.frozen_weights == whole.summary.frozen_weights
    assert short.summary.before.test.accuracy == whole.summary.before.test.accuracy
    for examples in (splits.train, splits.validation, splits.test):
        ours, theirs = short.predict(examples), whole.predict(examples)
        np.testing.assert_allclose(ours, theirs, atol=EQUAL)
        assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).all()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_features_that_stay_on_the_gpu_change_no_bit(
    family: str, precision: str, tiny_models: dict[str, Path], pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = make_cell(family, "last_block", tiny_models[family], **options(precision))
    uneven = tuple(" ".join(text.split() * (1 + i % 3)) for i, text in enumerate(pool.texts))
    splits = draw(cell.task, replace(pool, texts=uneven))
    plain = fitted(cell, splits)
    assert plain.split.trunk.resident is None
    asked: list[int] = []
    monkeypatch.setattr(trunk, "fits", lambda nbytes, device: asked.append(nbytes) or True)
    held = fitted(cell, splits)
    resident = held.split.trunk.resident
    texts = {tuple(example["input_ids"]): example for name in ("train", "validation")
             for example in held.trained.encode(getattr(splits, name))}  # fmt: skip
    assert len(resident.rows) == 1 + sum(map(len, texts))
    assert resident.rows[1:].nbytes <= asked[0]
    seen: list[bool] = []
    collate = last_block.Collator.__call__

    def watched(self: last_block.Collator, examples: Any) -> Any:
        batch = collate(self, examples)
        seen.append(PLACES in batch)
        assert (last_block.HIDDEN in batch) != seen[-1]
        if seen[-1]:
            assert torch.equal(batch[PLACES] > 0, batch["attention_mask"] > 0), "padding has the row of zeros"
        return batch

    monkeypatch.setattr(last_block.Collator, "__call__", watched)
    for examples in (splits.train, splits.validation, splits.test):
        assert np.array_equal(held.predict(examples), plain.predict(examples))
    assert seen[0]
    assert False in seen, "test texts are not kept there"
    assert held.summary.training == plain.summary.training


@pytest.mark.parametrize(
    ("nbytes", "free", "processes", "does"),
    [(10**9, 60 * 10**9, 1, True), (10**9, 9 * 10**9, 1, False), (3 * 10**9, 60 * 10**9, 1, False),
     (10**9, 16 * 10**9, 2, False)],
)  # fmt: skip
def test_what_stays_on_the_gpu(
    nbytes: int, free: int, processes: int, does: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free, 80 * 10**9))
    monkeypatch.setattr(devices, "workers_on_gpu", processes)
    assert fits(nbytes, "cuda") is does
    assert not fits(nbytes, "cpu")


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_cache_changes_no_bit(
    family: str, precision: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path
) -> None:
    """Without a cache, with an empty one, with the process's own, and with one that another process filled."""
    cell = make_cell(family, "last_block", tiny_models[family], **options(precision))
    other = make_cell(family, "last_block", tiny_models[family], learning_rate=1e-4, **options(precision))
    splits = draw(cell.task, pool)
    warm, kept = Warm(), {"folder": tmp_path, "feature_cache_gb": 1.0}
    first, filling = fitted(cell, splits), fitted(other, splits, **kept, warm=warm)
    expected = first.predict(splits.test)
    assert filling.split.trunk.known.computed > 0
    held = fitted(cell, splits, **kept, warm=warm)
    assert held.split.trunk.known is filling.split.trunk.known
    held.predict(splits.test)
    read = fitted(cell, splits, **kept)
    for again in (held, read):
        assert again.summary.training == first.summary.training
        assert (again.predict(splits.test) == expected).all()
    assert read.split.trunk.known.computed == 0


def test_the_lower_blocks_are_not_run_while_training(tiny_models: dict[str, Path], pool: Pool, tmp_path: Path) -> None:
    cell = make_cell("llama", "last_block", tiny_models["llama"], **options())
    splits = draw(cell.task, pool)
    trained = fitted(cell, splits, tmp_path, feature_cache_gb=1.0)
    texts = {tuple(e["input_ids"]) for e in trained.trained.trainer.train_dataset}
    known = trained.split.trunk.known.computed
    assert len(texts) < known <= len(splits.train) + len(splits.validation) + len(splits.test)
    for block in trained.split.lower:
        block.register_forward_pre_hook(lambda *_: pytest.fail("a lower block was run"))
    trained.predict(splits.test)
    assert trained.split.trunk.known.computed == known


def test_dropout_in_the_trunk_keeps_it_whole(tiny_models: dict[str, Path]) -> None:
    """What is found by looking at modules is what is found by running the trunk twice."""
    for family, entry in FAMILIES.items():
        location = str(tiny_models[family])
        config = AutoConfig.from_pretrained(location)
        rates = [name for name in vars(config) if "drop" in name and isinstance(getattr(config, name), float)]
        assert rates, family
        for rate in [None, *rates]:
            found = AutoConfig.from_pretrained(location)
            for name in rates:
                setattr(found, name, 0.5 if name == rate else 0.0)
            found.num_labels = 2
            model = AutoModelForSequenceClassification.from_pretrained(location, config=found).train()
            caught: list[torch.Tensor] = []
            hook = lambda _, given, options, into=caught: into.append((given or (options["hidden_states"],))[0])  # noqa: E731
            model.get_submodule(entry.blocks)[-1].register_forward_pre_hook(hook, with_kwargs=True)
            ids = torch.tensor([[5, 6, 7, 8, 9, 10]])
            for _ in range(2):
                model.base_model(input_ids=ids, attention_mask=torch.ones_like(ids))
            assert last_block.is_fixed(model, entry) == torch.equal(*caught), (family, rate)


def test_dropout_in_the_trunk_is_said(tiny_models: dict[str, Path], pool: Pool) -> None:
    from dataclasses import replace

    cell = make_cell("bert", "last_block", tiny_models["bert"], **options())
    cell = replace(cell, method=replace(cell.method, model_dropout=None))
    trained = fitted(cell, draw(cell.task, pool))
    assert trained.split is None
    assert trained.summary.choices == {"trunk_features": False}


@pytest.mark.parametrize("family", ["llama", "modernbert"])
def test_the_whole_model_is_saved(family: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path) -> None:
    cell = make_cell(family, "last_block", tiny_models[family], **options())
    splits = draw(cell.task, pool)
    trained = fitted(cell, splits)
    expected = trained.predict(splits.test)
    trained.save(tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for text, row in zip(splits.test.texts, expected, strict=True):
        with torch.inference_mode():
            logits = model(**tokenizer(text, return_tensors="pt", return_token_type_ids=False)).logits[0]
        np.testing.assert_allclose(logits.softmax(0).numpy(), row, atol=EQUAL)
    assert (trained.predict(splits.test) == expected).all(), "and it still works"


def test_a_base_is_as_it_was(tiny_models: dict[str, Path], pool: Pool) -> None:
    cell = make_cell("gpt2", "last_block", tiny_models["gpt2"], **options())
    warm = Warm()
    fitted(cell, draw(cell.task, pool), warm=warm)
    base = warm.base.held.model
    anew = load.load_classifier_base(
        cell.model, str(tiny_models["gpt2"]), precision="fp32", quantization=None, device="cpu"
    ).model
    held, expected = base.state_dict(), anew.state_dict()
    assert held.keys() == expected.keys()
    assert all(torch.equal(held[name], expected[name]) for name in expected if name != "score.weight")


def test_settings_say_how_much_is_kept(
    tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: Pool
) -> None:
    monkeypatch.setattr("bench.running.measuring.load_pool", lambda *_, **__: pool)
    cell = make_cell("llama", "last_block", tiny_models["llama"], **options())
    for gigabytes, files in ((0.0, 0), (1.0, 2)):  # of training and validation, and of test
        settings = Settings(
            results_dir=str(tmp_path / "results"), cache_dir=str(tmp_path), device="cpu", feature_cache_gb=gigabytes
        )
        assert run_cell(cell, settings).failure is None
        assert len(list(tmp_path.glob("features/tiny-llama-*/*.safetensors"))) == files
