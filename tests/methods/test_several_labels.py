"""Training by gradients where a text may have several labels or none: every family, every method, alone and fused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as theirs
import torch
import torch.nn.functional as F

from bench.cell import Cell
from bench.config import DataConfig, NaturalSplitConfig
from bench.data.pool import Pool
from bench.data.split import draw
from bench.methods import finetune
from bench.methods.class_weight import label_weights
from bench.methods.fitted import Context
from bench.methods.fused.groups import can_fuse
from bench.methods.losses import example_losses, mean_loss, target_tensor
from bench.methods.trainer import weighted_loss
from bench.methods.windows import layout, mean_over_windows_of_sets
from bench.models.families import FAMILIES
from tests.methods.fused import test_equality as fused
from tests.methods.fused.conftest import no_dropout  # noqa: F401 - a fixture
from tests.methods.test_families import make_cell
from tests.support.scratch import CACHE
from tests.support.several import pool_of

CONTEXT = Context(cache=CACHE, mirror_dir=None, device="cpu")
DATA = DataConfig(name="tickets", source="file", multi_label="keep")


@pytest.fixture(scope="module")
def pool() -> Pool:
    return pool_of()


def several(cell: Cell, **task: Any) -> Cell:
    split = NaturalSplitConfig(name="natural")
    return replace(
        cell, task=replace(cell.task, **{"data": DATA, "split": split, "num_labels": 3, "train_size": 48} | task)
    )


def cell_of(family: str, method: str, folder: Path, **training: Any) -> Cell:
    return several(make_cell(family, method, folder, **{"best_metric": "average_precision"} | training))


@pytest.mark.parametrize("method", ["lora", "qlora", "full", "last_block"])
@pytest.mark.parametrize("family", FAMILIES)
def test_loss_falls(family: str, method: str, tiny_models: dict[str, Path], pool: Pool) -> None:
    cell = cell_of(family, method, tiny_models[family])
    splits = draw(cell.task, pool)
    fitted = finetune.fit(cell, splits, CONTEXT)
    training, before = fitted.summary.training, fitted.summary.before
    assert training is not None
    assert before is not None
    losses = [point.train_loss for point in training.history if point.train_loss is not None]
    assert losses[-1] < 0.9 * losses[0]
    found, true = fitted.predict(splits.test), np.asarray(splits.test.labels)
    assert found.shape == true.shape
    assert not np.allclose(found.sum(axis=1), 1), "probabilities of labels, one by one"
    assert before.test.loss is not None
    assert theirs.log_loss(true.ravel(), found.ravel()) < before.test.loss
    assert theirs.average_precision_score(true, found) > 0.6
    assert all(point.validation_score is not None for point in training.history if point.validation_loss is not None)


def test_losses_are_the_mean_over_labels() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(5, 3), torch.randint(2, (5, 3)).float()
    expected = F.binary_cross_entropy_with_logits(logits, labels, reduction="none").mean(dim=1)
    assert torch.allclose(example_losses(logits, labels), expected)
    assert torch.allclose(mean_loss(logits, labels), F.binary_cross_entropy_with_logits(logits, labels))
    weights = torch.tensor([[0.5, 4.0], [1.0, 1.0], [2.0, 0.1]])
    by_hand = [
        sum(
            weights[k, int(labels[n, k])] * F.binary_cross_entropy_with_logits(logits[n, k], labels[n, k])
            for k in range(3)
        )
        / 3
        for n in range(5)
    ]
    assert torch.allclose(example_losses(logits, labels, weights), torch.stack(by_hand))
    assert torch.allclose(weighted_loss(logits, labels, weights.tolist()), torch.stack(by_hand).mean())


def test_labels_that_a_cell_lacks_count_nothing() -> None:
    logits = torch.tensor([[0.3, -1.0, -torch.inf], [0.1, 0.2, 0.3]], requires_grad=True)
    labels = target_tensor([[1.0, 0.0], [0.0, 1.0, 1.0]], 3)
    losses = example_losses(logits, labels)
    assert float(losses[0].detach()) == pytest.approx(
        float(F.binary_cross_entropy_with_logits(logits[0, :2].detach(), labels[0, :2]))
    )
    losses.sum().backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert logits.grad[0, 2] == 0


def test_windows_are_means_of_probabilities() -> None:
    torch.manual_seed(0)
    logits, (rows, are) = torch.randn(3, 4), layout([2, 1])
    found = torch.sigmoid(mean_over_windows_of_sets(logits, rows, are))
    probabilities = torch.sigmoid(logits)
    assert torch.allclose(found, torch.stack([probabilities[:2].mean(dim=0), probabilities[2]]), atol=1e-6)


@pytest.mark.parametrize("how", ["balanced", "sqrt"])
def test_weights_of_labels(how: Any, tiny_models: dict[str, Path], pool: Pool) -> None:
    """A rare label is found more often, and the weights are those of each label against the rest."""
    probabilities = {}
    for weight in ("none", how):
        cell = cell_of("bert", "lora", tiny_models["bert"], class_weight=weight, num_train_epochs=5)
        splits = draw(cell.task, pool)
        fitted = finetune.fit(cell, splits, CONTEXT)
        probabilities[weight] = fitted.predict(splits.test)
        expected = label_weights(splits.train.labels, 3, weight)
        given = fitted.trained.trainer.label_weights
        assert (given is None) == (expected is None)
        assert expected is None or np.allclose(given, expected)  # type: ignore[arg-type]
    late = draw(cell.task, pool).labels.index("late")
    assert probabilities[how][:, late].mean() > probabilities["none"][:, late].mean()


CELLS: tuple[dict[str, Any], ...] = (
    {"num_labels": 3, "train_size": 24, "seed": 0, "eval_steps": 1},
    {"num_labels": 2, "train_size": 36, "seed": 1, "per_device_train_batch_size": 8, "learning_rate": 2e-3},
    {"num_labels": 2, "train_size": 20, "seed": 2, "learning_rate": 0.03, "class_weight": "balanced"},
    {"num_labels": 3, "train_size": 24, "seed": 0, "class_weight": "sqrt", "best_metric": "macro_f1"},
)


@pytest.mark.parametrize("method", ["lora", "qlora"])
@pytest.mark.parametrize("family", FAMILIES)
def test_fused_cells_are_as_alone(
    family: str,
    method: str,
    tiny_models: dict[str, Path],
    pool: Pool,
    no_dropout: None,  # noqa: F811
) -> None:
    """With other labels, sizes, seeds and weights side by side."""
    options = {"optim": "adamw_bnb_8bit", "learning_rate": 1e-3} if method == "qlora" else {}
    config = fused.lora(family, **({"name": "qlora", "r": 64} if method == "qlora" else {}))
    cells = [
        several(
            fused.make_cell(
                family, config, tiny_models[family], {"best_metric": "lrap"} | axes | options, min_steps=12
            ),
            **{name: axes[name] for name in ("num_labels", "train_size")},
        )
        for axes in (CELLS if method == "lora" else CELLS[:2])
    ]
    assert len(set(map(can_fuse, cells))) == 1
    fused.compare(cells, pool, 1e-4)


def test_one_label_and_several_are_never_one_stack(tiny_models: dict[str, Path]) -> None:
    cell = fused.make_cell("bert", fused.lora("bert"), tiny_models["bert"], CELLS[0])
    assert can_fuse(cell) != can_fuse(several(cell))
