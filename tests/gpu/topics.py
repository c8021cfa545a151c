"""Tiny models of every family and texts of two topics, for what is compared between devices and engines."""

import csv
import json
import random
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.config import DataConfig, LoraConfig, NestedSplitConfig, TrainingConfig, TransformerConfig
from bench.data.split import Examples, Splits
from bench.data.task import Task
from bench.models.families import FAMILIES
from tests.support.tiny import BUSINESS, SPORT, WORDS, build

LABELS = ("business", "sport")
TEST = 24
BATCH = 8


def model_folder(family: str, folder: Path) -> Path:
    """A tiny model without dropout: the same steps give the same losses on every device."""
    build(family, folder)
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config |= {name: 0.0 for name in config if "dropout" in name or name.endswith("pdrop")}
    file.write_text(json.dumps(config), encoding="utf-8")
    return folder


def cell(family: str, folder: Path, *, method: str = "lora", steps: int = 20, seed: int = 0, **training: Any) -> Cell:
    """A LoRA or QLoRA cell without dropout, which logs and validates every step."""
    options = {"learning_rate": 1e-3, "precision": "fp32", "optim": "adamw_torch", "num_train_epochs": 1}
    options |= {"min_steps": steps, "eval_steps": 1, "early_stopping_patience": None}
    options |= {"per_device_train_batch_size": BATCH} | training
    return Cell(
        task=Task(
            data=DataConfig(name="topics", source="file"),
            split=NestedSplitConfig(),
            num_labels=2,
            train_size=32,
            seed=seed,
        ),
        model=TransformerConfig(
            name=f"tiny-{family}",
            family=family,  # type: ignore[arg-type]
            source="hub",
            id=f"tiny/{family}",
            path=str(folder),
        ),
        method=LoraConfig(
            name=method,  # type: ignore[arg-type]
            r=4,
            dropout=0.0,
            target_modules=FAMILIES[family].lora_targets,
        ),
        training=TrainingConfig(**options),
    )


def splits(of: Cell) -> Splits:
    """Its examples: 3 to 12 words each, most of them of the label's topic."""
    draw = random.Random(of.task.seed)

    def made(count: int, what: str) -> Examples:
        labels = tuple(i % 2 for i in range(count))
        return Examples(
            ids=tuple(f"{what}-{i}" for i in range(count)),
            texts=tuple(text(draw, LABELS[label]) for label in labels),
            labels=labels,
        )

    train, validation, test = made(of.task.train_size, "train"), made(8, "validation"), made(TEST, "test")
    return Splits(labels=LABELS, train=train, validation=validation, test=test, duplicates_dropped=0)


def text(draw: random.Random, label: str) -> str:
    """Words, two of three of the topic's own."""
    own = SPORT if label == "sport" else BUSINESS
    return " ".join(draw.choice(own if draw.random() < 2 / 3 else WORDS) for _ in range(draw.randint(3, 12)))


def write_csv(path: Path, rows: int = 600) -> Path:
    """A file of labelled texts, each once, for commands."""
    draw, found = random.Random(0), {}
    while len(found) < rows:
        label = LABELS[len(found) % 2]
        found.setdefault(f"{text(draw, label)} {text(draw, label)}", label)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *found.items()])
    return path
