"""`model=majority`."""

from dataclasses import dataclass, field
from typing import Literal

from bench.config.common import FORBID, NEVER
from bench.config.model.alone import ModelAlone
from bench.config.names import Name, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityConfig(ModelAlone):
    """The floor: every text gets the labels' shares of the training examples as its probabilities."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    family: Literal["majority"]

    __pydantic_config__ = FORBID

    module = "bench.methods.majority"
    role = "classical"
    kept_as = "arrays"
    origin = "scikit-learn"
    summary = "the labels' shares, whatever the text"
