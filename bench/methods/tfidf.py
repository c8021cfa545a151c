"""Classical models on TF-IDF features: the features of a cell's texts, and a classifier on them."""

import time
from dataclasses import dataclass
from typing import Any, Protocol, Self

from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.config.model.tfidf import TfidfModel
from bench.data.split import Examples
from bench.errors import UserError
from bench.methods.fitted import Probabilities, Summary
from bench.methods.tokens import vectorizer


class Classifier(Protocol):
    """A fitted classifier of scikit-learn, or what does as one."""

    def predict_proba(self, features: csr_matrix) -> Probabilities:
        """Probabilities, shape (examples, labels)."""


@dataclass(slots=True)
class TfidfClassifier:
    """A fitted vectorizer and classifier."""

    summary: Summary
    vectorizer: TfidfVectorizer
    classifier: Classifier

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        return self.classifier.predict_proba(self.vectorizer.transform(examples.texts))


@dataclass(slots=True)
class TfidfFeatures:
    """A vectorizer fitted on training texts, with their features."""

    started: float
    """When fitting began, by `time.perf_counter`."""
    analyzer: str
    """What is counted: `word`, `char` or `mixed`."""
    vectorizer: TfidfVectorizer
    train: csr_matrix
    """Shape (training examples, vocabulary)."""

    @classmethod
    def fit(cls, config: TfidfModel, train: Examples) -> Self:
        """Fit the vectorizer that `config` asks for. Raises UserError where words are asked for and there are none."""
        started = time.perf_counter()
        analyzer, features = vectorizer(config, train.texts)
        if analyzer == "word" and not any(map(features.build_analyzer(), train.texts)):
            raise UserError(
                f"model.analyzer=word finds no word of two letters in the {len(train)} training texts: "
                "model.analyzer=char counts characters"
            )
        return cls(started, analyzer, features, features.fit_transform(train.texts))

    def of(self, examples: Examples) -> csr_matrix:
        """Features, shape (examples, vocabulary)."""
        return self.vectorizer.transform(examples.texts)

    def classifier(self, fitted: Classifier, **choices: Any) -> TfidfClassifier:
        """`fitted`, which learnt from the training examples just now, with what was chosen on the way."""
        choices = {"analyzer": self.analyzer, "vocabulary_size": len(self.vectorizer.vocabulary_), **choices}
        summary = Summary(train_seconds=time.perf_counter() - self.started, choices=choices)
        return TfidfClassifier(summary, self.vectorizer, fitted)
