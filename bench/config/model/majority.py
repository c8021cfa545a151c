"""`model=majority`."""

from dataclasses import dataclass, field, replace
from typing import Literal, Self

from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.model.alone import ModelAlone
from bench.config.names import Name, Text
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.kind import MULTI_LABEL

OF_ONE, OF_SETS = "Most frequent label", "Same labels for every text"
"""What people call it in `conf/model/majority.yaml`, and where thresholds say how many of the most frequent labels
every text is given, all of them often."""


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
        """With what `training` says for every row, and by another name, where texts may have several labels."""
        if chosen.data.kind != MULTI_LABEL:
            return replace(self, thresholds=MOST_PROBABLE)
        name = OF_SETS if self.display_name == OF_ONE else self.display_name
        return replace(self, thresholds=chosen.thresholds, display_name=name)
