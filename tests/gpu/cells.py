"""Cells on models with random weights, and their examples, which are made on the spot: nothing is read or fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.config import DataConfig, LoraConfig, NestedSplitConfig, TrainingConfig, TransformerConfig
from bench.data.split import Examples, Splits
from bench.data.task import Task
from bench.methods.fitted import Context
from bench.models.families import FAMILIES
from tests.gpu import folders
from tests.gpu.lengths import lengths
from tests.gpu.shapes import Shape

TEST = 64
"""Examples in the test set, and half as many in that for validation."""


@dataclass(frozen=True, slots=True)
class Row:
    """A model with a method and a precision: a line of the table."""

    shape: Shape
    method: str
    """`lora` or `qlora`."""
    precision: str
    """`bf16`, `fp32`, or `tf32`: fp32 whose products are made of TF32, as by default on GPUs that have it."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.shape.name} {self.method}, {self.precision}"


def model_of(shape: Shape, folder: Path) -> TransformerConfig:
    """The model in `folder`, with the sizes that estimates of memory need."""
    config = shape.made()
    return TransformerConfig(
        name=shape.name,
        family=shape.family,  # type: ignore[arg-type]
        source="hub",
        id=f"random/{shape.name}",
        path=str(folder),
        parameters=parameters(shape) / 1e6,
        hidden_size=config.hidden_size,
        intermediate_size=getattr(config, "intermediate_size", None) or 4 * config.hidden_size,
        num_layers=config.num_hidden_layers,
        vocabulary_size=config.vocab_size,
    )


def parameters(shape: Shape) -> int:
    """Of the model without a head, counted on a model that has no storage."""
    import torch
    from transformers import AutoModel

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in AutoModel.from_config(shape.made()).parameters())


def cells(row: Row, folder: Path, steps: Sequence[int], **training: Any) -> list[Cell]:
    """A cell for each entry of `steps`, which trains so many; they can be stacked, and have 2 and 4 labels in turn.

    Nothing is validated on the way unless `training` (`TrainingConfig`'s options) gives `eval_steps`.
    """
    model = model_of(row.shape, folder)
    targets = FAMILIES[row.shape.family].lora_targets
    method = LoraConfig(name=row.method, target_modules=targets)  # type: ignore[arg-type]
    precision = "fp32" if row.precision == "tf32" else row.precision
    options = {"learning_rate": 1e-3, "precision": precision, "optim": "adamw_torch", "num_train_epochs": 1}
    options |= {"early_stopping_patience": None, "max_length": 512} | training
    made = []
    for number, count in enumerate(steps):
        data = DataConfig(name="lengths", source="file")
        size = 16 * count
        task = Task(data=data, split=NestedSplitConfig(), num_labels=(2, 4)[number % 2], train_size=size, seed=number)
        config = TrainingConfig(**{"eval_steps": count} | options)
        made.append(Cell(task=task, model=model, method=method, training=config))
    return made


def splits(cell: Cell, length: int | None = None, *, test: int = TEST) -> Splits:
    """The cell's examples, `test` of them for testing: texts of GoEmotions' lengths, or of `length` tokens each."""
    assert isinstance(cell.model, TransformerConfig)
    num_labels, seed = cell.task.num_labels, cell.task.seed
    added = 2 if cell.model.family in folders.ENCODERS else 0

    def made(count: int, what: str, number: int) -> Examples:
        labels = tuple(i % num_labels for i in range(count))
        of = lengths(count, 3 * seed + number) if length is None else [length] * count
        texts = folders.texts(of, labels, num_labels, added, 3 * seed + number)
        return Examples(ids=tuple(f"{what}-{i}" for i in range(count)), texts=tuple(texts), labels=labels)

    return Splits(
        labels=tuple(f"label {i}" for i in range(num_labels)),
        train=made(cell.task.train_size, "train", 0),
        validation=made(TEST // 2, "validation", 1),
        test=made(test, "test", 2),
        duplicates_dropped=0,
    )


def context(cache: Path, device: str, **options: Any) -> Context:
    """Where they run."""
    return Context(cache=cache, mirror_dir=None, device=device, **options)
