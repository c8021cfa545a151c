"""Texts with a rare label, and the words of a command line that trains each kind of row on them."""

import random
from pathlib import Path

import pandas as pd

from tests.support.tiny import BUSINESS, SPORT

RARE, COMMON = "rare", "common"
ROWS = {
    "tfidf_sgd": ("model=tfidf_sgd",),
    "tfidf_logistic": ("model=tfidf_logistic",),
    "tfidf_linear_svm": ("model=tfidf_linear_svm",),
    "linear_probe": ("model=bert_base", "method=linear_probe"),
    "tfidf_naive_bayes": ("model=tfidf_naive_bayes",),
    "setfit": ("model=bert_base", "method=setfit", "method.max_steps=20", "method.learning_rate=1e-3"),
    "lora": ("model=bert_base", "method=lora"),
    "full": ("model=bert_base", "method=full"),
    "last_block": ("model=bert_base", "method=last_block"),
}
"""Every kind of row that learns."""


def write(path: Path, count: int = 800) -> Path:
    """A CSV of texts of which one in eight is rare; what tells them is how many of their words are of sport."""
    chance = random.Random(0)
    rows: dict[str, str] = {}
    while len(rows) < count:
        label = RARE if len(rows) % 8 == 0 else COMMON
        share = 0.65 if label == RARE else 0.35
        words = [chance.choice(SPORT if chance.random() < share else BUSINESS) for _ in range(7)]
        rows.setdefault(" ".join(words), label)
    pd.DataFrame(rows.items(), columns=["text", "label"]).to_csv(path, index=False)
    return path


def words(path: Path, mirror: Path, row: str, *more: str) -> tuple[str, ...]:
    """The command line of a row of `ROWS`, with half of the texts for testing."""
    return (
        *ROWS[row], "data=file", f"data.path={path}", "split.max_test_fraction=0.5", "train_size=240", "seed=0",
        "training.num_train_epochs=8",
        "training.learning_rate=3e-3", f"mirror_dir={mirror}", "device=cpu", *more,
    )  # fmt: skip
