"""What every method is given, and what it hands back: a fitted model that predicts and can be saved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.config import TrainingConfig
from bench.data.split import Examples, Splits
from bench.methods.bar import Bar
from bench.methods.decisions import Decided
from bench.models.kept import KeptModel
from bench.results.measurements import Cut, Lengths, Parameters, Training
from bench.results.scores import Before
from bench.running.warm import Warm

Probabilities = NDArray[np.float64]
"""Shape (examples, labels); each row sums to 1, unless examples may have several labels."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Predicted labels without probabilities, one an example, where nothing else is known."""

    indices: tuple[int | None, ...]
    """Of the label; None for an answer that is none of the task's labels."""
    given: tuple[str, ...]
    """What was answered, as it was."""


Predicted = Probabilities | Answers | Decided
"""Probabilities alone, with labels given by them where there may be several, or labels alone."""


OnStep = Callable[[int, int, float | None], None]
"""Takes the optimizer step, the number of steps, and the last training loss where one was logged."""

OnPhase = Callable[[str], None]
"""Takes what begins now, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What a validation within a training found."""

    step: int
    max_steps: int
    score: float | None
    """By the metric that chooses; None where the examples do not define it."""
    accuracy: float
    loss: float
    every: int
    """Optimizer steps from a validation to the next."""
    correct: Sequence[bool]
    """Which validation examples are right, in their order."""


OnValidation = Callable[[Validation], None]
"""Takes each validation of a training by gradients; what it raises ends the training."""

SETS = ("train", "validation", "test")
"""The parts of a task's examples (`bench.data.split.Splits`)."""


def ignore(*_: object) -> None:
    """Do nothing with a step or a phase: nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """What validation chose in cells, for a model that is trained once more on all of their examples: none is left to
    validate on. (What is an option of the cell itself, as its learning rate, stands there.)"""

    epochs: float | None = None
    """Passes over the examples after which training ends, before the end of its schedule; None: at the end of it."""
    temperature: float | None = None
    """What scores are divided by (`bench.methods.temperature`)."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a cell runs. Nothing here may change a result, but for `refit`, which no cell has."""

    cache: Path
    mirror_dir: str | None
    device: str
    """`cpu` or `cuda`."""
    on_step: OnStep = ignore
    """Called after each optimizer step."""
    warm: Warm = field(default_factory=Warm)
    """What earlier cells of this process left; new: nothing."""
    feature_cache_gb: float = 0.0
    """Room for trunk features below `cache`; 0: they are kept neither there nor for the next cell."""
    on_phase: OnPhase = ignore
    """Called when another part of the work begins."""
    on_validation: OnValidation = ignore
    bar: Bar | None = None
    """What a cell that is trained alone has to reach on validation, or else it ends early. (It changes no result of a
    cell that ends well.)"""
    is_trial: bool = False
    """Whether hyperparameters are tried: what a record alone needs is left out."""
    compile_blocks: bool = False
    """Whether the transformer blocks of stacks are compiled (`fused.compile`)."""
    refit: Refit | None = None
    """Where it is no cell that runs, and there are no validation examples."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What fitting gave beside the model. Seconds are wall time."""

    load_seconds: float | None = None
    train_seconds: float = 0.0
    before: Before | None = None
    training: Training | None = None
    parameters: Parameters | None = None
    frozen_weights: int | None = None
    model_revision: str | None = None
    precision: str | None = None
    """What the model was computed in, where the cell does not say so."""
    attention: str | None = None
    """What transformers calls the model's attention, where it was trained by gradients."""
    compiled: bool = False
    """Whether the blocks of its stack were compiled."""
    choices: dict[str, Any] = field(default_factory=dict)
    lengths: Lengths | None = None
    cut: Cut | None = None


class Fitted(Protocol):
    """A model after fitting."""

    summary: Summary

    def predict(self, examples: Examples) -> Predicted:
        """Probabilities of the task's labels, one row an example, or labels alone.

        Raises Diverged where probabilities are not finite.
        """


class FittedCells(Protocol):
    """Cells that were fitted together, in the order in which they were given; one alone is a stack of one."""

    @property
    def outcomes(self) -> Sequence["Fitted | Exception"]:
        """Each cell's model, or what ended it and not the others; it may end while its examples are predicted."""

    @property
    def shares(self) -> Sequence[float]:
        """The part of the fitting time that each cell took; they add up to 1."""

    def predict(self, name: str) -> Sequence[Predicted | None]:
        """What each cell predicts for its examples of a set; None where it has ended or does not score the set."""


@runtime_checkable
class Saveable(Protocol):
    """A fitted model that can be kept."""

    kept: KeptModel
    """What loading it again takes."""

    def save(self, folder: Path) -> None:
        """Keep model and tokenizer in `folder`, which is there."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a model was kept, for `load(kept, stored) -> Fitted` in the module of its method."""

    folder: Path
    base: str | None
    """Where its base model is (a folder, or a hub id), if it has one that is not kept with it."""
    device: str
    """What it is loaded onto: `cpu` or `cuda`."""


class Diverged(Exception):
    """Training gave a loss that is not a finite number."""


def scored_sets(training: TrainingConfig | None, splits: Splits) -> tuple[str, ...]:
    """The sets that a cell is scored on, before training and after it: test and validation, where it has any, and its
    training examples only where `training.evaluate_train` says so."""
    asked = SETS if training is not None and training.evaluate_train else SETS[1:]
    return tuple(name for name in asked if name == "test" or len(getattr(splits, name)))
