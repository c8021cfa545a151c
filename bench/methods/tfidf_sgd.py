"""The baseline: a linear classifier on TF-IDF features."""

import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from bench.cell import Cell
from bench.config import TfidfSgdConfig
from bench.data.split import Splits
from bench.methods.outcome import Context, Outcome


def fit(cell: Cell, splits: Splits, context: Context) -> Outcome:
    """Fit `TfidfVectorizer` and `SGDClassifier` (logistic loss) on the training examples."""
    config = cell.model
    assert isinstance(config, TfidfSgdConfig)
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, config.ngram_max), sublinear_tf=config.sublinear_tf),
        SGDClassifier(loss="log_loss", alpha=config.alpha, max_iter=config.max_iter, random_state=cell.task.seed),
    )
    started = time.perf_counter()
    pipeline.fit(splits.train.texts, splits.train.labels)
    fitted = time.perf_counter()
    validation = pipeline.predict_proba(splits.validation.texts)
    validated = time.perf_counter()
    test = pipeline.predict_proba(splits.test.texts)
    ended = time.perf_counter()
    return Outcome(
        validation=validation,
        test=test,
        train_seconds=fitted - started,
        evaluate_seconds=ended - fitted,
        test_seconds=ended - validated,
        choices={"vocabulary_size": len(pipeline[0].vocabulary_)},
    )
