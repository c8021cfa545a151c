"""Simulated cells of texts with any number of labels: real record files, scored as real ones are."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from bench.methods.decisions import Decided, Decision
from bench.methods.metrics import evaluate
from bench.report.inputs.records import ExpectedCell
from bench.results import store
from bench.results.record import Record
from bench.results.scores import Before
from tests.report import simulate, simulate_training

NAMES = ("anger", "joy", "love", "fear", "grief", "pride")
SHARES = (0.35, 0.3, 0.2, 0.12, 0.06, 0.04)
"""Of texts that have each label."""


def truth(labels: int, num_test: int) -> np.ndarray:
    """0 and 1 by label, examples x labels: love goes with joy, and some texts have none."""
    random = np.random.default_rng(labels)
    has = random.random((num_test, labels)) < np.asarray(SHARES[:labels])
    if labels > 2:
        has[:, 2] &= has[:, 1] | (random.random(num_test) < 0.3)
    return has.astype(np.int8)


def probabilities(has: np.ndarray, skill: float, seed: int) -> np.ndarray:
    """Of each label: what is hard for one cell is hard for most; joy is often taken for love."""
    hard = np.random.default_rng(7).normal(0, 1, has.shape)
    own = np.random.default_rng(seed).normal(0, 0.6, has.shape)
    logits = -1.5 + 3 * skill * (has - 0.35) + hard + own
    if has.shape[1] > 2:
        logits[:, 2] += 0.8 * has[:, 1]
    return 1 / (1 + np.exp(-logits))


def skill(cell: ExpectedCell) -> float:
    """Of a learning curve with seed noise."""
    of_row = int(hashlib.sha256(cell.row.encode()).hexdigest()[:4], 16) / 65536
    return 0.3 + 0.5 * of_row + 0.12 * np.log2(1 + cell.train_size / 32) + _random(cell).normal(0, 0.03)


def write(cell: ExpectedCell, num_test: int = 300, names: Sequence[str] = NAMES) -> Record:
    """Write the record of one cell with its predictions and texts."""
    max_length = 64 if cell.num_labels > 1 else None  # what training of one label alone leaves is not simulated
    record = simulate.write(cell, num_test=num_test, names=names, max_length=max_length)
    assert record.measurements is not None
    labels, has = list(names[: cell.num_labels]), truth(cell.num_labels, num_test)
    found = probabilities(has, skill(cell), int(_random(cell).integers(1 << 30)))
    decision = Decision((0.3,) * cell.num_labels)
    decided = Decided(found, decision.given(found))
    test = evaluate(decided, [tuple(map(int, each)) for each in has], labels)
    changes = {"test": test, "validation": None, "train": None, "before": None}
    if max_length is not None and simulate_training.by_gradients(cell):
        changes["before"] = _before(has, labels)
    said = {"thresholds": {"metric": "macro_f1", "how": "shared", "threshold": 0.3}}
    measured = record.measurements.model_copy(update={**changes, "choices": {**record.measurements.choices, **said}})
    record = record.model_copy(update={"measurements": measured})
    return store.write(cell.folder, record, _frame(labels, has, decided), simulate.texts(num_test))


def run(cells: Iterable[ExpectedCell], write_one: Callable[[ExpectedCell], object] = write) -> None:
    """Write the records of all cells."""
    for cell in cells:
        write_one(cell)


def _before(has: np.ndarray, labels: list[str]) -> Before:
    """Scores of a model that knows nothing, and gives labels from a probability of 0.5 on."""
    found = probabilities(has, 0.0, 1)
    decided = Decided(found, Decision.usual(len(labels)).given(found))
    test = evaluate(decided, [tuple(map(int, each)) for each in has], labels)
    return Before(train=None, validation=None, test=test)


def _frame(labels: list[str], has: np.ndarray, decided: Decided) -> pd.DataFrame:
    def names(each: np.ndarray) -> list[list[str]]:
        return [[label for label, one in zip(labels, line, strict=True) if one] for line in each]

    return pd.DataFrame(
        {
            "split": "test",
            "id": [f"t{number}" for number in range(len(has))],
            "label": names(has),
            "predicted": names(decided.given),
            "probabilities": list(decided.probabilities.astype("float32")),
        }
    )


def _random(cell: ExpectedCell) -> np.random.Generator:
    return np.random.default_rng(int(hashlib.sha256(cell.key.encode()).hexdigest()[:8], 16))
