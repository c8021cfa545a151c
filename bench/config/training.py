"""The schema of `conf/training/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from bench.bounds import Amount, NonNegative, NonNegativeFloat, Positive, PositiveFloat, Width
from bench.config.class_weight import EQUAL, ClassWeight
from bench.config.common import FORBID, IF_SET, NEVER, Precision
from bench.config.metric import SelectableMetric
from bench.config.names import Text
from bench.config.scale import Scale
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.metrics.table import ACCURACY
from bench.models.truncation import SIDES, Side, Truncation
from bench.models.windows import WHOLE, Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Gradient training; passed on to `transformers.TrainingArguments` where the names agree."""

    num_train_epochs: Amount | None = None
    """Null for `default_epochs`. (A cell has the number itself.)"""
    min_steps: NonNegative | None = None
    """Train at least this many optimizer steps, whatever the epochs. Null for 0 where epochs are given, so that these
    are what is trained, and else for `default_min_steps`. (A cell has the number itself.)"""
    default_epochs: Amount = field(default=6, metadata=NEVER)
    """What a preset trains where `num_train_epochs` says nothing."""
    default_min_steps: NonNegative = field(default=60, metadata=NEVER)
    """Where neither epochs nor `min_steps` are given: tiny sets would be undertrained."""
    per_device_train_batch_size: Width = 16
    """Texts in a step's batch, before accumulation."""
    per_device_eval_batch_size: Width = 64
    """Texts in a batch where nothing is trained: validation and test."""
    gradient_accumulation_steps: Width = 1
    """Batches whose gradients make one optimizer step."""
    gradient_checkpointing: bool = False
    """Compute activations again on the way back: less memory, more time."""
    learning_rate: PositiveFloat | None = None
    """Null for the model's own, or that of its family and method."""
    lr_scheduler_type: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    """How the learning rate falls after the warm-up; by transformers' names."""
    warmup_steps: NonNegativeFloat = 0.1
    """Optimizer steps, or below 1 a part of all of them."""
    weight_decay: NonNegativeFloat = 0.01
    """As AdamW has it."""
    max_grad_norm: PositiveFloat = 1.0
    """Gradients with a larger norm are clipped to it."""
    optim: Text | None = None
    """The optimizer by the names of transformers; null: `adamw_torch`."""
    max_length: Width = 512
    """Tokens; longer texts are cut. Null for `default_max_length`, or what the model has positions for, if that is
    less. (A cell has the number itself.)"""
    default_max_length: Width = field(default=512, metadata=NEVER)
    """What a preset cuts at where `max_length` says nothing."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`bench.running.positions`). Filled in."""
    truncation: Truncation | None = field(default=None, metadata=NEVER)
    """What is kept of a longer text; null for what `truncation_side` leaves. (A cell has the side alone.)"""
    truncation_side: Side = "right"
    """Where `truncation` is null, the side of a longer text that is cut off: right, left, or both, which keeps both
    ends and leaves out the middle."""
    windows: Windows = field(default=WHOLE, metadata=IF_SET)
    """Whether encoders read a longer text in windows of `max_length` tokens, in place of cutting it."""
    max_windows: Width | None = field(default=None, metadata=IF_SET)
    """Of a text; the rest of it is cut. Null for 8. (A cell has the number itself, or null where there are none.)"""
    eval_steps: Positive | None = None
    """Validate every so many optimizer steps; null for once an epoch."""
    early_stopping_patience: Positive | None = 5
    """Stop after so many validations without gain; null to never stop early."""
    best_metric: SelectableMetric = ACCURACY
    """Validation metric whose best weights are kept, and by which `tune` chooses; of equal values the one with the
    lower loss is better."""
    precision: Precision | None = None
    """What the model is computed in; null: by its family, method and device."""
    precision_asked: bool = field(default=False, metadata=NEVER)
    """Whether `precision` was given: a default gives way on a device that is slow in it. Filled in."""
    evaluate_train: bool = field(default=False, metadata=IF_SET)
    """Score the training examples too, before and after training."""
    group_by_length: bool = field(default=False, metadata=IF_SET)
    """Train on batches of texts of about one length: less padding, at the price of less random batches."""
    compile: bool = field(default=False, metadata=IF_SET)
    """Compile the model (torch.compile): rounding differs."""

    class_weight: ClassWeight = field(default=EQUAL, metadata=IF_SET)
    """How labels are weighted in training where they are unequal. This is the one option of every row that learns:
    methods and models that `training` does not train are given it (`Chosen.class_weight`)."""
    thresholds: Thresholds = field(default=MOST_PROBABLE, metadata=IF_SET)
    """Whether validation finds a weight for each label's probability; likewise of every row that validates."""

    __pydantic_config__ = FORBID

    tunable: ClassVar[Mapping[str, Scale]] = {
        "learning_rate": "log",
        "num_train_epochs": "linear",
        "warmup_steps": "linear",
        "weight_decay": "linear",
        "max_grad_norm": "linear",
        "lr_scheduler_type": "linear",
    }
    """As `Method.tunable`."""

    @property
    def side(self) -> Side:
        """The side of longer texts that is cut off."""
        return self.truncation_side if self.truncation is None else SIDES[self.truncation]

    @property
    def epochs(self) -> float:
        """Passes over the training examples that are asked for."""
        return self.default_epochs if self.num_train_epochs is None else self.num_train_epochs

    @property
    def least_steps(self) -> int:
        """Optimizer steps that are trained at least, whatever the epochs."""
        if self.min_steps is not None:
            return self.min_steps
        return self.default_min_steps if self.num_train_epochs is None else 0


def examples_seen(train_size: int, epochs: float, at_least: int) -> float:
    """Training examples through the model, repetitions included, if nothing stops it early."""
    return max(epochs * train_size, at_least)
