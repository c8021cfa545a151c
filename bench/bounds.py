"""Kinds of numbers in the schema: every one has a least and a greatest value, and is neither infinite nor no number.

The greatest values are far above what anybody needs and below what the libraries behind them break at: a slip is told
when it is composed, and not by a traceback in the middle of a cell.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

_FINITE = {"allow_inf_nan": False}
MAX_NUMBER = 10**9
"""Examples, steps, tokens: more than any data set has, and 32 bits hold it."""
FLOAT32 = 1e38
"""Just below what 32-bit floating point holds."""
YEARS = 10 * 366
"""Days: the longest time that a limit can be."""


def _no_truth(value: object) -> object:
    """`seed=true` is no seed 1."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")
    return value


def _some(value: object) -> object:
    """Where one is chosen, there is one. (pydantic's own limit would speak of what is left of a wrong list.)"""
    if isinstance(value, list | tuple) and not value:
        raise ValueError("at least one is needed")
    return value


_NUMBER = BeforeValidator(_no_truth)

NUMBER = "a number"
"""The tag of the variant that is one, where a word can stand in its place; no option is called so."""

Positive = Annotated[int, Field(gt=0, le=MAX_NUMBER), _NUMBER]
NonNegative = Annotated[int, Field(ge=0, le=MAX_NUMBER), _NUMBER]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1), _NUMBER]
"""What NumPy takes."""
LabelCount = Annotated[int, Field(ge=2, le=1_000_000), _NUMBER]
Width = Annotated[int, Field(gt=0, le=1_000_000), _NUMBER]
"""Texts in a batch, tokens of a text, a rank: tensors are so big in one of their dimensions."""
Few = Annotated[int, Field(ge=0, le=1000), _NUMBER]
"""How often something is tried again, GPUs of a task."""
Workers = Annotated[int, Field(gt=0, le=1000), _NUMBER]
"""Of processes or cells at once on one machine."""

Fraction = Annotated[float, Field(gt=0, lt=1, **_FINITE), _NUMBER]
Precise = Annotated[float, Field(ge=0.5, le=0.999, **_FINITE), _NUMBER]
"""The part of what is called so that is to be right: below one half most of it would be wrong."""
Dropout = Annotated[float, Field(ge=0, lt=1, **_FINITE), _NUMBER]
PositiveFloat = Annotated[float, Field(gt=0, le=FLOAT32, **_FINITE), _NUMBER]
NonNegativeFloat = Annotated[float, Field(ge=0, le=FLOAT32, **_FINITE), _NUMBER]
Amount = Annotated[float, Field(gt=0, le=MAX_NUMBER, **_FINITE), _NUMBER]
"""Of epochs, money, gigabytes, millions of parameters."""
Regularisation = Annotated[float, Field(gt=0, le=1e12, **_FINITE), _NUMBER]
"""Of linear models: beyond it SGD overflows."""
Regularisations = Annotated[tuple[Regularisation, ...], BeforeValidator(_some)]
Smoothing = Annotated[float, Field(ge=1e-10, le=1e12, **_FINITE), _NUMBER]
"""Of counts in naive Bayes: with less, scikit-learn's logarithms may be infinite."""
Minutes = Annotated[float, Field(gt=0, le=YEARS * 24 * 60, **_FINITE), _NUMBER]
WholeMinutes = Annotated[int, Field(gt=0, le=YEARS * 24 * 60), _NUMBER]
Seconds = Annotated[float, Field(ge=0.001, le=YEARS * 24 * 3600, **_FINITE), _NUMBER]
"""Of waiting: in less, nothing would be waited for."""
PollSeconds = Annotated[float, Field(ge=0.001, le=86_400, **_FINITE), _NUMBER]
"""A day at most: whoever looks more rarely takes signs of life for missed."""
SignalSeconds = Annotated[int, Field(gt=0, le=65_535), _NUMBER]
"""What `sbatch --signal` takes."""
