"""The baseline: a linear classifier on TF-IDF features."""

import time
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from bench.cell import Cell
from bench.config import TfidfSgdConfig
from bench.data.split import Examples, Splits
from bench.methods.fitted import Context, Probabilities, Summary


@dataclass(slots=True)
class Baseline:
    """A fitted vectorizer and classifier."""

    summary: Summary
    pipeline: Pipeline

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        return self.pipeline.predict_proba(examples.texts)


def fit(cell: Cell, splits: Splits, context: Context) -> Baseline:
    """Fit `TfidfVectorizer` and `SGDClassifier` (logistic loss) on the training examples."""
    config = cell.model
    assert isinstance(config, TfidfSgdConfig)
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, config.ngram_max), sublinear_tf=config.sublinear_tf),
        SGDClassifier(loss="log_loss", alpha=config.alpha, max_iter=config.max_iter, random_state=cell.task.seed),
    )
    started = time.perf_counter()
    pipeline.fit(splits.train.texts, splits.train.labels)
    ended = time.perf_counter()
    choices = {"vocabulary_size": len(pipeline[0].vocabulary_)}
    return Baseline(Summary(train_seconds=ended - started, choices=choices), pipeline)
