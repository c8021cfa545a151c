"""Complement naive Bayes on TF-IDF features."""

from sklearn.naive_bayes import ComplementNB

from bench.cell import Cell
from bench.config.model.tfidf_naive_bayes import TfidfNaiveBayesConfig
from bench.data.split import Splits
from bench.methods.class_weight import training_set
from bench.methods.fitted import Context
from bench.methods.tfidf import TfidfClassifier, TfidfFeatures


def fit(cell: Cell, splits: Splits, context: Context) -> TfidfClassifier:
    """Fit vectorizer and classifier on the training examples. Raises UserError as `TfidfFeatures.fit` does."""
    config = cell.model
    assert isinstance(config, TfidfNaiveBayesConfig)
    features = TfidfFeatures.fit(config, splits.train)
    train = training_set(features.train, splits.train.labels, config.class_weight, seed=cell.task.seed)
    classifier = ComplementNB(alpha=config.alpha)
    return features.classifier(classifier.fit(train.features, train.labels, sample_weight=train.sample_weight))
