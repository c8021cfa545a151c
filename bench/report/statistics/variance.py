"""Variance components of a seeds x examples matrix, and the standard error of its mean.

The model is a crossed two-way layout with one observation a cell: value = mean + seed + example + rest. Both seeds and
test examples are drawn from what could have been drawn, so both make the mean uncertain.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Two-way mean squares of a seeds x examples matrix."""

    seeds: float
    examples: float
    rest: float
    num_seeds: int
    num_examples: int

    @property
    def unfloored(self) -> float:
        """The variance of the mean times the number of values, unbiased; noise may make it small or negative."""
        return self.seeds + self.examples - self.rest

    @property
    def standard_error(self) -> float:
        """Of the mean, over new seeds and new examples."""
        floored = max(self.unfloored, self.seeds, self.examples)
        return float(np.sqrt(floored / (self.num_seeds * self.num_examples)))

    @property
    def df(self) -> float:
        """Degrees of freedom by Satterthwaite (1946), at least 1."""
        seeds, examples = self.num_seeds - 1, self.num_examples - 1
        parts = self.seeds**2 / seeds + self.examples**2 / examples + self.rest**2 / (seeds * examples)
        return max(1.0, self.unfloored**2 / parts) if parts > 0 else 1.0

    @property
    def components(self) -> "Components":
        """The variances that the mean squares estimate, none below 0."""
        return Components(
            seeds=max(0.0, (self.seeds - self.rest) / self.num_examples),
            examples=max(0.0, (self.examples - self.rest) / self.num_seeds),
            rest=self.rest,
        )


@dataclass(frozen=True, slots=True)
class Components:
    """Variances of one value: between seeds, between examples, and what is left (with their interaction)."""

    seeds: float
    examples: float
    rest: float


def mean_squares(matrix: ArrayLike) -> MeanSquares:
    """The mean squares of `matrix`, seeds x examples. Raises ValueError with fewer than 2 of either."""
    values = np.asarray(matrix, dtype=np.float64)
    if values.ndim != 2 or min(values.shape) < 2:
        raise ValueError(f"a matrix of at least 2 seeds x 2 examples is needed, not one of shape {values.shape}")
    seeds, examples = values.shape
    of_seeds, of_examples, mean = values.mean(axis=1), values.mean(axis=0), values.mean()
    between_seeds = examples * np.sum((of_seeds - mean) ** 2)
    between_examples = seeds * np.sum((of_examples - mean) ** 2)
    left = values - of_seeds[:, None] - of_examples[None, :] + mean
    return MeanSquares(
        seeds=float(between_seeds / (seeds - 1)),
        examples=float(between_examples / (examples - 1)),
        rest=float(np.sum(left**2) / ((seeds - 1) * (examples - 1))),
        num_seeds=seeds,
        num_examples=examples,
    )
