"""Several adapted models over one frozen model, run as one: the model of a stack of cells."""

from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np
import peft
import torch
from peft.tuners import lora
from peft.tuners.lora import LoraLayer
from peft.utils.other import ModulesToSaveWrapper
from torch import nn
from transformers import PreTrainedModel

from bench.methods import packed
from bench.methods.attention import attention
from bench.methods.encode import Encoded, num_tokens
from bench.methods.fused import dense, unpadded
from bench.methods.fused.dense import unpack
from bench.methods.fused.layers import FusedHead, FusedLinear, Plan
from bench.methods.fused.rows import Rows
from bench.models.dtypes import DTYPES, autocast
from bench.models.precision import Precision

ADAPTER = "default"
"""peft's name for the one adapter of a model."""


class Unfusable(Exception):
    """The models can't be run as one; they can be run one by one."""


class Stack:
    """`shell` (a copy of the frozen model) with the adapters and heads of peft models around the same weights.

    While a model is in the stack, what it trains lies in `rows`; its own forward pass works as ever.
    """

    def __init__(
        self, shell: PreTrainedModel, models: Sequence[peft.PeftModel], pad_token_id: int, *, precision: Precision
    ) -> None:
        self.model, self.pad_token_id = shell.requires_grad_(False), pad_token_id
        self.device = next(shell.parameters()).device
        self.precision = precision
        self.plan, self.tokens = Plan(), unpadded.Tokens()
        self.linears: dict[str, FusedLinear] = {}
        self.heads: dict[str, FusedHead] = {}
        self._replace_layers(models[0].get_base_model())
        if self.device.type == "cpu":
            unpack(self.model, dense.MAX_BYTES)
            packed.pack_frozen_linears(self.model)
            unpadded.skip_padding_in_mlp(self.model, self.tokens)
        self.fill(models)

    def fill(self, models: Sequence[peft.PeftModel]) -> None:
        """Take in these models; the stack must be empty."""
        self.models = list(models)
        self.rows = Rows([trained(model) for model in models])
        self._attach()

    def _replace_layers(self, adapted: nn.Module) -> None:
        """Put our layers into the shell where peft has its own."""
        heads = [name for name, module in adapted.named_modules() if isinstance(module, ModulesToSaveWrapper)]
        for name, module in adapted.named_modules():
            if isinstance(module, LoraLayer):
                if any(name.startswith(f"{head}.") for head in heads):
                    raise Unfusable(f"{name} has adapters inside the head")
                base = self.model.get_submodule(name)
                check_layer(name, module)
                dropout = getattr(module.lora_dropout[ADAPTER], "p", 0.0)
                self.linears[name] = FusedLinear(base, self.plan, module.scaling[ADAPTER], dropout)
                self.model.set_submodule(name, self.linears[name])
        for name in heads:
            self.heads[name] = FusedHead(self.plan, first=name == heads[0], last=name == heads[-1])
            self.model.set_submodule(name, self.heads[name])

    def _attach(self) -> None:
        """Let the layers use the rows and heads of the cells that are in the stack."""
        for name, linear in self.linears.items():
            prefix = f"base_model.model.{name}."
            linear.A = self.rows.stacked(f"{prefix}lora_A.{ADAPTER}.weight")
            linear.B = self.rows.stacked(f"{prefix}lora_B.{ADAPTER}.weight")
        for name, head in self.heads.items():
            adapted = [model.get_base_model() for model in self.models]
            head.heads = nn.ModuleList(model.get_submodule(name).modules_to_save[ADAPTER] for model in adapted)

    def keep(self, places: Sequence[int]) -> None:
        """Keep the models at these places only; the others have what they trained to themselves again."""
        for place in range(len(self.models)):
            if place not in places:
                self.rows.release(place)
        self.models = [self.models[place] for place in places]
        if places:
            self.rows.keep(places)
            self._attach()

    def is_untrained(self) -> bool:
        """Whether all adapters are as peft makes them: they change nothing."""
        return not any(linear.B.any() for linear in self.linears.values())

    def logits(self, parts: Sequence[tuple[int, Encoded]]) -> torch.Tensor:
        """One forward pass over examples of several cells, given as (place in the stack, examples).

        Shape (examples, most labels), fp32; rows in the order given. See `FusedHead` for labels that a cell lacks.
        """
        self.plan.set([place for place, _ in parts], [len(examples) for _, examples in parts], self.device)
        return self._forward([example for _, examples in parts for example in examples])

    def shared_logits(self, examples: Encoded) -> torch.Tensor:
        """The logits of all cells for the same examples, side by side; only while the stack is untrained."""
        self.plan.set_shared(len(self.models))
        return self._forward(examples)

    def _forward(self, examples: Encoded) -> torch.Tensor:
        inputs = collate(examples, self.pad_token_id, self.device)
        dtype, num_tokens = DTYPES[self.precision], inputs["input_ids"].shape[1]
        if self.device.type == "cpu":  # where parts are unpadded; a GPU would have to wait for the mask
            self.tokens.set(inputs["attention_mask"])
        with (
            autocast(self.device.type, self.precision),
            attention(self.device, dtype, num_tokens) if self.model.training else nullcontext(),
        ):
            logits: torch.Tensor = self.model(**inputs).logits
        return logits.float()


def trained(model: peft.PeftModel) -> dict[str, nn.Parameter]:
    """What the model trains, by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def check_layer(name: str, layer: LoraLayer) -> None:
    """Raise Unfusable unless peft computes `layer` as FusedLinear does."""
    is_plain = layer.active_adapters == [ADAPTER] and not layer.lora_variant and not layer.lora_bias[ADAPTER]
    if not isinstance(layer, lora.Linear | lora.bnb.Linear4bit) or not is_plain:
        raise Unfusable(f"{name} has adapters of the kind {type(layer).__name__}")


def collate(examples: Encoded, pad_token_id: int, device: torch.device) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask`, padded on the right to the longest."""
    longest = max(map(num_tokens, examples))
    ids = np.full((len(examples), longest), pad_token_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, example in enumerate(examples):
        length = num_tokens(example)
        ids[row, :length], mask[row, :length] = example["input_ids"], 1
    return {"input_ids": torch.from_numpy(ids).to(device), "attention_mask": torch.from_numpy(mask).to(device)}
