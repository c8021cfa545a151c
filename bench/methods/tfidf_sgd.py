"""The baseline: a linear classifier on TF-IDF features."""

import time
from dataclasses import dataclass

from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from bench.cell import Cell
from bench.config import TfidfSgdConfig
from bench.data.split import Examples, Splits
from bench.errors import UserError
from bench.methods.fitted import Context, Probabilities, Summary
from bench.methods.tokens import vectorizer


@dataclass(slots=True)
class Baseline:
    """A fitted vectorizer and classifier."""

    summary: Summary
    pipeline: Pipeline

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        return self.pipeline.predict_proba(examples.texts)


def fit(cell: Cell, splits: Splits, context: Context) -> Baseline:
    """Fit a TF-IDF vectorizer and `SGDClassifier` (logistic loss) on the training examples.

    Raises UserError where words are asked for and there are none.
    """
    config = cell.model
    assert isinstance(config, TfidfSgdConfig)
    started = time.perf_counter()
    analyzer, features = vectorizer(config, splits.train.texts)
    if analyzer == "word" and not any(map(features.build_analyzer(), splits.train.texts)):
        raise UserError(
            f"model.analyzer=word finds no word of two letters in the {len(splits.train)} training texts: "
            "model.analyzer=char counts characters"
        )
    pipeline = make_pipeline(
        features,
        SGDClassifier(loss="log_loss", alpha=config.alpha, max_iter=config.max_iter, random_state=cell.task.seed),
    )
    pipeline.fit(splits.train.texts, splits.train.labels)
    ended = time.perf_counter()
    choices = {"analyzer": analyzer, "vocabulary_size": len(features.vocabulary_)}
    return Baseline(Summary(train_seconds=ended - started, choices=choices), pipeline)
