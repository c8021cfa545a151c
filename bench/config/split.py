"""The schema of `conf/split/`: how a task's examples are drawn."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from bench.bounds import Fraction, Positive, Seed
from bench.config.common import FORBID, IF_SET
from bench.config.names import Name

SameText = Literal["exact", "normalized", "near"]
"""By what two texts are the same: `exact` but for blanks at the ends; `normalized`: Unicode form (NFKC), case and
runs of blanks do not count (`bench.data.sametext`); or `near`: punctuation, numbers and addresses do not count either,
nor do some words of a longer text (`bench.data.neartext`). Older records have `exact`."""
Conflicts = Literal["keep_first", "drop", "refuse"]
"""Of a text under several labels: keep one row (older records), or none; or refuse data that has such texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedSplitConfig:
    """Balanced, nested draws with one fixed test set (`bench.data.splits.nested`)."""

    name: Literal["nested"] = "nested"
    test_size: Positive = 1000
    """Test examples over all labels, at most."""
    max_test_fraction: Fraction = 1 / 3
    """Of a label's examples, at most this part goes to the test set."""
    validation_fraction: Fraction = 0.25
    """Validation examples as a part of the training size; they come on top of it."""
    min_validation_per_label: Positive = 8
    """Validation examples of each label, at least."""
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""
    same_text: SameText = field(default="exact", metadata=IF_SET)
    conflicts: Conflicts = field(default="keep_first", metadata=IF_SET)

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSplitConfig:
    """The emotion study's draws, exactly (`bench.data.splits.published`)."""

    name: Literal["published"]

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedSplitConfig:
    """Natural proportions, each seed a new trial (`bench.data.splits.stratified`)."""

    name: Literal["stratified"]
    test_size: Positive = 1024
    """Test examples."""
    validation_fraction: Fraction = 0.25
    """Validation examples as a part of the training size; they come on top of it."""
    min_validation_size: Positive = 16
    """Validation examples, at least."""
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""
    same_text: SameText = field(default="exact", metadata=IF_SET)
    conflicts: Conflicts = field(default="keep_first", metadata=IF_SET)

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class UndersampledSplitConfig:
    """All labels cut down to the rarest one's count, then three parts (`bench.data.splits.undersampled`)."""

    name: Literal["undersampled"]
    draw_seed: Seed = 123
    """Of the undersampling and the shuffle: the test set is the same for every seed of the grid."""
    train_fraction: Fraction = 0.7
    """The part that `train_size` examples are taken of."""
    validation_fraction: Fraction = 0.1
    """Validation examples, as a part of all."""
    deduplicate: bool = False
    """Keep only the first example of each text, so that no test text was trained on."""
    same_text: SameText = field(default="exact", metadata=IF_SET)
    conflicts: Conflicts = field(default="keep_first", metadata=IF_SET)

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSplitConfig:
    """The source's own test set (`bench.data.splits.official`)."""

    name: Literal["official"]
    test_split: Name = "test"
    """The published split that is the test set; all others are for training."""
    validation_size: Positive = 500
    """Validation examples, kept from training."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionSplitConfig:
    """As `official`, for sources without a test set: a fixed part of each label (`bench.data.splits.official`)."""

    name: Literal["fraction"]
    test_fraction: Fraction = 0.25
    """Test examples, as a part of all."""
    validation_fraction: Fraction = 0.15
    """Of all examples, this part is kept from training for validation."""
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""
    same_text: SameText = field(default="exact", metadata=IF_SET)
    conflicts: Conflicts = field(default="keep_first", metadata=IF_SET)

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class NaturalSplitConfig:
    """Natural proportions and one test set for all sizes and seeds, for own data (`bench.data.splits.natural`)."""

    name: Literal["natural"]
    test_size: Positive = 1000
    """Test examples, at most."""
    max_test_fraction: Fraction = 0.2
    """Of all examples, at most this part goes to the test set."""
    validation_fraction: Fraction = 0.15
    """Validation examples as a part of the training size; they come on top of it."""
    min_validation_size: Positive = 16
    """Validation examples, at least, where there are so many."""
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""
    same_text: SameText = "normalized"
    conflicts: Conflicts = "drop"

    __pydantic_config__ = FORBID


SplitConfig = Annotated[
    NestedSplitConfig
    | PublishedSplitConfig
    | StratifiedSplitConfig
    | UndersampledSplitConfig
    | OfficialSplitConfig
    | FractionSplitConfig
    | NaturalSplitConfig,
    Field(discriminator="name"),
]
"""How a task's examples are drawn (`bench.data.split`)."""


DEDUPLICATING = (
    NestedSplitConfig,
    StratifiedSplitConfig,
    UndersampledSplitConfig,
    FractionSplitConfig,
    NaturalSplitConfig,
)
"""Protocols with `deduplicate`, `same_text` and `conflicts`."""
