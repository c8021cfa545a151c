"""Complement naive Bayes on TF-IDF features."""

from sklearn.naive_bayes import ComplementNB

from bench.cell import Cell
from bench.config.model.tfidf_naive_bayes import TfidfNaiveBayesConfig
from bench.data.split import Splits
from bench.methods.class_weight import training_set
from bench.methods.fitted import Context, Stored
from bench.methods.one_vs_rest import OneVsRest
from bench.methods.tfidf import TfidfClassifier, TfidfFeatures, load_tfidf
from bench.models.kept import KeptModel

LEARNT = ("feature_log_prob_", "classes_")


def fit(cell: Cell, splits: Splits, context: Context) -> TfidfClassifier:
    """Fit vectorizer and classifier on the training examples. Raises UserError as `TfidfFeatures.fit` does."""
    config = cell.model
    assert isinstance(config, TfidfNaiveBayesConfig)
    features = TfidfFeatures.fit(cell, splits)
    train = training_set(features.train, splits.train.labels, config.class_weight, seed=cell.task.seed)
    if train.is_several:
        several = OneVsRest(lambda: ComplementNB(alpha=config.alpha), train.of_labels)
        return features.classifier(several.fit(train.features, train.labels))
    classifier = ComplementNB(alpha=config.alpha)
    classifier.fit(train.features, train.labels, sample_weight=train.sample_weight)
    return features.classifier(classifier, LEARNT)


def load(kept: KeptModel, stored: Stored) -> TfidfClassifier:
    """What was kept of a cell. Raises as `load_tfidf` does."""
    return load_tfidf(kept, stored.folder, ComplementNB(), LEARNT)
