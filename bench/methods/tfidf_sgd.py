"""`SGDClassifier` with logistic loss on TF-IDF features."""

from sklearn.linear_model import SGDClassifier

from bench.cell import Cell
from bench.config import TfidfSgdConfig
from bench.data.split import Splits
from bench.methods.arrays import LINEAR
from bench.methods.class_weight import training_set
from bench.methods.fitted import Context, Stored
from bench.methods.one_vs_rest import classifier_for
from bench.methods.tfidf import TfidfClassifier, TfidfFeatures, load_tfidf
from bench.models.kept import KeptModel


def fit(cell: Cell, splits: Splits, context: Context) -> TfidfClassifier:
    """Fit vectorizer and classifier on the training examples. Raises UserError as `TfidfFeatures.fit` does."""
    config = cell.model
    assert isinstance(config, TfidfSgdConfig)
    features = TfidfFeatures.fit(cell, splits)
    train = training_set(features.train, splits.train.labels, config.class_weight, seed=cell.task.seed)
    classifier = classifier_for(
        train,
        lambda weight: SGDClassifier(
            loss="log_loss",
            alpha=config.alpha,
            max_iter=config.max_iter,
            random_state=cell.task.seed,
            class_weight=weight,
        ),
    )
    return features.classifier(classifier.fit(train.features, train.labels))


def load(kept: KeptModel, stored: Stored) -> TfidfClassifier:
    """What was kept of a cell. Raises as `load_tfidf` does."""
    return load_tfidf(kept, stored.folder, SGDClassifier(loss="log_loss"), LINEAR)
