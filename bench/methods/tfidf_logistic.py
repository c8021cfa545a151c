"""Logistic regression on TF-IDF features, its C chosen on validation."""

from sklearn.linear_model import LogisticRegression

from bench.cell import Cell
from bench.config.model.tfidf_logistic import TfidfLogisticConfig
from bench.data.split import Splits
from bench.methods.fitted import Context
from bench.methods.regression import choose_regression
from bench.methods.tfidf import TfidfClassifier, TfidfFeatures


def fit(cell: Cell, splits: Splits, context: Context) -> TfidfClassifier:
    """Fit the vectorizer and a regression per `C`, keep the best on validation.

    Raises UserError as `TfidfFeatures.fit` does.
    """
    config = cell.model
    assert isinstance(config, TfidfLogisticConfig)
    features = TfidfFeatures.fit(config, splits.train)
    regression, strength = choose_regression(
        lambda strength: LogisticRegression(C=strength, max_iter=config.max_iter),
        config.C,
        (features.train, splits.train.labels),
        (features.of(splits.validation), splits.validation.labels),
        best_metric=config.best_metric,
    )
    return features.classifier(regression, C=strength)
