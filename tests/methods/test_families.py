"""Every family trains with every gradient method, through the code that a cell uses, and its head stays whole."""

from pathlib import Path

import pytest
import torch

from bench.cell import Cell
from bench.config import DataConfig, LoraConfig, SplitConfig, TrainingConfig, TransformerConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.data.task import Task
from bench.methods import lora
from bench.methods.outcome import Context
from bench.models import load
from bench.models.families import FAMILIES
from tests.support import texts

FAMILY_NAMES = tuple(FAMILIES)


@pytest.fixture
def pool() -> Pool:
    frame = texts.topics(60)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


def make_cell(family: str, method: str, folder: Path, **training: object) -> Cell:
    data = DataConfig(name="topics", source="file")
    options = {"learning_rate": 1e-2, "precision": "fp32" if method == "lora" else "bf16", "num_train_epochs": 6}
    options |= {"optim": "adamw_torch" if method == "lora" else "adamw_bnb_8bit"} | training
    return Cell(
        task=Task(data=data, num_labels=2, train_size=32, seed=0, split=SplitConfig()),
        model=TransformerConfig(
            name=f"tiny-{family}", family=family, source="hub", id=f"tiny/{family}", path=str(folder)
        ),
        method=LoraConfig(name=method, r=4, target_modules=FAMILIES[family].lora_targets),
        training=TrainingConfig(**options),
    )


def run(cell: Cell, pool: Pool):
    return lora.fit(cell, draw(cell.task, pool), Context(cache=Path("unused"), mirror_dir=None, device="cpu"))


@pytest.mark.parametrize("method", ["lora", "qlora"])
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_loss_falls(family: str, method: str, tiny_models: dict[str, Path], pool: Pool) -> None:
    outcome = run(make_cell(family, method, tiny_models[family]), pool)
    losses = [point.train_loss for point in outcome.training.history if point.train_loss is not None]
    assert losses[-1] < 0.9 * losses[0]
    assert outcome.test.shape == (40, 2)
    assert outcome.parameters.quantized == 0 if method == "lora" else outcome.parameters.quantized > 10_000
    assert 0 < outcome.parameters.trainable < outcome.parameters.total


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
    adapted = lora.add_adapters(base, cell.method, FAMILIES[family])
    heads = [p for name, p in adapted.named_parameters() if "modules_to_save" in name]
    assert len(heads) >= len(FAMILIES[family].head)
    assert all(p.dtype == torch.float32 and p.requires_grad for p in heads)


def _quantized(cell: Cell, folder: Path):
    tokenizer = load.load_tokenizer(cell.model, str(folder))
    return load.load_classifier(
        cell.model, str(folder), labels=("a", "b"), pad_token_id=tokenizer.pad_token_id, precision="bf16",
        quantization=cell.method, device="cpu",
    )  # fmt: skip


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_gradients_outlive_a_validation(family: str, tiny_models: dict[str, Path]) -> None:
    """4-bit layers must not change over to kernels without a gradient when the model was evaluated once."""
    cell = make_cell(family, "qlora", tiny_models[family])
    torch.manual_seed(0)
    model = lora.add_adapters(_quantized(cell, tiny_models[family]), cell.method, FAMILIES[family])
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
    first, second = run(cell, pool), run(cell, pool)
    assert (first.test == second.test).all()
    assert first.training == second.training


def test_early_stopping_restores_the_best_weights(tiny_models: dict[str, Path], pool: Pool) -> None:
    # a rate far too high: validation gets worse after a few steps
    cell = make_cell("bert", "lora", tiny_models["bert"], learning_rate=0.5, eval_steps=1, early_stopping_patience=3)
    outcome = run(cell, pool)
    training = outcome.training
    assert training.stopped_early
    assert training.steps == training.best_step + 3 < training.max_steps
    best = next(point for point in training.history if point.step == training.best_step)
    splits = draw(cell.task, pool)
    accuracy = (outcome.validation.argmax(axis=1) == splits.validation.labels).mean()
    assert accuracy == pytest.approx(best.validation_accuracy)
    assert best.validation_accuracy == max(point.validation_accuracy for point in training.history)


def test_a_loss_that_is_not_finite_diverges(tiny_models: dict[str, Path], pool: Pool) -> None:
    from bench.methods.outcome import Diverged

    with pytest.raises(Diverged, match="step"):
        run(
            make_cell("bert", "lora", tiny_models["bert"], learning_rate=1e30, max_grad_norm=1e30, weight_decay=0.0),
            pool,
        )
