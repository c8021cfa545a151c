"""Classical models on TF-IDF features: the features of a cell's texts, and a classifier on them."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.cell import Cell
from bench.config.model.tfidf import TfidfModel
from bench.data.split import Examples, Splits
from bench.errors import UserError
from bench.kind import MULTI_LABEL
from bench.methods import arrays
from bench.methods.fitted import Probabilities, Summary
from bench.methods.one_vs_rest import OneVsRest
from bench.methods.tokens import kind_of, vectorizer
from bench.models.kept import TERMS, KeptModel, describe
from bench.results.regular import read_json


class Classifier(Protocol):
    """A fitted classifier of scikit-learn, or what does as one."""

    def predict_proba(self, features: csr_matrix) -> Probabilities:
        """Probabilities, shape (examples, labels)."""


@dataclass(slots=True)
class TfidfClassifier:
    """A fitted vectorizer and classifier."""

    summary: Summary
    kept: KeptModel
    analyzer: str
    """What is counted: `word`, `char` or `mixed`."""
    vectorizer: TfidfVectorizer
    classifier: Classifier
    attributes: Sequence[str]
    """The attributes that the classifier predicts by."""

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        return self.classifier.predict_proba(self.vectorizer.transform(examples.texts))

    def save(self, folder: Path) -> None:
        """Keep terms, their weights, what the classifier learnt, and what loading takes."""
        places = self.vectorizer.vocabulary_
        content = {"analyzer": self.analyzer, "terms": sorted(places, key=places.__getitem__)}
        # in ASCII: a character n-gram may be half of a pair of surrogates
        (folder / TERMS).write_text(json.dumps(content), encoding="ascii")
        idf = {"idf_": np.ascontiguousarray(self.vectorizer.idf_)}
        arrays.save(folder, idf | arrays.fitted_attributes(self.classifier, self.attributes))
        self.kept.write(folder)


def load_tfidf(kept: KeptModel, folder: Path, classifier: Any, attributes: Sequence[str]) -> TfidfClassifier:
    """What `TfidfClassifier.save` kept, with `classifier`, which is not fitted; or one plane a label, where a text may
    have several.

    Raises OSError, or ValueError, KeyError or SafetensorError where the files do not go together.
    """
    assert isinstance(kept.model, TfidfModel)
    if kept.kind == MULTI_LABEL:
        classifier, attributes = OneVsRest(), arrays.LINEAR
    content, found = read_json(folder / TERMS), arrays.load(folder)
    terms = content["terms"]
    if any(found[name].shape[-1] != len(terms) for name in ("idf_", attributes[0])):
        raise ValueError(f"{TERMS} and {arrays.FILE} are not of the same model")
    features = vectorizer(kept.model, content["analyzer"], {term: place for place, term in enumerate(terms)})
    features.idf_ = found["idf_"]
    arrays.set_fitted(classifier, found, attributes, num_labels=len(kept.labels))
    return TfidfClassifier(Summary(), kept, content["analyzer"], features, classifier, attributes)


@dataclass(slots=True)
class TfidfFeatures:
    """A vectorizer fitted on training texts, with their features."""

    started: float
    """When fitting began, by `time.perf_counter`."""
    kept: KeptModel
    analyzer: str
    """What is counted: `word`, `char` or `mixed`."""
    vectorizer: TfidfVectorizer
    train: csr_matrix
    """Shape (training examples, vocabulary)."""

    @classmethod
    def fit(cls, cell: Cell, splits: Splits) -> Self:
        """Fit the vectorizer that the cell's model asks for on its training texts.

        Raises UserError where words are asked for and there are none.
        """
        config, texts = cell.model, splits.train.texts
        assert isinstance(config, TfidfModel)
        started = time.perf_counter()
        analyzer = kind_of(config, texts)
        features = vectorizer(config, analyzer)
        if analyzer == "word" and not any(map(features.build_analyzer(), texts)):
            raise UserError(
                f"model.analyzer=word finds no word of two letters in the {len(texts)} training texts: "
                "model.analyzer=char counts characters"
            )
        return cls(started, describe(cell, splits.labels), analyzer, features, features.fit_transform(texts))

    def of(self, examples: Examples) -> csr_matrix:
        """Features, shape (examples, vocabulary)."""
        return self.vectorizer.transform(examples.texts)

    def classifier(
        self, fitted: Classifier, attributes: Sequence[str] = arrays.LINEAR, **choices: Any
    ) -> TfidfClassifier:
        """`fitted`, which learnt from the training examples just now, with what was chosen on the way.

        `attributes` are those that it predicts by.
        """
        choices = {"analyzer": self.analyzer, "vocabulary_size": len(self.vectorizer.vocabulary_), **choices}
        summary = Summary(train_seconds=time.perf_counter() - self.started, choices=choices)
        return TfidfClassifier(summary, self.kept, self.analyzer, self.vectorizer, fitted, attributes)
