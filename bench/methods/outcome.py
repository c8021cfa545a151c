"""What every method hands back, and what it is given."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.results.record import Parameters, Training

Probabilities = NDArray[np.float64]
"""Shape (examples, labels); each row sums to 1."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a cell runs. Nothing here may change a result."""

    cache: Path
    mirror_dir: str | None
    device: str
    """`cpu` or `cuda`."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What fitting one cell gave. Seconds are wall time."""

    validation: Probabilities
    test: Probabilities
    load_seconds: float | None = None
    train_seconds: float
    evaluate_seconds: float
    """Final prediction of validation and test examples."""
    test_seconds: float
    training: Training | None = None
    parameters: Parameters | None = None
    frozen_weights: int | None = None
    model_revision: str | None = None
    choices: dict[str, Any] = field(default_factory=dict)


class Diverged(Exception):
    """Training gave a loss that is not a finite number."""
