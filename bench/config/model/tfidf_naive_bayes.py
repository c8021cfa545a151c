"""`model=tfidf_naive_bayes`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from bench.bounds import Smoothing
from bench.config.model.tfidf import COUNTING, TfidfModel
from bench.config.scale import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfNaiveBayesConfig(TfidfModel):
    """`TfidfVectorizer` features, `ComplementNB` (Rennie et al. 2003, Tackling the poor assumptions of naive Bayes)."""

    family: Literal["tfidf_naive_bayes"]
    alpha: Smoothing = 1.0
    """Added to each label's sum of a feature (Laplace)."""

    tunable: ClassVar[Mapping[str, Scale]] = {**COUNTING, "alpha": "log"}
    module = "bench.methods.tfidf_naive_bayes"
    summary = "complement naive Bayes on TF-IDF features"
    estimator = ("sklearn.naive_bayes", "ComplementNB()")
