"""Fitted attributes of scikit-learn's estimators, kept as plain arrays: no pickle is written or read.

The estimator itself is made anew from the cell's options, and is given the fitted one's attributes. Arrays say the
same in every version of scikit-learn.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

T = TypeVar("T")
Arrays = Mapping[str, NDArray[Any]]

FILE = "classifier.safetensors"
LINEAR = ("coef_", "intercept_", "classes_")
"""What a linear classifier predicts by."""


def fitted_attributes(estimator: Any, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The attributes `names` of a fitted estimator."""
    return {name: np.ascontiguousarray(getattr(estimator, name)) for name in names}


def set_fitted(estimator: T, arrays: Arrays, names: Sequence[str], *, num_labels: int) -> T:
    """`estimator`, which is not fitted, with the attributes `names` out of `arrays`.

    Raises KeyError where one is missing, ValueError where they tell another number of labels apart.
    """
    for name in names:
        setattr(estimator, name, arrays[name])
    if "classes_" in names and arrays["classes_"].tolist() != list(range(num_labels)):
        raise ValueError(f"{FILE} is not of {num_labels} labels")
    return estimator


def save(folder: Path, arrays: Arrays) -> None:
    """Put `arrays` into the file in `folder`."""
    save_file(dict(arrays), folder / FILE)


def load(folder: Path) -> dict[str, NDArray[Any]]:
    """The arrays in `folder`. Raises OSError, and SafetensorError where the file is not whole."""
    return dict(load_file(folder / FILE))
