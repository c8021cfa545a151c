"""A linear support vector machine on TF-IDF features, with probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import softmax
from sklearn.svm import LinearSVC

from bench.cell import Cell
from bench.config.model.tfidf_linear_svm import TfidfLinearSvmConfig
from bench.data.split import Splits
from bench.methods.arrays import LINEAR
from bench.methods.class_weight import TrainingSet, training_set
from bench.methods.fitted import Context, Probabilities, Stored
from bench.methods.one_vs_rest import OneVsRest
from bench.methods.temperature import Scores, temperature
from bench.methods.tfidf import TfidfClassifier, TfidfFeatures, load_tfidf
from bench.models.kept import KeptModel

LEARNT = (*LINEAR, "temperature_")


class CalibratedSvm(LinearSVC):
    """An SVM and the temperature that its scores are divided by: what it decides stays what it is."""

    temperature_: float | NDArray[np.float64]
    """One number, found after fitting."""

    def predict_proba(self, features: csr_matrix) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        probabilities: Probabilities = softmax(scores(self, features) / self.temperature_, axis=1)
        return probabilities


def fit(cell: Cell, splits: Splits, context: Context) -> TfidfClassifier:
    """Fit vectorizer and SVM on the training examples, the temperature on the validation examples.

    Raises UserError as `TfidfFeatures.fit` does.
    """
    config = cell.model
    assert isinstance(config, TfidfLinearSvmConfig)
    features = TfidfFeatures.fit(cell, splits)
    train = training_set(features.train, splits.train.labels, config.class_weight, seed=cell.task.seed)
    if train.is_several:
        return _one_vs_rest(features, train, splits, config, seed=cell.task.seed)
    svm = CalibratedSvm(
        C=config.C, max_iter=config.max_iter, random_state=cell.task.seed, class_weight=train.class_weight
    )
    svm.fit(train.features, train.labels)
    if context.refit is None:
        svm.temperature_ = temperature(scores(svm, features.of(splits.validation)), splits.validation.labels)
    else:
        assert context.refit.temperature is not None
        svm.temperature_ = context.refit.temperature
    return features.classifier(svm, LEARNT, temperature=svm.temperature_)


def _one_vs_rest(
    features: TfidfFeatures, train: TrainingSet, splits: Splits, config: TfidfLinearSvmConfig, *, seed: int
) -> TfidfClassifier:
    """An SVM for each label, whose distances validation makes log-odds."""
    svms = OneVsRest(lambda: LinearSVC(C=config.C, max_iter=config.max_iter, random_state=seed), train.of_labels)
    svms.fit(train.features, train.labels)
    svms.calibrate(features.of(splits.validation), np.asarray(splits.validation.labels))
    return features.classifier(svms)


def scores(svm: LinearSVC, features: csr_matrix) -> Scores:
    """The signed distances by label, shape (examples, labels); of two labels the SVM has one, the second's."""
    distances: Scores = svm.decision_function(features)
    return distances if distances.ndim == 2 else np.stack([-distances, distances], axis=1)


def load(kept: KeptModel, stored: Stored) -> TfidfClassifier:
    """What was kept of a cell. Raises as `load_tfidf` does."""
    return load_tfidf(kept, stored.folder, CalibratedSvm(), LEARNT)
