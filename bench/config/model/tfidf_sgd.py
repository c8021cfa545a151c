"""`model=tfidf_sgd`."""

from dataclasses import dataclass, field, replace
from typing import Literal, Self

from bench.bounds import Positive, Regularisation, Width
from bench.config.common import FORBID, IF_SET
from bench.config.method.base import Chosen
from bench.config.model.alone import ModelAlone
from bench.config.names import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfSgdConfig(ModelAlone):
    """The baseline: `TfidfVectorizer` features, `SGDClassifier` with logistic loss."""

    name: Name
    family: Literal["tfidf_sgd"]
    ngram_max: Width = 1
    """Of words; runs of characters are one longer."""
    sublinear_tf: bool = False
    alpha: Regularisation = 1e-4
    max_iter: Positive = 1000
    analyzer: Literal["auto", "word", "char"] = field(default="word", metadata=IF_SET)
    """What is counted: words as scikit-learn takes them, characters, or what suits the script of the training texts
    (`bench.methods.tokens`)."""

    __pydantic_config__ = FORBID

    module = "bench.methods.tfidf_sgd"
    role = "classical"
    origin = "scikit-learn"
    summary = "a linear classifier on TF-IDF features"

    def resolve(self, chosen: Chosen) -> Self:
        """A published protocol has scikit-learn's words, unless something else is asked for."""
        is_published = chosen.split.name == "published"
        return replace(self, analyzer="word") if is_published and self.analyzer == "auto" else self
