"""Training the last block without running what is below it: its inputs are features (`bench.methods.trunk`).

The model keeps its own code: masks, positions, rotary embeddings, pooling and loss are made from the token ids as
always, and only the blocks below the last are left out. So Trainer, data order, schedule and early stopping are the
same, and so is the result, up to the rounding that padding changes (tests/methods/test_last_block.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import DataCollatorWithPadding, PreTrainedModel

from bench.config import TrainingConfig
from bench.methods.fitted import Context
from bench.methods.loading import ModelFiles
from bench.methods.resident import PLACES
from bench.methods.trunk import Trunk, trunk_of
from bench.models.base import BaseModel
from bench.models.dtypes import autocast
from bench.models.families import Family

MAX_BYTES = 8e9
"""Of one cell's features. Above, blocks are run as always; which way a cell takes depends on the cell alone."""

HIDDEN = "trunk_hidden"
"""What a batch calls the inputs of the last block: shape (examples, tokens, width)."""


class PassOn(nn.Module):
    """In the place of a block: gives what it is given."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        if hasattr(block, "attention_type"):  # by which ModernBERT chooses a block's mask
            self.attention_type = block.attention_type

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        """`hidden_states`, whatever else a block of this family takes."""
        return hidden_states


class Catch(PassOn):
    """Keeps what it is given."""

    hidden: torch.Tensor | None = None

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        """`hidden_states`."""
        self.hidden = hidden_states
        return hidden_states


class Replace(PassOn):
    """Gives what it was told before, once."""

    hidden: torch.Tensor | None = None

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        """What the blocks in whose place this is would make of `hidden_states`."""
        hidden, self.hidden = self.hidden, None
        assert hidden is not None, "a batch without features"
        return hidden


@dataclass(slots=True)
class LastBlock:
    """A classifier whose lower blocks are out of their place, and where their results come from instead."""

    trunk: Trunk
    blocks: nn.ModuleList
    lower: list[nn.Module]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The model with all of its blocks, as it is saved."""
        short = list(self.blocks[:-1])
        self._put(self.lower)
        yield
        self._put(short)

    def _put(self, modules: list[nn.Module]) -> None:
        for i, module in enumerate(modules):
            self.blocks[i] = module


class Collator:
    """Pads a batch, and adds the features of its texts."""

    def __init__(self, pad: DataCollatorWithPadding, trunk: Trunk) -> None:
        self.pad, self.trunk = pad, trunk

    def __call__(self, examples: list[dict[str, Any]]) -> Any:
        """A batch: what `pad` makes of it, and HIDDEN, with zeros in the padding; or PLACES of what is on the GPU."""
        batch, resident = self.pad(examples), self.trunk.resident
        places = None if resident is None else resident.places(examples)
        width = batch["input_ids"].shape[1]  # rows may be filled up further than to the longest text
        if places is not None:
            batch[PLACES] = functional.pad(places, (0, width - places.shape[1]))  # the row of zeros
            return batch
        hidden = pad_sequence([self.trunk.get(example) for example in examples], batch_first=True)
        batch[HIDDEN] = functional.pad(hidden, (0, 0, 0, width - hidden.shape[1]))
        return batch


def on_features(
    model: PreTrainedModel,
    base: BaseModel,
    family: Family,
    found: ModelFiles,
    context: Context,
    *,
    config: TrainingConfig,
    num_tokens: int,
) -> LastBlock | None:
    """Take the blocks below the last out of `model`, which is a copy of `base`; its batches need HIDDEN, or PLACES.

    None, and nothing done, where the trunk gives a text something else each time (dropout), has one block only, or
    where the features of `num_tokens` tokens would take more than MAX_BYTES.
    """
    width, size = model.config.get_text_config().hidden_size, 4 if config.precision == "fp32" else 2
    blocks = model.get_submodule(family.blocks)
    assert isinstance(blocks, nn.ModuleList)
    if len(blocks) == 1 or not is_fixed(model, family) or num_tokens * width * size > MAX_BYTES:
        return None
    trunk = _trunk(base, family, found, context, config)
    lower = list(blocks[:-1])
    replace = Replace(lower[0])
    split = LastBlock(trunk, blocks, lower)
    split._put([replace, *(PassOn(block) for block in lower[1:])])

    def take(_: nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        places = options.pop(PLACES, None)
        if places is None:
            replace.hidden = options.pop(HIDDEN)
        else:
            assert trunk.resident is not None
            replace.hidden = trunk.resident.rows[places]
        return arguments, options

    model.register_forward_pre_hook(take, with_kwargs=True)
    return split


def is_fixed(model: PreTrainedModel, family: Family) -> bool:
    """Whether what enters the last block depends on the text alone while `model` trains: no dropout on the way."""
    blocks = model.get_submodule(family.blocks)
    assert isinstance(blocks, nn.ModuleList)
    after = tuple(f"{path}." for path in (f"{family.blocks}.{len(blocks) - 1}", *family.above))
    for name, module in model.named_modules():
        if not name.startswith(f"{model.base_model_prefix}.") or f"{name}.".startswith(after):
            continue
        rates = [value for key, value in vars(module).items() if "dropout" in key and isinstance(value, float)]
        if any(rates) or (isinstance(module, nn.Dropout) and module.p > 0):
            return False
    return True


def _trunk(base: BaseModel, family: Family, found: ModelFiles, context: Context, config: TrainingConfig) -> Trunk:
    """The blocks below the last, of another copy of `base`: it shares their weights, and is never trained."""
    model = base.copy().requires_grad_(False).eval()
    blocks = model.get_submodule(family.blocks)
    assert isinstance(blocks, nn.ModuleList)
    blocks[-1] = catch = Catch(blocks[-1])

    def forward(input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        # as Trainer computes
        with autocast(context.device, config.precision):
            model.base_model(input_ids=input_ids, attention_mask=mask)
        assert catch.hidden is not None
        hidden, catch.hidden = catch.hidden, None
        return hidden

    what = {"method": "last_block", "block": len(blocks) - 1, "precision": config.precision}
    return trunk_of(model, forward, found, context, what=what, most=config.per_device_eval_batch_size)
