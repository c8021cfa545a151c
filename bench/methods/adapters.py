"""Adapters of peft, and a new head, on a frozen base that is whole or in 4 bits."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import peft
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel

from bench.config import TransformerConfig
from bench.config.method.gradient import AdapterMethod
from bench.config.method.peft import PeftConfig
from bench.config.method.peft_checks import check_layers
from bench.errors import UserError, refuse, said
from bench.methods.adapted import is_rationed, mix_types, pool_before_padding
from bench.models.dtypes import autocast
from bench.models.families import Family
from bench.models.kept import KeptModel
from bench.models.targets import matches, no_such_modules
from bench.running.out_of_memory import is_out_of_memory

MANY_STEPS = 10**9
"""Planned steps of a model that is not trained any more."""
INITIAL, FINAL = 10, 3
"""AdaLoRA's budget moves after a tenth of the steps, and rests for the last third of them, where nothing is said: about
the shares of Zhang et al. 2023, table 8."""


def add_adapters(
    base: PreTrainedModel, method: AdapterMethod, family: Family, steps: int | None = None
) -> peft.PeftModel:
    """`base` frozen, with trainable fp32 adapters and a trainable fp32 head, for training over `steps` optimizer steps.

    Without `steps` it is for prediction with weights that `restore` puts in.

    peft's `prepare_model_for_kbit_training` is not used: it would copy the embedding into fp32, which for large
    vocabularies takes more than 4 bits save; norms and embeddings stay frozen as they are loaded.

    Raises UserError where a module that is named is not there: peft would be content with one that is. So, too, where
    peft refuses options of `method=peft`.
    """
    kind, options = method.adapter(family)
    _check_targets(base, options.get("target_modules"), method)
    refuse(check_layers(options, base.config.num_hidden_layers, str(base.config.model_type)))
    try:
        config = _config(getattr(peft, kind), options, base, family, steps)
        adapted = peft.get_peft_model(base, config)
    except (ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, RuntimeError, TypeError,
            ValueError, AssertionError) as error:  # fmt: skip
        if not isinstance(method, PeftConfig) or is_out_of_memory(error):
            raise
        raise UserError(
            f"peft does not put {method.peft_type} on a {base.config.model_type} with method.options="
            f"{method.options}: {said(error)}"
        ) from error
    for name, parameter in adapted.named_parameters():
        if ".ranknum." in name:  # AdaLoRA's count of ranks, which peft would train in 4 bits, and does not keep
            parameter.requires_grad_(False)
        if parameter.requires_grad:
            # memory of its own: that of a base's weight, a bias say, is other cells' as well
            parameter.data = parameter.data.to(torch.float32, copy=True)
    if isinstance(method, PeftConfig):
        if config.is_prompt_learning and family.causal:
            pool_before_padding(base, family)
        mix_types(base)
    if not config.inference_mode:
        check_head(adapted, family)
    return adapted


def _config(kind: Any, options: dict[str, Any], base: PreTrainedModel, family: Family, steps: int | None) -> Any:
    """peft's configuration, with what goes without saying."""
    names = {field.name for field in fields(kind)}
    options = {**options, "task_type": peft.TaskType.SEQ_CLS, "modules_to_save": list(family.head)}
    if "total_step" in names:
        options["total_step"] = total = steps or MANY_STEPS
        options["tinit"] = options.get("tinit") or total // INITIAL
        options["tfinal"] = options.get("tfinal") or total // FINAL
    if "tokenizer_name_or_path" in names:
        options["tokenizer_name_or_path"] = base.name_or_path
    if "token_dim" in names and not {"hidden_size", "n_embd"} & base.config.to_dict().keys():
        # peft reads sizes by these names alone, and DistilBERT has its own
        sizes = ("hidden_size", "num_hidden_layers", "num_attention_heads")
        own = zip(("token_dim", "num_layers", "num_attention_heads"), sizes, strict=True)
        options = {name: getattr(base.config, size) for name, size in own} | options
    config = kind(**options)
    # a prompt that was learnt by a network of its own is kept as what that network made
    config.inference_mode = steps is None and config.is_prompt_learning
    return config


def _check_targets(base: PreTrainedModel, targets: list[str] | str | None, method: AdapterMethod) -> None:
    if not isinstance(targets, list):
        return
    weights = {name: getattr(module, "weight", None) for name, module in base.named_modules()}
    dimensions = 1 if isinstance(method, PeftConfig) and method.is_of_norms else 2
    names = [name for name, weight in weights.items() if weight is not None and weight.dim() == dimensions]
    if absent := [target for target in targets if not matches(target, names)]:
        option = "method.options.target_modules" if isinstance(method, PeftConfig) else "method.target_modules"
        raise no_such_modules(absent, str(base.config.model_type), names, option)


def check_head(model: torch.nn.Module, family: Family) -> None:
    """Raise RuntimeError unless every layer of the head is a trainable floating-point layer."""
    for head in family.head:
        trained = [p for name, p in model.named_parameters() if f"{head}.modules_to_save." in name]
        if not trained or not all(p.requires_grad and p.is_floating_point() for p in trained):
            raise RuntimeError(f"the classification head {head!r} is not trainable in floating point")


def save(model: peft.PeftModel, folder: Path, kept: KeptModel) -> None:
    """Save adapters and head in `folder`, naming the base model as it is known everywhere.

    peft would name the folder that the base was loaded from, which is this machine's own.
    """
    assert isinstance(kept.model, TransformerConfig)
    assert kept.precision is not None
    if is_rationed(model):
        # all ranks are kept: those that AdaLoRA did without last may not be those that the best weights do without
        model.peft_config["default"].rank_pattern = None
    with autocast(model.device.type, kept.precision):  # a prompt that a network makes is made as it was in the cell
        # no embedding was grown; left to itself, peft would ask the hub for the size of the base's vocabulary
        model.save_pretrained(str(folder), save_embedding_layers=False)
    path = folder / peft.utils.CONFIG_NAME
    content = json.loads(path.read_text(encoding="utf-8"))
    content |= {"base_model_name_or_path": kept.model.id, "revision": kept.model.revision}
    if "tokenizer_name_or_path" in content:
        content["tokenizer_name_or_path"] = kept.model.id
    path.write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")


def restore(model: peft.PeftModel, folder: Path) -> None:
    """Put the adapters and head that `save` kept into `model`, which `add_adapters` made, value by value.

    (peft's own loading would round the head to the base's precision.) Raises RuntimeError where they don't fit.
    """
    weights = load_file(folder / peft.utils.SAFETENSORS_WEIGHTS_NAME)
    expected = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    if expected.keys() != weights.keys():
        raise RuntimeError(f"the saved adapter does not fit the model: {sorted(expected.keys() ^ weights.keys())}")
    peft.set_peft_model_state_dict(model, weights)
