"""Logistic regression on TF-IDF features, its C chosen on validation."""

from sklearn.linear_model import LogisticRegression

from bench.cell import Cell
from bench.config.model.tfidf_logistic import TfidfLogisticConfig
from bench.data.split import Splits
from bench.methods.arrays import LINEAR
from bench.methods.class_weight import training_set
from bench.methods.fitted import Context, Stored
from bench.methods.one_vs_rest import classifier_for
from bench.methods.regression import choose_regression
from bench.methods.tfidf import TfidfClassifier, TfidfFeatures, load_tfidf
from bench.models.kept import KeptModel


def fit(cell: Cell, splits: Splits, context: Context) -> TfidfClassifier:
    """Fit the vectorizer and a regression per `C`, keep the best on validation.

    Raises UserError as `TfidfFeatures.fit` does.
    """
    config = cell.model
    assert isinstance(config, TfidfLogisticConfig)
    features = TfidfFeatures.fit(cell, splits)
    train = training_set(features.train, splits.train.labels, config.class_weight, seed=cell.task.seed)
    regression, strength = choose_regression(
        lambda strength: classifier_for(
            train,
            lambda weight: LogisticRegression(
                C=strength,
                max_iter=config.max_iter,
                class_weight=weight,
                # of many labels, each against the rest, on sparse features: the same optimum in a fraction of the time
                solver="newton-cg" if train.is_several else "lbfgs",
            ),
        ),
        config.C,
        (train.features, train.labels),
        (features.of(splits.validation), splits.validation.labels) if len(splits.validation) else None,
        best_metric=config.best_metric,
    )
    return features.classifier(regression, C=strength)


def load(kept: KeptModel, stored: Stored) -> TfidfClassifier:
    """What was kept of a cell. Raises as `load_tfidf` does."""
    return load_tfidf(kept, stored.folder, LogisticRegression(), LINEAR)
