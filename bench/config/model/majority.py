"""`model=majority`."""

from dataclasses import dataclass, field, replace
from typing import Literal, Self

from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.model.alone import ModelAlone
from bench.config.names import Name, Text
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.kind import MULTI_LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityConfig(ModelAlone):
    """The floor: every text gets the labels' shares of the training examples as its probabilities."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    family: Literal["majority"]
    thresholds: Thresholds = field(default=MOST_PROBABLE, metadata=IF_SET)
    """`training.thresholds`, where a text may have several labels; else the most frequent label is all that there is to
    decide for. Filled in."""

    __pydantic_config__ = FORBID

    module = "bench.methods.majority"
    role = "classical"
    kept_as = "arrays"
    origin = "scikit-learn"
    summary = "the labels' shares, whatever the text"

    def resolve(self, chosen: Chosen) -> Self:
        """With what `training` says for every row, where it has an effect."""
        has_effect = chosen.data.kind == MULTI_LABEL
        return replace(self, thresholds=chosen.thresholds if has_effect else MOST_PROBABLE)
