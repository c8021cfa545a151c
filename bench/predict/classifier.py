"""A kept model, loaded: texts in, probabilities out, the same as in the cell that trained it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from bench.config import Precision, TransformerConfig
from bench.config.method.gradient import AdapterMethod
from bench.data.split import Examples
from bench.errors import UserError
from bench.methods import adapters, masks
from bench.methods.encode import Encoded, encode, padding, sort_by_length
from bench.methods.fitted import Probabilities, ignore
from bench.methods.logits import probabilities_of
from bench.methods.thresholds import weighted
from bench.methods.windows import WindowCollator, scores_of_texts
from bench.models import load, safely
from bench.models.dtypes import autocast
from bench.models.families import FAMILIES
from bench.models.kept import FILE, KeptModel, target_of
from bench.models.load import PreTrainedModel, PreTrainedTokenizerBase
from bench.models.truncation import TRUNCATIONS, tokenizer_side
from bench.running.positions import positions_in
from bench.running.precision import kept_precision

WINDOW = 100
"""Batches that are sorted by length together; a cell's test set is one such window."""


@dataclass(slots=True)
class Classifier:
    """A fine-tuned model and its tokenizer."""

    kept: KeptModel
    model: Any
    tokenizer: PreTrainedTokenizerBase
    device: str

    @property
    def precision(self) -> Precision:
        """What it is computed in here: a CPU that is slow in it computes in fp32."""
        assert self.kept.precision is not None
        return kept_precision(self.kept.precision, self.device)

    def predict(
        self, texts: Sequence[str], places: Sequence[str], batch_size: int, advance: Callable[[int], object] = ignore
    ) -> Probabilities:
        """Probabilities, shape (texts, labels); `advance` is told the size of each batch when it is done.

        Raises UserError, naming the place, where a text gives no token.
        """
        window = WINDOW * batch_size
        parts = []
        for start in range(0, len(texts), window):
            part = slice(start, start + window)
            parts.append(self._predict(texts[part], places[part], batch_size, advance))
        return np.concatenate(parts)

    def _predict(
        self, texts: Sequence[str], places: Sequence[str], batch_size: int, advance: Callable[[int], object]
    ) -> Probabilities:
        unlabelled = Examples(ids=tuple(places), texts=tuple(texts), labels=(target_of(self.kept),) * len(texts))
        ordered = sort_by_length(self._encode(unlabelled))
        logits = []
        # as in training: weights as they are stored, matrix products as the cell's precision says
        with torch.inference_mode(), autocast(self.device, self.precision):
            for start in range(0, len(texts), batch_size):
                examples = ordered.examples[start : start + batch_size]
                logits.append(self._scores(examples, batch_size).float().cpu().numpy())
                advance(len(examples))
        probabilities = probabilities_of(np.concatenate(logits), self.kept.kind)
        if probabilities is None:
            raise UserError("the model's output is not finite: it does not go with this machine or these versions")
        if self.kept.label_weights is not None:
            probabilities = weighted(probabilities, self.kept.label_weights)
        return ordered.restore(probabilities)

    def _encode(self, examples: Examples) -> Encoded:
        kept = self.kept
        assert kept.max_length is not None
        assert kept.truncation_side is not None
        truncation = TRUNCATIONS[kept.truncation_side]
        return encode(
            self.tokenizer, examples, kept.max_length, truncation=truncation, max_windows=kept.max_windows
        )  # fmt: skip

    def _scores(self, examples: Encoded, max_rows: int) -> torch.Tensor:
        """Logits of a batch, shape (texts, labels); of texts in windows, the logarithms of their mean probabilities."""
        assert self.kept.max_length is not None
        device = self.model.device
        collate = padding(self.tokenizer, self.kept.max_length, device.type)

        def forward(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
            return logits.cpu()

        if self.kept.max_windows is None:
            batch = collate(examples)
            return forward(batch["input_ids"], batch["attention_mask"])
        return scores_of_texts(forward, WindowCollator(collate)(examples), max_rows)


def load_classifier(folder: Path, kept: KeptModel, *, base: str | None, device: str) -> Classifier:
    """The model kept in `folder` on `device` (`cpu` or `cuda`); `base` is where an adapter's base model is.

    Raises UserError where the base model's files can't be had, or the model is not as it is described.
    """
    assert isinstance(kept.model, TransformerConfig)
    assert kept.truncation_side is not None
    with safely.explained(kept.model.name, folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, **safely.files_options(kept.model), local_files_only=True)
    tokenizer.padding_side, tokenizer.truncation_side = "right", tokenizer_side(kept.truncation_side)
    if kept.is_adapter:
        assert base is not None
        model: Any = _with_adapters(folder, kept, tokenizer, base, device)
    else:
        model = _whole(folder, kept, device)
    _check_sizes(kept, model.config)
    masks.spare_masks(model, FAMILIES[kept.model.family], device)
    return Classifier(kept, model.eval(), tokenizer, device)


def _check_sizes(kept: KeptModel, config: Any) -> None:
    """Raise UserError where a model's configuration does not go with its description."""
    if config.num_labels != len(kept.labels):
        raise UserError(f"{FILE} has {len(kept.labels)} labels, but the saved model tells {config.num_labels} apart")
    most = positions_in(config.to_dict())
    if most is not None and kept.max_length is not None and kept.max_length > most:
        raise UserError(f"{FILE} has max_length {kept.max_length}, but the model has positions for {most} tokens")


def _with_adapters(folder: Path, kept: KeptModel, tokenizer: PreTrainedTokenizerBase, base: str, device: str) -> Any:
    method = kept.method
    assert isinstance(method, AdapterMethod)
    assert isinstance(kept.model, TransformerConfig)
    assert kept.precision is not None
    loaded = load.load_classifier(
        kept.model,
        base,
        labels=kept.labels,
        pad_token_id=tokenizer.pad_token_id,
        precision=kept_precision(kept.precision, device),
        quantization=method.quantization,
        device=device,
    )
    adapted = adapters.add_adapters(loaded, method, FAMILIES[kept.model.family])
    adapters.restore(adapted, folder)
    return adapted


def _whole(folder: Path, kept: KeptModel, device: str) -> PreTrainedModel:
    """All weights, each in the precision it was stored in: frozen ones may be in 16 bits, trained ones are in fp32.

    A CPU that is slow in them gets all of them in fp32.
    """
    assert isinstance(kept.model, TransformerConfig)
    assert kept.precision is not None
    with load.explained(kept.model, str(folder)):
        loaded = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            device_map={"": device},
            local_files_only=True,
            **safely.weights_options(kept.model),
        )
    if kept_precision(kept.precision, device) == kept.precision:
        stored = _stored_types(folder)
        for name, parameter in loaded.named_parameters():
            parameter.data = parameter.data.to(stored[name])
    loaded.config.use_cache = False
    return loaded


def _stored_types(folder: Path) -> dict[str, torch.dtype]:
    """The precision of each tensor in the folder's safetensors files, by name."""
    names = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
    found: dict[str, torch.dtype] = {}
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            found |= {name: names[file.get_slice(name).get_dtype()] for name in file.keys()}  # noqa: SIM118
    return found
