"""A loaded model that is never run or changed: every cell works on a copy of its modules that shares its weights.

So nothing that a cell does to its model reaches the next one: adapters, hooks, wrapped modules, dropout, train mode,
gradient flags, the configuration. Weights that are changed in place would; cells that do so must not share a base.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A pretrained model, and which of its parameters the files did not have."""

    model: PreTrainedModel
    new: frozenset[str] = frozenset()
    """Names of parameters whose values are to be drawn for each cell."""

    def copy(self) -> PreTrainedModel:
        """New modules and a new configuration around the same weights, their 4-bit scales, and buffers."""
        memo: dict[int, object] = {id(parameter): _alias(parameter) for parameter in self.model.parameters()}
        scales = (getattr(parameter, "quant_state", None) for parameter in self.model.parameters())
        memo |= {id(shared): shared for shared in (*self.model.buffers(), *scales)}
        copied: PreTrainedModel = copy.deepcopy(self.model, memo)
        for module in copied.modules():
            for parameter in module.parameters(recurse=False):
                if hasattr(parameter, "module"):  # 4-bit weights know their layer: not the base's, now
                    parameter.module = module
        return copied


def _alias(parameter: nn.Parameter) -> nn.Parameter:
    """Another parameter with the same data: gradient flag, gradient and a change of its type are its own."""
    if type(parameter) is nn.Parameter:
        return nn.Parameter(parameter.data, requires_grad=parameter.requires_grad)
    return copy.copy(parameter)  # 4-bit weights, with their scales


def renew_head(model: PreTrainedModel, new: Iterable[str], output: str, labels: tuple[str, ...]) -> None:
    """Give `model` an output layer over `labels`; draw it and all `new` parameters from torch's random state.

    The values follow the architecture's own rules (`initialize_weights`). `output` is the path of the layer that
    gives the logits; whatever the files have there, its labels are not ours.
    """
    model.config.id2label = dict(enumerate(labels))  # and with it `num_labels`
    model.config.label2id = {label: i for i, label in enumerate(labels)}
    model.num_labels = len(labels)
    old = model.get_submodule(output)
    assert isinstance(old, nn.Linear)
    layer = nn.utils.skip_init(
        nn.Linear, old.in_features, len(labels), old.bias is not None, device=old.weight.device, dtype=old.weight.dtype
    )
    model.set_submodule(output, layer.train(old.training))
    drawn = {name for name in new if not name.startswith(f"{output}.")}
    for name in drawn:
        path, _, attribute = name.rpartition(".")
        # memory of its own: the base's must not change
        setattr(model.get_submodule(path), attribute, nn.Parameter(torch.empty_like(model.get_parameter(name))))
    drawn |= {f"{output}.{name}" for name, _ in layer.named_parameters()}
    _initialize(model, drawn)


def _initialize(model: PreTrainedModel, names: set[str]) -> None:
    """Draw the parameters `names`, and no others, as `from_pretrained` draws those that it does not find.

    transformers skips what is marked as initialized. Some rules belong to a module far above the parameter (that of
    ModernBERT's classifier to the whole model), so all on the way to it are gone through again.
    """
    for name, parameter in model.named_parameters():
        parameter._is_hf_initialized = name not in names
    for name in names:
        parts = name.split(".")[:-1]
        for depth in range(len(parts) + 1):
            model.get_submodule(".".join(parts[:depth]))._is_hf_initialized = False
    model.initialize_weights()
