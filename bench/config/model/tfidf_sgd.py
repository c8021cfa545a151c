"""`model=tfidf_sgd`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bench.bounds import Positive, Regularisation
from bench.config.common import IF_SET
from bench.config.model.tfidf import COUNTING, Analyzer, TfidfModel
from bench.config.scale import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfSgdConfig(TfidfModel):
    """`TfidfVectorizer` features, `SGDClassifier` with logistic loss: what the studies compare with."""

    family: Literal["tfidf_sgd"]
    alpha: Regularisation = 1e-4
    """Strength of regularization."""
    max_iter: Positive = 1000
    """Passes of the solver, at most."""
    analyzer: Analyzer = field(default="word", metadata=IF_SET)
    """As of all; records from before there was a choice have words."""

    tunable: ClassVar[Mapping[str, Scale]] = {**COUNTING, "alpha": "log"}
    module = "bench.methods.tfidf_sgd"
    summary = "a linear classifier on TF-IDF features"
    estimator = ("sklearn.linear_model", 'SGDClassifier(loss="log_loss")')
