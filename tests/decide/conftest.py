"""An experiment of classical rows on a file, whose cells take no time."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.decide import race, session
from bench.decide.__main__ import main
from bench.running.run import run_cell

WORDS = {
    "sport": "goal match team player cup final league coach",
    "business": "bank market share profit price trade firm stock",
}
FILLER = "the and was for with that from this were which have been about after"
ROWS = "model=tfidf_logistic,majority,tfidf_sgd"


def table(size: int = 400, noise: float = 0.2) -> pd.DataFrame:
    """Texts of two labels, of which a part has words of the other one: no row is always right."""
    random = np.random.default_rng(1)
    lines = []
    for number in range(size):
        label = ("sport", "business")[number % 2]
        other = ("business", "sport")[number % 2]
        source = other if random.random() < noise / 2 else label
        words = [*random.choice(WORDS[source].split(), 3), *random.choice(FILLER.split(), 6), f"w{number}"]
        lines.append((" ".join(random.permutation(words)), label))
    return pd.DataFrame(lines, columns=["text", "label"])


@dataclass
class Grid:
    """A grid below a folder; `decide` runs the command in this process."""

    folder: Path
    words: tuple[str, ...]

    @property
    def all_words(self) -> tuple[str, ...]:
        return (*self.words, *(f"{name}_dir={self.folder / name}" for name in ("results", "reports", "cache")))

    def decide(self, *more: str) -> int:
        return main([*self.all_words, *more])

    def records(self) -> set[str]:
        return {path.parent.name for path in (self.folder / "results").rglob("record.json")}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds are run in this process, and no page is drawn; cells and records are real. (A pool takes seconds.)"""

    def run(cells, settings, *_, **__):
        for cell in cells:
            run_cell(cell, settings)

    monkeypatch.setattr(session, "run_cells", run)
    monkeypatch.setattr(race, "draw", lambda *_: None)


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    """Three rows at two sizes."""
    table().to_csv(tmp_path / "topics.csv", index=False)
    words = ("data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2",
             "train_size=16,64", "split=nested_small", "name=topics", ROWS, "device=cpu")  # fmt: skip
    return Grid(tmp_path, words)
