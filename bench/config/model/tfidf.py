"""What every classical model on TF-IDF features has: how texts are counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Self

from bench.bounds import Width
from bench.config.class_weight import EQUAL, ClassWeight
from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.model.alone import ModelAlone
from bench.config.names import Name, Text
from bench.config.scale import Scale
from bench.config.thresholds import MOST_PROBABLE, Thresholds

Analyzer = Literal["auto", "word", "char"]
COUNTING: Mapping[str, Scale] = {"ngram_max": "linear", "sublinear_tf": "linear", "analyzer": "linear"}
"""What can be searched of how texts are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfModel(ModelAlone):
    """A classifier on `TfidfVectorizer` features; a model derives from this and adds its own options."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    ngram_max: Width = 1
    """Of words; runs of characters are one longer."""
    sublinear_tf: bool = False
    """Count a term as 1 + log of how often it stands in a text."""
    analyzer: Analyzer = "auto"
    """What is counted: words as scikit-learn takes them, characters, or what suits the script of the training texts
    (`bench.methods.tokens`)."""
    class_weight: ClassWeight = field(default=EQUAL, metadata=IF_SET)
    """`training.class_weight`, of the classifier; texts are counted as they are. Filled in."""
    thresholds: Thresholds = field(default=MOST_PROBABLE, metadata=IF_SET)
    """`training.thresholds`. Filled in."""

    __pydantic_config__ = FORBID

    estimator: ClassVar[tuple[str, str]]
    """The module of scikit-learn, and the call in it, that gives a classifier which takes what was learnt: a model card
    shows it."""

    role = "classical"
    kept_as = "arrays"
    tunable: ClassVar[Mapping[str, Scale]] = COUNTING
    origin = "scikit-learn"

    def resolve(self, chosen: Chosen) -> Self:
        """With what `training` says for every row. A published protocol has scikit-learn's words, unless others are
        asked for."""
        is_published = chosen.split.name == "published"
        analyzer: Analyzer = "word" if is_published and self.analyzer == "auto" else self.analyzer
        return replace(self, analyzer=analyzer, class_weight=chosen.class_weight, thresholds=chosen.thresholds)
