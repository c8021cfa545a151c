"""A step of training waits for nothing on a GPU; tokens are counted on the host, as many as Trainer counts."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data._utils.pin_memory import pin_memory
from transformers import Trainer

from bench.cell import Cell
from bench.data.pool import Pool
from bench.data.split import draw
from bench.methods import finetune, masks, training, trunk
from bench.methods.encode import num_tokens
from bench.methods.fitted import Context
from bench.methods.trainer import NUM_TOKENS
from bench.running.warm import Warm
from tests.methods.test_families import FAMILY_NAMES, make_cell
from tests.support import texts
from tests.support.waits import StepWaits, Waits


@pytest.fixture
def pool() -> Pool:
    frame = texts.topics(60)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


def prepared(cell: Cell, pool: Pool, folder: Path) -> finetune.FineTuned:
    context = Context(cache=folder, mirror_dir=None, device="cpu", warm=Warm())
    return finetune.prepare(
        cell, finetune.ModelFiles.find(cell.model, context), draw(cell.task, pool), context, str(folder)
    )


def test_what_is_counted_as_a_wait() -> None:
    tensor, host = torch.ones(3), torch.ones(())
    waits = Waits()
    waits.on_host = {id(host)}
    with waits.counting():
        host.item()
        _ = tensor + host
        assert not waits.found
        tensor.sum().item()
        assert bool(tensor.all())
        tensor.tolist()
        tensor.nonzero()
        torch.tensor([1.0])
        tensor.cpu()
    assert [found.partition(" ")[0] for found in waits.found] == [
        "_local_scalar_dense", "_local_scalar_dense", "tolist", "nonzero", "lift_fresh", "cpu",
    ]  # fmt: skip


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "accumulated": {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
    "weighted": {"class_weight": "balanced"},
    "oversampled": {"class_weight": "oversample", "group_by_length": True},
    "windows": {"windows": "mean", "max_length": 6, "max_windows": 4},
    "checkpointed": {"gradient_checkpointing": True},
}


@pytest.mark.parametrize("options", OPTIONS)
def test_tokens_are_those_that_trainer_counts(
    options: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    compute = Trainer._track_num_input_tokens

    def track(trainer: Trainer, inputs: Any) -> None:
        """As Trainer does where it is told to, beside ours."""
        ours = trainer.state.num_input_tokens_seen
        trainer.args.include_num_input_tokens_seen = "non_padding"
        trainer.state.num_input_tokens_seen = sum(counted)
        compute(trainer, inputs)
        trainer.args.include_num_input_tokens_seen = "no"
        counted.append(trainer.state.num_input_tokens_seen - sum(counted))
        trainer.state.num_input_tokens_seen = ours

    monkeypatch.setattr(Trainer, "_track_num_input_tokens", track)
    # 20 examples in batches of 8: the last of an epoch is smaller; evaluations are not counted
    cell = make_cell(
        "bert",
        "lora",
        tiny_models["bert"],
        num_train_epochs=3,
        per_device_train_batch_size=8,
        eval_steps=2,
        min_steps=1,
    )
    made = replace(cell, task=replace(cell.task, train_size=20), training=replace(cell.training, **OPTIONS[options]))
    fitted = prepared(made, pool, tmp_path)
    found = training.train(fitted.trained)
    assert found.tokens_seen == sum(counted) > 0
    assert len(counted) >= found.steps


@pytest.fixture
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models attend as they do on a GPU, and features are there."""
    spare = masks.spare_masks
    monkeypatch.setattr(trunk, "fits", lambda *_: True)
    monkeypatch.setattr(masks, "spare_masks", lambda model, family, device: spare(model, family, "cuda"))


def waits_in_steps(cell: Cell, pool: Pool, folder: Path) -> list[str]:
    """What steps that were trained waited for, after the first."""
    trained = prepared(cell, pool, folder).trained
    trained.trainer.add_callback(waits := StepWaits())
    done = training.train(trained)
    assert waits.steps == done.steps - 1 > 4
    return waits.waits.found


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("method", ["lora", "qlora", "full", "last_block"])
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_step_waits_for_nothing(
    family: str, method: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path
) -> None:
    cell = make_cell(family, method, tiny_models[family], num_train_epochs=4, eval_steps=3)
    assert waits_in_steps(cell, pool, tmp_path) == []


@pytest.mark.usefixtures("as_on_a_gpu")
@pytest.mark.parametrize("options", OPTIONS)
def test_nor_does_one_with_options(options: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path) -> None:
    cell = make_cell("llama", "lora", tiny_models["llama"], num_train_epochs=4, **OPTIONS[options])
    assert waits_in_steps(cell, pool, tmp_path) == []


@pytest.mark.parametrize("options", ["plain", "windows"])
def test_a_gpu_takes_its_batches_while_the_host_goes_on(
    options: str, tiny_models: dict[str, Path], pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned: list[int] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: pinned.append(id(tensor)) or tensor)
    cell = make_cell("bert", "lora", tiny_models["bert"], **OPTIONS[options])
    made = training.training_arguments
    for device, waits in (("cpu", True), ("cuda", False)):
        on_device = partial(made, device=device)
        monkeypatch.setattr(training, "training_arguments", lambda *given, seed, scratch, make=on_device, **_: make(
            *given, seed=seed, scratch=scratch
        ))  # fmt: skip
        trainer = prepared(cell, pool, tmp_path).trained.trainer
        for loader in (trainer.get_train_dataloader(), trainer.get_eval_dataloader()):
            assert (loader._non_blocking, loader.base_dataloader.pin_memory) == (not waits, not waits)
    collated = trainer.data_collator(trainer.train_dataset[:4])
    found = pin_memory(collated)
    assert found[NUM_TOKENS] == collated[NUM_TOKENS] == sum(map(num_tokens, trainer.train_dataset[:4]))
    assert sorted(pinned) == sorted(id(value) for name, value in collated.items() if name != NUM_TOKENS)
