"""Features of a frozen trunk for a cell: found where an earlier cell left them (`bench.features`), or computed."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers import PreTrainedModel

from bench.escape.filename import key_part
from bench.features import shapes
from bench.features.cache import FeatureCache, Ids
from bench.features.store import Store
from bench.methods.encode import Encoded, num_tokens
from bench.methods.fitted import Context
from bench.methods.loading import ModelFiles
from bench.methods.resident import Resident, fits
from bench.running import bf16

Forward = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From input ids and attention mask, shape (texts, tokens), to (texts, tokens, width), or (texts, 1, width)."""

FOLDER = "features"
"""In the cache folder."""


@dataclass(slots=True)
class Trunk:
    """A frozen model as a function from texts to features, which remembers."""

    known: FeatureCache
    forward: Forward
    most: int
    """Texts in a batch."""
    longest: int | None
    """Tokens that the model has positions for."""
    pad: int
    device: str
    resident: Resident | None = None
    """Features that are on the GPU already."""

    def ensure(self, encoded: Encoded) -> None:
        """Have the features of these texts at hand for `get`."""
        self.known.ensure((_ids(example) for example in encoded), self._compute)

    def get(self, example: dict[str, Any]) -> torch.Tensor:
        """The features of a text that `ensure` saw: shape (tokens or 1, width), on the CPU."""
        return self.known.get(_ids(example))

    def hold(self, encoded: Encoded) -> None:
        """Keep the features of these texts, which `ensure` saw and which have one for each token, on the GPU.

        Nothing is done on a CPU, or where they would take much of the GPU.
        """
        row = self.get(encoded[0])
        if fits(sum(map(num_tokens, encoded)) * row.shape[1] * row.element_size(), self.device):
            self.resident = Resident(encoded, self.get, self.device)

    def _compute(self, texts: Sequence[Ids]) -> Iterator[tuple[int, torch.Tensor]]:
        shaped = shapes.batches(texts, most=self.most, longest=self.longest, pad=self.pad, device=self.device)
        for members, input_ids, mask in shaped:
            with torch.inference_mode():
                rows = self.forward(input_ids.to(self.device), mask.to(self.device)).cpu()
            for row, index in zip(rows, members, strict=False):  # the last row is nobody's
                yield index, row[: len(texts[index])].clone()


def trunk_of(
    model: PreTrainedModel, forward: Forward, found: ModelFiles, context: Context, *, what: dict[str, Any], most: int
) -> Trunk:
    """A Trunk around `forward`, which runs `model`; `what` says what it takes out of it, and how.

    Features are shared with cells, of this and other processes, whose `what`, files, device and libraries are the
    same. Where the content of the files is not known, with this process only.
    """
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    pad = model.config.get_text_config().pad_token_id
    kind = _kind(model, found, context.device, what | {"most": most})
    return Trunk(_known(kind, found, context), forward, most, longest, pad or 0, context.device)


def _kind(model: PreTrainedModel, found: ModelFiles, device: str, what: dict[str, Any]) -> str:
    """A name for features that are the same function of token ids, bit for bit."""
    cuda = device == "cuda"
    content = what | {
        "files": found.content,
        "family": found.model.family,
        "attention": model.config._attn_implementation,
        "device": torch.cuda.get_device_name() if cuda else torch.backends.cpu.get_cpu_capability(),
        "masks": [os.environ.get(name) for name in bf16.MASKS],
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "shapes": [shapes.STEP, shapes.FINE, shapes.TOKENS[device]],
    }
    if cuda and torch.backends.cuda.matmul.allow_tf32:
        content["tf32"] = True
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{key_part(found.model.name)}-{digest[:16]}"


def _known(kind: str, found: ModelFiles, context: Context) -> FeatureCache:
    if context.feature_cache_gb == 0:
        return FeatureCache(None)

    def made() -> FeatureCache:
        if found.content is None:
            return FeatureCache(None)
        return FeatureCache(Store(context.cache / FOLDER, kind, int(context.feature_cache_gb * 1e9)))

    known: FeatureCache = context.warm.features.get(kind, made)
    return known


def _ids(example: dict[str, Any]) -> list[int]:
    ids: list[int] = example["input_ids"]
    return ids
