"""A kept model that the module of its method loads: classical ones, probes, SetFit, zero-shot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from bench.data.split import Examples
from bench.errors import UserError
from bench.methods.fitted import Fitted, Probabilities, Stored, ignore
from bench.methods.thresholds import weighted
from bench.models.kept import KeptModel, target_of

BATCHES = 16
"""Batches whose texts are given to the model at once: it may sort them by length."""


@dataclass(slots=True)
class FromMethod:
    """A fitted model, as `fit` of its method gave it."""

    kept: KeptModel
    fitted: Fitted

    def predict(
        self, texts: Sequence[str], places: Sequence[str], batch_size: int, advance: Callable[[int], object] = ignore
    ) -> Probabilities:
        """Probabilities, shape (texts, labels); `advance` is told how many texts more are done.

        Raises UserError where they are not finite.
        """
        parts, size = [], BATCHES * batch_size
        for start in range(0, len(texts), size):
            some = tuple(texts[start : start + size])
            labels = (target_of(self.kept),) * len(some)
            examples = Examples(ids=tuple(places[start : start + size]), texts=some, labels=labels)
            parts.append(self._predict(examples))
            advance(len(some))
        return np.concatenate(parts)

    def _predict(self, examples: Examples) -> Probabilities:
        probabilities = self.fitted.predict(examples)
        assert isinstance(probabilities, np.ndarray)
        if probabilities.shape[1] != len(self.kept.labels) or not np.isfinite(probabilities).all():
            raise UserError("the model's output is not as its description says: it does not go with these versions")
        weights = self.kept.label_weights
        return probabilities if weights is None else weighted(probabilities, weights)


def load_fitted(folder: Path, kept: KeptModel, *, base: str | None, device: str) -> FromMethod:
    """The model kept in `folder` on `device` (`cpu` or `cuda`); `base` is where its base model is, if it has one.

    Raises UserError, or what libraries raise at files that do not go together.
    """
    module = import_module(kept.approach.module)
    fitted: Fitted = module.load(kept, Stored(folder, base, device))
    return FromMethod(kept, fitted)
