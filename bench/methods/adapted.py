"""What a model with adapters of any type of peft takes beyond peft itself, to be trained and to predict rightly."""

from typing import Any

import torch
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from bench.models.families import Family


class AllocateRanks(TrainerCallback):
    """Tells AdaLoRA of each step, so that it moves its budget of ranks: after the step, gradients being there still."""

    def __init__(self, tuner: Any) -> None:
        self.tuner = tuner

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """The steps are those of the examples that there are."""
        self.tuner.rankallocator.set_total_step(state.max_steps)

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Trainer counts the step afterwards."""
        self.tuner.update_and_allocate(state.global_step + 1)


def step_callbacks(model: nn.Module) -> list[TrainerCallback]:
    """What a type of adapter has to be told of while it is trained."""
    tuner = getattr(model, "base_model", None)
    return [AllocateRanks(tuner)] if is_rationed(model) else []


def is_rationed(model: nn.Module) -> bool:
    """Whether ranks are moved about while it is trained (AdaLoRA)."""
    return hasattr(getattr(model, "base_model", None), "rankallocator")


def pool_before_padding(model: nn.Module, family: Family) -> None:
    """Let a decoder that is given embeddings (a learnt prompt and a text) be pooled at each text's last token.

    transformers looks for padding in token ids; where there are none, it takes the last place, padding or not. So
    what the head says at a text's last token is put there. Texts padded on the right, as everywhere here.
    """
    masks: list[torch.Tensor | None] = [None]

    def remember(_: nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        masks[0] = options.get("attention_mask")

    def move(_: nn.Module, arguments: tuple[Any, ...], logits: torch.Tensor) -> torch.Tensor:
        """Shape (texts, places, labels)."""
        mask = masks[0]
        if mask is None or logits.dim() != 3:
            return logits
        padding = mask.flip(-1).cumsum(-1).eq(0).sum(-1)
        last = logits.shape[1] - 1 - padding.to(logits.device)
        rows = torch.arange(len(logits), device=logits.device)
        return torch.cat([logits[:, :-1], logits[rows, last].unsqueeze(1)], dim=1)

    model.register_forward_pre_hook(remember, with_kwargs=True)
    model.get_submodule(family.head[-1]).register_forward_hook(move)


def mix_types(model: nn.Module) -> None:
    """Let the norms of `model` take what adapters give in fp32: on a CPU torch's don't where their weights are bf16."""

    def cast(norm: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        x, weight = arguments[0], norm.weight
        return (x.to(weight.dtype), *arguments[1:]) if isinstance(weight, torch.Tensor) else arguments

    for module in model.modules():
        if isinstance(module, nn.LayerNorm) and module.weight is not None and module.weight.dtype == torch.bfloat16:
            module.register_forward_pre_hook(cast)
