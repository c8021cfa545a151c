"""The floor: the labels' shares of the training examples, whatever the text."""

import time
from dataclasses import dataclass

from sklearn.dummy import DummyClassifier

from bench.cell import Cell
from bench.data.split import Examples, Splits
from bench.methods.fitted import Context, Probabilities, Summary


@dataclass(slots=True)
class Majority:
    """The shares; the first of the most frequent labels is what it predicts."""

    summary: Summary
    classifier: DummyClassifier

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels): the same for each text."""
        probabilities: Probabilities = self.classifier.predict_proba(examples.texts)
        return probabilities


def fit(cell: Cell, splits: Splits, context: Context) -> Majority:
    """Count the training labels."""
    started = time.perf_counter()
    classifier = DummyClassifier(strategy="prior").fit(splits.train.texts, splits.train.labels)
    return Majority(Summary(train_seconds=time.perf_counter() - started), classifier)
