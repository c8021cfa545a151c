"""Linear probe: logistic regression on the frozen model's pooled features."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from bench.cell import Cell
from bench.config import LinearProbeConfig, TransformerConfig
from bench.data.split import Examples, Splits
from bench.features.cache import FeatureCache
from bench.kind import MULTI_LABEL
from bench.methods import arrays
from bench.methods.class_weight import TrainingSet, training_set
from bench.methods.encode import Encoded, Encoder
from bench.methods.fitted import Context, Probabilities, Stored, Summary
from bench.methods.lengths import cut_by
from bench.methods.loading import ModelFiles, base_model, kept_frozen, tokenizer_of
from bench.methods.one_vs_rest import OneVsRest, classifier_for
from bench.methods.regression import choose_regression
from bench.methods.trunk import Trunk, trunk_of
from bench.methods.windows import windows_of
from bench.models import files, size
from bench.models import load as loading
from bench.models.base import BaseModel
from bench.models.kept import KeptModel, describe
from bench.running.warm import Tokens

SCALER = ("mean_", "scale_")
"""What features are scaled by."""


@dataclass(slots=True)
class Probe:
    """A frozen trunk with a fitted regression on its features."""

    summary: Summary
    kept: KeptModel
    trunk: Trunk
    tokenizer: PreTrainedTokenizerBase
    method: LinearProbeConfig
    regression: Pipeline
    tokens: Tokens

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        return self.regression.predict_proba(features(self.trunk, self.tokenizer, examples, self.method, self.tokens))

    def save(self, folder: Path) -> None:
        """Keep what the regression learnt, and what loading takes: the frozen model is had from where it came."""
        scaler, regression = self.regression
        arrays.save(
            folder, arrays.fitted_attributes(scaler, SCALER) | arrays.fitted_attributes(regression, arrays.LINEAR)
        )
        self.kept.write(folder)


def fit(cell: Cell, splits: Splits, context: Context) -> Probe:
    """Extract features of training and validation texts, fit one regression per `C`, keep the best on validation."""
    model, method = cell.model, cell.method
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, LinearProbeConfig)
    assert method.precision is not None
    loading.quiet()
    clock = time.perf_counter()
    found, tokens = ModelFiles.find(model, context), context.warm.tokens
    tokenizer = tokenizer_of(found, context)
    base = base_model(cell, found, context, lambda: _load_base(model, found.location, method, context.device)).copy()
    trunk = pooled(base, method, found, context)
    loaded = time.perf_counter()
    context.on_phase("computing features")
    train = features(trunk, tokenizer, splits.train, method, tokens)
    validation = None
    if len(splits.validation):
        validation = features(trunk, tokenizer, splits.validation, method, tokens), splits.validation.labels
    chosen = training_set(train, splits.train.labels, method.class_weight, seed=cell.task.seed)
    regression, strength = choose_regression(
        partial(on_scaled, train=chosen),
        method.C,
        (chosen.features, chosen.labels),
        validation,
        best_metric=method.best_metric,
    )
    fitted = time.perf_counter()
    parameters = size.count_parameters(base)
    trainable = len(splits.labels) * (train.shape[1] + 1)
    summary = Summary(
        load_seconds=loaded - clock,
        train_seconds=fitted - loaded,
        parameters=parameters.model_copy(update={"trainable": trainable, "total": parameters.total + trainable}),
        frozen_weights=size.frozen_bytes(base),
        model_revision=files.revision(model, found.location, loading.commit_of(base)),
        choices={"C": strength},
        cut=cut_by(Encoder(tokenizer, method.max_length, tokens, method.truncation, method.max_windows), splits),
    )
    kept = describe(cell, splits.labels, summary.model_revision)
    return Probe(summary, kept, trunk, tokenizer, method, regression, tokens)


def features_alone(cell: Cell, examples: Examples, context: Context) -> NDArray[np.float64]:
    """`features` of any texts, by the frozen model of a probe's cell. Raises UserError where it can't be had."""
    model, method = cell.model, cell.method
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, LinearProbeConfig)
    loading.quiet()
    found = ModelFiles.find(model, context)
    tokenizer = tokenizer_of(found, context)
    base = base_model(cell, found, context, lambda: _load_base(model, found.location, method, context.device)).copy()
    return features(pooled(base, method, found, context), tokenizer, examples, method, context.warm.tokens)


def load(kept: KeptModel, stored: Stored) -> Probe:
    """What was kept of a cell. Raises UserError where the frozen model can't be loaded, and as `arrays.load` does."""
    found, method, tokenizer = kept_frozen(kept, stored, LinearProbeConfig)
    context = Context(cache=stored.folder, mirror_dir=None, device=stored.device)  # nothing is cached there
    base = _load_base(found.model, found.location, method, stored.device).copy()
    regression, known = on_scaled(1.0), arrays.load(stored.folder)
    if kept.kind == MULTI_LABEL:
        regression = make_pipeline(StandardScaler(), OneVsRest())
    scaler, classifier = regression
    if known["coef_"].shape[-1] != base.config.get_text_config().hidden_size:
        raise ValueError(f"{arrays.FILE} is not of features of {found.model.name}")
    arrays.set_fitted(scaler, known, SCALER, num_labels=len(kept.labels))
    arrays.set_fitted(classifier, known, arrays.LINEAR, num_labels=len(kept.labels))
    trunk = pooled(base, method, found, context)
    trunk.known = FeatureCache(None, forgets=True)
    return Probe(Summary(), kept, trunk, tokenizer, method, regression, Tokens())


def _load_base(model: TransformerConfig, location: str, method: LinearProbeConfig, device: str) -> BaseModel:
    assert method.precision is not None
    trunk = loading.load_trunk(model, location, precision=method.precision, device=device)
    return BaseModel(trunk.requires_grad_(False))


def pooled(model: PreTrainedModel, method: LinearProbeConfig, found: ModelFiles, context: Context) -> Trunk:
    """`model` as a function from a text to its pooled last hidden states."""

    def forward(input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = model(input_ids=input_ids, attention_mask=mask).last_hidden_state.float()
        return pool(hidden, mask, method.pooling).unsqueeze(1)

    what = {"method": method.name, "pooling": method.pooling, "precision": method.precision}
    return trunk_of(model, forward, found, context, what=what, most=method.batch_size)


def features(
    trunk: Trunk,
    tokenizer: PreTrainedTokenizerBase,
    examples: Examples,
    method: LinearProbeConfig,
    tokens: Tokens | None = None,
) -> NDArray[np.float64]:
    """The last hidden states, pooled over each text's tokens: shape (examples, hidden size).

    Of a text in windows they are the mean over its windows, each counting the same, as their probabilities do where a
    model is trained by gradients.
    """
    encoded = Encoder(tokenizer, method.max_length, tokens or Tokens(), method.truncation, method.max_windows)(examples)
    if method.max_windows is None:
        trunk.ensure(encoded)
        return torch.cat([trunk.get(example) for example in encoded]).numpy().astype(np.float64)
    windows: list[Encoded] = [[{"input_ids": ids} for ids in windows_of(example)] for example in encoded]
    trunk.ensure([window for of_text in windows for window in of_text])
    means = [torch.cat([trunk.get(window) for window in of_text]).double().mean(dim=0) for of_text in windows]
    return torch.stack(means).numpy()


def pool(hidden: torch.Tensor, mask: torch.Tensor, how: str) -> torch.Tensor:
    """(batch, tokens, width) to (batch, width): the mean over real tokens, or the last of them."""
    if how == "mean":
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(dim=1) / weights.sum(dim=1)
    last = mask.sum(dim=1) - 1  # padding is on the right
    return hidden[torch.arange(hidden.shape[0], device=hidden.device), last]


def on_scaled(strength: float, train: TrainingSet | None = None) -> Pipeline:
    """Logistic regression with this C on features of mean 0 and variance 1, with the weights of `train`; where examples
    of that may have several labels, one for each label."""

    def regression(class_weight: dict[int, float] | None) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=2000, class_weight=class_weight)

    return make_pipeline(StandardScaler(), regression(None) if train is None else classifier_for(train, regression))
