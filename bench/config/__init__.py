"""The schema of `conf/`, as far as it makes a cell: plain frozen dataclasses, checked before anything heavy is loaded.

Each field says how it takes part in a cell's identity (`bench.cell.identity`): always (the default),
`never` (paths and descriptions, which cannot change a result), or `if_set` (options that came later: at
their default they leave the keys of older records as they were).
"""

from dataclasses import dataclass, field

from bench.bounds import LabelCount, Positive, Seed
from bench.config.common import FORBID, IF_SET, NEVER, Precision, WheelConfig
from bench.config.data import DataConfig
from bench.config.method import (
    METHOD_NAMES,
    METHODS,
    FullConfig,
    GradientConfig,
    LastBlockConfig,
    LinearProbeConfig,
    LoraConfig,
    Method,
    MethodConfig,
    PeftConfig,
    SetfitConfig,
    ZeroShotConfig,
)
from bench.config.model import ModelAlone, ModelConfig, PredictionsConfig, TfidfSgdConfig, TransformerConfig
from bench.config.split import (
    DEDUPLICATING,
    FractionSplitConfig,
    NaturalSplitConfig,
    NestedSplitConfig,
    OfficialSplitConfig,
    PublishedSplitConfig,
    SplitConfig,
    StratifiedSplitConfig,
    UndersampledSplitConfig,
)
from bench.config.training import TrainingConfig
from bench.config.tune import TuneConfig
from bench.kind import Kind

__all__ = [
    "DEDUPLICATING",
    "FORBID",
    "IF_SET",
    "METHODS",
    "METHOD_NAMES",
    "NEVER",
    "CellConfig",
    "DataConfig",
    "FractionSplitConfig",
    "FullConfig",
    "GradientConfig",
    "LastBlockConfig",
    "LinearProbeConfig",
    "LoraConfig",
    "Method",
    "MethodConfig",
    "ModelAlone",
    "ModelConfig",
    "NaturalSplitConfig",
    "NestedSplitConfig",
    "OfficialSplitConfig",
    "PeftConfig",
    "Precision",
    "PredictionsConfig",
    "PublishedSplitConfig",
    "SetfitConfig",
    "SplitConfig",
    "StratifiedSplitConfig",
    "TfidfSgdConfig",
    "TrainingConfig",
    "TransformerConfig",
    "TuneConfig",
    "UndersampledSplitConfig",
    "WheelConfig",
    "ZeroShotConfig",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellConfig:
    """One point of the grid, as composed from `conf/` and the command line."""

    data: DataConfig
    num_labels: LabelCount
    train_size: Positive
    seed: Seed
    split: SplitConfig
    model: ModelConfig
    method: MethodConfig
    training: TrainingConfig
    tune: TuneConfig = field(default_factory=TuneConfig)
    task: Kind | None = None
    """Null for what the data says (`data.multi_label`), which `multi_label` makes `keep`."""

    __pydantic_config__ = FORBID
