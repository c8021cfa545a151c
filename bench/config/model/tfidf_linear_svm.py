"""`model=tfidf_linear_svm`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from bench.bounds import Positive, Regularisation
from bench.config.model.tfidf import COUNTING, TfidfModel
from bench.config.scale import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfLinearSvmConfig(TfidfModel):
    """`TfidfVectorizer` features, `LinearSVC`, with probabilities by a temperature that validation gives.

    Not by `CalibratedClassifierCV`: its folds need several training examples of each label, and its sigmoid a label
    takes from macro F1 what it decides otherwise than the SVM (on 16 emotions 0.02 to 0.03).
    """

    family: Literal["tfidf_linear_svm"]
    C: Regularisation = 1.0
    """Inverse regularisation strength."""
    max_iter: Positive = 1000
    """Passes of the solver, at most."""

    tunable: ClassVar[Mapping[str, Scale]] = {**COUNTING, "C": "log"}
    module = "bench.methods.tfidf_linear_svm"
    summary = "a linear support vector machine on TF-IDF features"
    estimator = ("sklearn.svm", "LinearSVC()")
