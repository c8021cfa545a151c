"""A kept model as one network in fp32, without adapters and with nothing in 4 bits: what is merged and exported."""

import copy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from peft.utils import ModulesToSaveWrapper
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerBase
from transformers.pytorch_utils import Conv1D

from bench.config import LinearProbeConfig, TransformerConfig
from bench.config.method.full import FullConfig
from bench.config.method.gradient import AdapterMethod
from bench.errors import UserError, said
from bench.extras import is_here
from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.methods import adapters, linear_probe
from bench.models import load, safely
from bench.models.families import FAMILIES
from bench.models.kept import KeptModel
from bench.models.truncation import SIDES
from bench.predict.classifier import Classifier
from bench.running.out_of_memory import is_out_of_memory

if TYPE_CHECKING:
    from bench.predict.from_method import FromMethod

CPU = "cpu"
PROBLEM_TYPES = {SINGLE_LABEL: "single_label_classification", MULTI_LABEL: "multi_label_classification"}
"""What transformers calls kinds of tasks; its pipeline makes probabilities by it."""


def in_fp32(kept: KeptModel) -> KeptModel:
    """How texts are read, and labels decided for, where all weights are in one network in fp32."""
    method = kept.method
    if not isinstance(method, LinearProbeConfig):
        return replace(kept, method=FullConfig(name="full"), precision="fp32")
    side = SIDES[method.truncation]
    return replace(
        kept, method=FullConfig(name="full"), precision="fp32", max_length=method.max_length, truncation_side=side
    )  # fmt: skip


def network_of(folder: Path, kept: KeptModel, loaded: "Classifier | FromMethod", base: str | None) -> Classifier:
    """The model kept in `folder`, which was `loaded` and is taken apart here; `base` is where its base model is.

    What it predicts differs from what `loaded` does by rounding alone. Raises UserError where peft can't merge it.
    """
    network: Any
    if not isinstance(loaded, Classifier):
        assert base is not None
        assert isinstance(loaded.fitted, linear_probe.Probe)
        network, tokenizer = _probe(kept, loaded.fitted, base), loaded.fitted.tokenizer
    elif kept.is_adapter:
        assert base is not None
        network, tokenizer = _merged(folder, kept, loaded.tokenizer, base), loaded.tokenizer
    else:
        network, tokenizer = _plain(loaded.model, loaded.model.state_dict()), loaded.tokenizer
    config = network.config
    config.id2label = dict(enumerate(kept.labels))
    config.label2id = {label: index for index, label in enumerate(kept.labels)}
    config.problem_type = PROBLEM_TYPES[kept.kind]
    return Classifier(in_fp32(kept), network.eval(), tokenizer, CPU)


def _merged(folder: Path, kept: KeptModel, tokenizer: PreTrainedTokenizerBase, base: str) -> PreTrainedModel:
    """Base and adapter in one; a base in 4 bits as what its 4 bits stand for. Raises UserError."""
    method, model = kept.method, kept.model
    assert isinstance(method, AdapterMethod)
    assert isinstance(model, TransformerConfig)
    assert kept.precision is not None
    whole = load.load_classifier(
        model,
        base,
        labels=kept.labels,
        pad_token_id=tokenizer.pad_token_id,
        precision=kept.precision,  # on every machine: with rounded weights it was trained
        quantization=method.quantization,
        device=CPU,
    )
    if method.quantization is not None:
        _dequantize(whole)
    adapted = adapters.add_adapters(whole, method, FAMILIES[model.family])
    adapters.restore(adapted, folder)
    for parameter in adapted.parameters():
        parameter.data = parameter.data.float()
    try:
        merged = adapted.merge_and_unload()
    except Exception as error:  # whatever a type of adapter raises that is no change of weights
        if is_out_of_memory(error):
            raise
        kind = method.label
        raise UserError(f"peft can't merge {kind} into {model.name}: {type(error).__name__}: {said(error)}") from error
    _unwrap(merged)
    return _plain(merged, merged.state_dict())


def _unwrap(model: PreTrainedModel) -> None:
    """Put the trained modules in the place of peft's choice between them and the original: some types leave that."""
    for name, module in list(model.named_modules()):
        if isinstance(module, ModulesToSaveWrapper):
            model.set_submodule(name, module.modules_to_save[module.active_adapter])


def _dequantize(model: PreTrainedModel) -> None:
    """Put whole layers in the place of those in 4 bits."""
    assert is_here("bitsandbytes")
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn import Linear4bit

    for name, layer in list(model.named_modules()):
        if isinstance(layer, Linear4bit):
            weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).float()
            dense = nn.Linear(weight.shape[1], weight.shape[0], layer.bias is not None, device="meta")
            dense.weight = nn.Parameter(weight, requires_grad=False)
            if layer.bias is not None:
                dense.bias = nn.Parameter(layer.bias.data.float(), requires_grad=False)
            model.set_submodule(name, dense)
    for name in ("is_loaded_in_4bit", "is_quantized"):  # peft goes by them
        setattr(model, name, False)


def _plain(model: PreTrainedModel, weights: dict[str, torch.Tensor]) -> PreTrainedModel:
    """A new model of transformers' own class for it, in fp32, with these weights of `model`."""
    config = copy.deepcopy(model.config)
    for name in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(config, name):
            delattr(config, name)
    config.dtype = torch.float32
    plain: PreTrainedModel = type(model)(config)
    for name, module in plain.named_modules():
        # in 4 bits, and so since, it is an ordinary linear layer
        if isinstance(module, Conv1D) and isinstance(model.get_submodule(name), nn.Linear):
            weights[f"{name}.weight"] = weights[f"{name}.weight"].T
    plain.load_state_dict({name: value.float() for name, value in weights.items()})
    return plain


class ProbeNetwork(nn.Module):
    """A frozen trunk with a regression on its pooled features, as logits."""

    def __init__(self, probe: linear_probe.Probe, trunk: PreTrainedModel) -> None:
        super().__init__()
        scaler, regression = probe.regression
        weight = torch.from_numpy(regression.coef_).double()
        bias = torch.from_numpy(regression.intercept_).double()
        if probe.kept.kind != MULTI_LABEL and len(weight) == 1:  # of two labels, it says how much the second one is
            weight, bias = torch.cat([torch.zeros_like(weight), weight]), torch.cat([torch.zeros_like(bias), bias])
        weight = weight / torch.from_numpy(scaler.scale_)
        bias = bias - weight @ torch.from_numpy(scaler.mean_)
        self.trunk, self.pooling = trunk, probe.method.pooling
        self.classifier = nn.Linear(weight.shape[1], weight.shape[0])
        self.classifier.weight.data, self.classifier.bias.data = weight.float(), bias.float()
        self.config = trunk.config

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.classifier.weight.device

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SimpleNamespace:
        """`logits`, shape (texts, labels), of ids and mask of shape (texts, tokens)."""
        hidden = self.trunk(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        pooled = linear_probe.pool(hidden, attention_mask, self.pooling)
        return SimpleNamespace(logits=self.classifier(pooled))


def _probe(kept: KeptModel, probe: linear_probe.Probe, base: str) -> ProbeNetwork:
    model, method = kept.model, kept.method
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, LinearProbeConfig)
    assert method.precision is not None
    trunk = load.load_trunk(model, base, precision=method.precision, device=CPU).float()
    trunk.config.use_cache = False
    return ProbeNetwork(probe, trunk)


def load_merged(folder: Path, kept: KeptModel, tokenizer: PreTrainedTokenizerBase) -> Classifier:
    """What plain transformers load from a folder of a merged model."""
    assert isinstance(kept.model, TransformerConfig)
    options = safely.weights_options(kept.model)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, **options
    )
    return Classifier(in_fp32(kept), model.eval(), tokenizer, CPU)
