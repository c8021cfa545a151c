"""Several adapted models over one frozen model, run as one: the model of a stack of cells."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import peft
import torch
from peft.tuners import lora
from peft.tuners.lora import LoraLayer
from peft.utils.other import ModulesToSaveWrapper
from torch import nn
from transformers import PreTrainedModel

from bench.extras import is_here
from bench.methods import packed
from bench.methods.encode import Encoded, num_tokens
from bench.methods.fused import attention, dense
from bench.methods.fused.dense import unpack
from bench.methods.fused.layers import FusedHead, FusedLinear
from bench.methods.fused.layout import Pass, Pooling
from bench.methods.fused.packing import lay_out
from bench.methods.fused.rows import Rows
from bench.methods.fused.trunk import pack_trunk
from bench.models.dtypes import autocast
from bench.models.families import Family
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
        self,
        shell: PreTrainedModel,
        models: Sequence[peft.PeftModel],
        family: Family,
        pad_token_id: int,
        *,
        precision: Precision,
        multiple: int | None = None,
        compiled: bool = False,
    ) -> None:
        """`multiple` is that of `lay_out`; `compiled`: see `blocks`."""
        self.model = shell.requires_grad_(False)
        self.device = next(shell.parameters()).device
        self.precision = precision
        pooling = pooling_of(shell, family)
        self._lay_out = partial(
            lay_out, device=self.device, pooling=pooling, pad_token_id=pad_token_id, multiple=multiple
        )
        self.current = Pass()
        self._pass_through: Callable[[], AbstractContextManager[None]] = nullcontext
        self.linears: dict[str, FusedLinear] = {}
        self.heads: dict[str, FusedHead] = {}
        self._replace_layers(models[0].get_base_model())
        if self.device.type == "cpu":
            unpack(self.model, dense.MAX_BYTES)
            packed.pack_frozen_linears(self.model)
        self.model.config._attn_implementation = attention.NAME  # `set_attn_implementation` of some versions only warns
        self._can_compile: Callable[[int], bool] = lambda _: False
        all_blocks = list(shell.get_submodule(family.blocks).children())
        alike = all_blocks if pooling == "mean" else all_blocks[:-1]
        self.is_compiled = compiled and bool(alike)
        """Whether it has blocks that are compiled."""
        if self.is_compiled:
            self._compile(alike)
        pack_trunk(self.model, family, self.current, is_mean=pooling == "mean")
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
                self.linears[name] = FusedLinear(base, self.current, module.scaling[ADAPTER], dropout)
                self.model.set_submodule(name, self.linears[name])
        for name in heads:
            self.heads[name] = FusedHead(self.current, first=name == heads[0], last=name == heads[-1])
            self.model.set_submodule(name, self.heads[name])

    def _compile(self, alike: Sequence[nn.Module]) -> None:
        from bench.methods.fused import blocks

        packed.pack_now(self.model)
        blocks.compile_blocks(alike)
        self._can_compile = blocks.can_compile
        self._pass_through = lambda: blocks.pass_through(compiled=self.current.is_compiled)

    def _attach(self) -> None:
        """Let the layers use the rows and heads of the cells that are in the stack."""
        for name, linear in self.linears.items():
            prefix = f"base_model.model.{name}."
            linear.A = self.rows.stacked(f"{prefix}lora_A.{ADAPTER}.weight")
            linear.B = self.rows.stacked(f"{prefix}lora_B.{ADAPTER}.weight")
        for name, head in self.heads.items():
            wrapped = f"{name}.modules_to_save.{ADAPTER}"
            heads = [model.get_base_model().get_submodule(wrapped) for model in self.models]
            head.attach(heads, self.rows, f"base_model.model.{wrapped}")

    def keep(self, indices: Sequence[int]) -> None:
        """Keep the models at these indices only; the others have what they trained to themselves again."""
        for index in range(len(self.models)):
            if index not in indices:
                self.rows.release(index)
        self.models = [self.models[index] for index in indices]
        if indices:
            self.rows.keep(indices)
            self._attach()

    def is_untrained(self) -> bool:
        """Whether all adapters are as peft makes them: they change nothing."""
        return not any(linear.B.any() for linear in self.linears.values())

    def logits(self, parts: Sequence[tuple[int, Encoded]]) -> torch.Tensor:
        """One forward pass over examples of several cells, given as (index in the stack, examples).

        Shape (examples, most labels), fp32; rows in the order given. See `FusedHead` for labels that a cell lacks.
        """
        self.current.is_compiled = self._can_compile(max(num_tokens(example) for _, of in parts for example in of))
        self.current.layout = self._lay_out(parts, one_group=self.current.is_compiled)
        self.current.is_shared = False
        return self._forward()

    def shared_logits(self, examples: Encoded) -> torch.Tensor:
        """The logits of all cells for the same examples, side by side; only while the stack is untrained."""
        self.current.layout, self.current.is_shared = self._lay_out([(0, examples)]), True
        self.current.is_compiled = False
        return self._forward()

    def _forward(self) -> torch.Tensor:
        texts = torch.zeros(self.current.layout.num_texts, 1, dtype=torch.long, device=self.device)
        with autocast(self.device.type, self.precision), self._pass_through():
            logits: torch.Tensor = self.model(input_ids=texts).logits  # of which the trunk takes no notice
        if not self.current.layout.is_attended:
            raise Unfusable(f"{type(self.model).__name__} does not take the attention that is given to it")
        return logits.float()


def pooling_of(model: PreTrainedModel, family: Family) -> Pooling:
    """What the classifier reads of a text."""
    if family.causal:
        return "last"
    return "mean" if getattr(model.config, "classifier_pooling", "cls") == "mean" else "first"


def trained(model: peft.PeftModel) -> dict[str, nn.Parameter]:
    """What the model trains, by name."""
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _in_4_bits() -> tuple[type, ...]:
    """peft's layer on weights in 4 bits; none where bitsandbytes is not installed."""
    return (lora.bnb.Linear4bit,) if is_here("bitsandbytes") else ()


def check_layer(name: str, layer: LoraLayer) -> None:
    """Raise Unfusable unless peft computes `layer` as FusedLinear does."""
    is_plain = layer.active_adapters == [ADAPTER] and not layer.lora_variant and not layer.lora_bias[ADAPTER]
    if not isinstance(layer, (lora.Linear, *_in_4_bits())) or not is_plain:
        raise Unfusable(f"{name} has adapters of the kind {type(layer).__name__}")
