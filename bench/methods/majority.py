"""The floor: the labels' shares of the training examples, whatever the text."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier

from bench.cell import Cell
from bench.data.split import Examples, Splits
from bench.kind import MULTI_LABEL
from bench.methods import arrays
from bench.methods.fitted import Context, Probabilities, Stored, Summary
from bench.models.kept import KeptModel, describe

SHARES = "class_prior_"


@dataclass(slots=True)
class Majority:
    """The shares; the first of the most frequent labels is what it predicts."""

    summary: Summary
    kept: KeptModel
    shares: Probabilities
    """Shape (labels,)."""

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels): the same for each text."""
        return np.tile(self.shares, (len(examples), 1))

    def save(self, folder: Path) -> None:
        """Keep the shares, and what loading takes."""
        arrays.save(folder, {SHARES: self.shares})
        self.kept.write(folder)


def fit(cell: Cell, splits: Splits, context: Context) -> Majority:
    """Count the training labels."""
    started = time.perf_counter()
    shares = _shares(splits)
    summary = Summary(train_seconds=time.perf_counter() - started)
    return Majority(summary, describe(cell, splits.labels), shares)


def _shares(splits: Splits) -> Probabilities:
    """The part of the training examples that has each label."""
    if splits.kind == MULTI_LABEL:
        return np.asarray(splits.train.labels, dtype=np.float64).mean(axis=0)
    shares: Probabilities = DummyClassifier(strategy="prior").fit(splits.train.texts, splits.train.labels).class_prior_
    return shares


def load(kept: KeptModel, stored: Stored) -> Majority:
    """What was kept of a cell. Raises OSError, or ValueError or KeyError where the files do not fit."""
    shares = arrays.load(stored.folder)[SHARES]
    if shares.shape != (len(kept.labels),):
        raise ValueError(f"{arrays.FILE} is not of {len(kept.labels)} labels")
    return Majority(Summary(), kept, shares)
