"""Every family trains with every gradient method, through the code that a cell uses, and its head stays whole."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.cell import Cell
from bench.config import (
    DataConfig,
    FullConfig,
    LastBlockConfig,
    LoraConfig,
    MethodConfig,
    NestedSplitConfig,
    TrainingConfig,
    TransformerConfig,
)  # fmt: skip
from bench.data.pool import Pool
from bench.data.split import draw
from bench.data.task import Task
from bench.methods import adapters, finetune
from bench.methods.fitted import Context
from bench.methods.halve import in_halves
from bench.models import load
from bench.models.families import FAMILIES
from tests.support import texts
from tests.support.scratch import CACHE

FAMILY_NAMES = tuple(FAMILIES)


@pytest.fixture
def pool() -> Pool:
    frame = texts.topics(60)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


def make_method(family: str, name: str) -> MethodConfig:
    if name == "full":
        return FullConfig(name="full")
    if name == "last_block":
        return LastBlockConfig(name="last_block", model_dropout=0.0)
    return LoraConfig(name=name, r=4, target_modules=FAMILIES[family].lora_targets)


def make_cell(family: str, method: str, folder: Path, **training: object) -> Cell:
    data = DataConfig(name="topics", source="file")
    options = {"learning_rate": 1e-2 if "lora" in method else 2e-3, "num_train_epochs": 15}
    options |= {"precision": "bf16" if method == "qlora" else "fp32"}
    options |= {"optim": "adamw_bnb_8bit" if method == "qlora" else "adamw_torch"} | training
    return Cell(
        task=Task(data=data, num_labels=2, train_size=32, seed=0, split=NestedSplitConfig()),
        model=TransformerConfig(
            name=f"tiny-{family}", family=family, source="hub", id=f"tiny/{family}", path=str(folder)
        ),
        method=make_method(family, method),
        training=TrainingConfig(**options),
    )


def run(cell: Cell, pool: Pool):
    """The fitted model, its summary, and its probabilities for the test examples."""
    splits = draw(cell.task, pool)
    fitted = finetune.fit(cell, splits, Context(cache=CACHE, mirror_dir=None, device="cpu"))
    return fitted, fitted.summary, fitted.predict(splits.test)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_an_8_bit_optimizer_keeps_no_frozen_model(method: str, tiny_models: dict[str, Path], pool: Pool) -> None:
    from bitsandbytes.optim import GlobalOptimManager

    trained = {"min_steps": 1, "num_train_epochs": 1, "optim": "adamw_bnb_8bit"}
    for family in ("bert", "llama"):
        run(make_cell(family, method, tiny_models[family], **trained), pool)
    held = GlobalOptimManager.get_instance().module_weight_config_triple
    assert len(held) == (1 if method == "full" else 0), "the last model's, which is trained, alone"


def test_an_8_bit_optimizer_knows_nothing_of_an_earlier_model(tiny_models: dict[str, Path], pool: Pool) -> None:
    """Else what is first among a cell's parameters is trained in 32 bits after a cell that trained embeddings."""
    from bitsandbytes.optim import GlobalOptimManager

    trained = {"min_steps": 1, "num_train_epochs": 1, "optim": "adamw_bnb_8bit"}
    run(make_cell("bert", "full", tiny_models["bert"], **trained), pool)
    manager = GlobalOptimManager.get_instance()
    assert manager.index2config
    run(make_cell("llama", "lora", tiny_models["llama"], **trained), pool)
    assert (manager.index2config, manager.pid2config) == ({}, {})


@pytest.mark.parametrize("method", ["lora", "qlora", "full", "last_block"])
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_loss_falls(family: str, method: str, tiny_models: dict[str, Path], pool: Pool) -> None:
    _, summary, test = run(make_cell(family, method, tiny_models[family]), pool)
    losses = [point.train_loss for point in summary.training.history if point.train_loss is not None]
    assert losses[-1] < 0.9 * losses[0]
    assert test.shape == (40, 2)
    assert summary.parameters.quantized > 10_000 if method == "qlora" else summary.parameters.quantized == 0
    assert 0 < summary.parameters.trainable <= summary.parameters.total
    assert (summary.parameters.trainable == summary.parameters.total) == (method == "full")
    assert summary.before.test.num_examples == 40
    assert summary.before.train is None


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_accumulation_does_what_the_whole_batch_does(family: str, tiny_models: dict[str, Path], pool: Pool) -> None:
    """Gradients and losses of a step's parts are averaged, not summed: a halved cell is the same cell."""
    # a small norm would hide it, and so would AdamW alone, for which the size of a gradient hardly matters
    options = {"num_train_epochs": 2, "eval_steps": 2, "max_grad_norm": 1e9, "early_stopping_patience": None}
    whole = make_cell(family, "last_block", tiny_models[family], per_device_train_batch_size=8, **options)
    parts = in_halves(whole)
    assert parts is not None
    (_, first, test), (_, second, same) = run(whole, pool), run(parts, pool)
    assert first.training.steps == second.training.steps == 8
    losses = [[point.train_loss for point in summary.training.history[1:]] for summary in (first, second)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    assert np.abs(test - same).max() < 1e-3


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_head_is_never_quantized(family: str, tiny_models: dict[str, Path], pool: Pool) -> None:
    import bitsandbytes

    cell = make_cell(family, "qlora", tiny_models[family])
    base = _quantized(cell, tiny_models[family])
    linear = {
        name.rpartition(".")[2]
        for name, module in base.named_modules()
        if isinstance(module, bitsandbytes.nn.Linear4bit)
    }
    assert linear
    assert not linear & set(FAMILIES[family].head)
    adapted = adapters.add_adapters(base, cell.method, FAMILIES[family])
    heads = [p for name, p in adapted.named_parameters() if "modules_to_save" in name]
    assert len(heads) >= len(FAMILIES[family].head)
    assert all(p.dtype == torch.float32 and p.requires_grad for p in heads)


def _quantized(cell: Cell, folder: Path):
    tokenizer = load.load_tokenizer(cell.model, str(folder))
    return load.load_classifier(
        cell.model, str(folder), labels=("a", "b"), pad_token_id=tokenizer.pad_token_id, precision="bf16",
        quantization=cell.method.quantization, device="cpu",
    )  # fmt: skip


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_gradients_outlive_a_validation(family: str, tiny_models: dict[str, Path]) -> None:
    """4-bit layers must not change over to kernels without a gradient when the model was evaluated once."""
    cell = make_cell(family, "qlora", tiny_models[family])
    torch.manual_seed(0)
    model = adapters.add_adapters(_quantized(cell, tiny_models[family]), cell.method, FAMILIES[family])
    batch = {"input_ids": torch.tensor([[5, 6, 7, 8]]), "labels": torch.tensor([0])}

    def gradients() -> dict[str, torch.Tensor]:
        model.train(True)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            model(**batch).loss.backward()
        return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

    before = gradients()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        model.eval()(**batch)
    after = gradients()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_padding_does_not_change_a_prediction(family: str, tiny_models: dict[str, Path]) -> None:
    """Pooling takes the last real token, so a longer neighbour in the batch changes nothing."""
    cell = make_cell(family, "lora", tiny_models[family])
    tokenizer = load.load_tokenizer(cell.model, str(tiny_models[family]))
    assert tokenizer.pad_token_id is not None
    assert tokenizer.pad_token_id < len(tokenizer)
    model = load.load_classifier(
        cell.model, str(tiny_models[family]), labels=("a", "b"), pad_token_id=tokenizer.pad_token_id, precision="fp32",
        quantization=None, device="cpu",
    ).eval()  # fmt: skip
    short, long = "goal match", "bank market profit shares trade growth"
    alone = tokenizer([short], return_tensors="pt", return_token_type_ids=False)
    together = tokenizer([short, long], return_tensors="pt", padding=True, return_token_type_ids=False)
    with torch.inference_mode():
        assert torch.allclose(model(**alone).logits[0], model(**together).logits[0], atol=1e-5)


def test_same_seed_same_probabilities(tiny_models: dict[str, Path], pool: Pool) -> None:
    cell = make_cell("bert", "lora", tiny_models["bert"])
    (_, first, first_test), (_, second, second_test) = run(cell, pool), run(cell, pool)
    assert (first_test == second_test).all()
    assert first.training == second.training


def test_early_stopping_restores_the_best_weights(tiny_models: dict[str, Path], pool: Pool) -> None:
    # a rate far too high: validation gets worse after a few steps
    cell = make_cell("bert", "lora", tiny_models["bert"], learning_rate=0.5, eval_steps=1, early_stopping_patience=3)
    fitted, summary, _ = run(cell, pool)
    training = summary.training
    assert training.stopped_early
    assert training.steps == training.best_step + 3 < training.max_steps
    best = next(point for point in training.history if point.step == training.best_step)
    splits = draw(cell.task, pool)
    accuracy = (fitted.predict(splits.validation).argmax(axis=1) == splits.validation.labels).mean()
    assert accuracy == pytest.approx(best.validation_accuracy)
    assert best.validation_accuracy == max(point.validation_accuracy for point in training.history)


def test_a_loss_that_is_not_finite_diverges(tiny_models: dict[str, Path], pool: Pool) -> None:
    from bench.methods.fitted import Diverged

    with pytest.raises(Diverged, match="step"):
        run(
            make_cell("bert", "lora", tiny_models["bert"], learning_rate=1e30, max_grad_norm=1e30, weight_decay=0.0),
            pool,
        )


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_last_block_trains_only_what_it_says(family: str, tiny_models: dict[str, Path]) -> None:
    location = str(tiny_models[family])
    model = load.load_classifier(
        make_cell(family, "last_block", tiny_models[family]).model, location, labels=("a", "b"), pad_token_id=0,
        precision="bf16", quantization=None, device="cpu",
    )  # fmt: skip
    finetune.train_last_block(model, FAMILIES[family])
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    last = f"{FAMILIES[family].blocks}.1."  # of two blocks
    expected = (last, *(f"{path}." for path in (*FAMILIES[family].above, *FAMILIES[family].head)))
    assert trained == {name for name, _ in model.named_parameters() if name.startswith(expected)}
    assert all(any(name.startswith(start) for name in trained) for start in expected)
    assert all(p.dtype == torch.float32 for p in model.parameters() if p.requires_grad)


def test_examples_seen_counts_short_batches_once() -> None:
    from bench.methods.training import examples_seen
    from bench.running.steps import planned_steps

    config = TrainingConfig(per_device_train_batch_size=4, gradient_accumulation_steps=2, num_train_epochs=3)
    assert planned_steps(config, 10) == 6
    assert [examples_seen(step, config, 10) for step in range(5)] == [0, 8, 10, 18, 20]
