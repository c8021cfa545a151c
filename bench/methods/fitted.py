"""What every method is given, and what it hands back: a fitted model that predicts and can be saved."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.data.split import Examples
from bench.models.kept import Kept
from bench.results.measurements import Lengths, Parameters, Training
from bench.results.scores import Before
from bench.running.warm import Warm

Probabilities = NDArray[np.float64]
"""Shape (examples, labels); each row sums to 1."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Predicted labels without probabilities, one an example, where nothing else is known."""

    indices: tuple[int | None, ...]
    """Of the label; None for an answer that is none of the task's labels."""
    given: tuple[str, ...]
    """What was answered, as it was."""


Predicted = Probabilities | Answers


Report = Callable[[int, int, float | None], None]
"""Takes the optimizer step, the number of steps, and the last training loss where one was logged."""

Phase = Callable[[str], None]
"""Takes what begins now, in a few words."""


def unsaid(what: str) -> None:
    """Tell nobody what begins."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a cell runs. Nothing here may change a result."""

    cache: Path
    mirror_dir: str | None
    device: str
    """`cpu` or `cuda`."""
    report: Report | None = None
    """Told after optimizer steps, in processes that somebody watches."""
    warm: Warm = field(default_factory=Warm)
    """What earlier cells of this process left; new: nothing."""
    feature_cache_gb: float = 0.0
    """Room for trunk features below `cache`; 0: they are kept neither there nor for the next cell."""
    phase: Phase = unsaid
    """Told what begins, in processes that somebody watches."""


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
    choices: dict[str, Any] = field(default_factory=dict)
    lengths: Lengths | None = None


class Fitted(Protocol):
    """A model after fitting."""

    summary: Summary

    def predict(self, examples: Examples) -> Predicted:
        """Probabilities of the task's labels, one row an example, or labels alone.

        Raises Diverged where probabilities are not finite.
        """


@runtime_checkable
class Saveable(Protocol):
    """A fitted model that can be kept."""

    kept: Kept
    """What loading it again takes."""

    def save(self, folder: Path) -> None:
        """Keep model and tokenizer in `folder`, which is there."""


class Diverged(Exception):
    """Training gave a loss that is not a finite number."""
