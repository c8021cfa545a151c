"""Adapters of peft, and a new head, on a frozen base that is whole or in 4 bits."""

import json
from pathlib import Path

import peft
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel

from bench.config.method.gradient import AdapterMethod
from bench.models.families import Family
from bench.models.kept import Kept
from bench.models.targets import matches, no_such_modules


def add_adapters(base: PreTrainedModel, method: AdapterMethod, family: Family) -> peft.PeftModel:
    """`base` frozen, with trainable fp32 adapters and a trainable fp32 head.

    peft's `prepare_model_for_kbit_training` is not used: it would copy the embedding into fp32, which for large
    vocabularies takes more than 4 bits save; norms and embeddings stay frozen as they are loaded.

    Raises UserError where a module that is named is not there: peft would be content with one that is.
    """
    kind, options = method.adapter(family)
    _check_targets(base, options.get("target_modules"))
    config = getattr(peft, kind)(task_type=peft.TaskType.SEQ_CLS, modules_to_save=list(family.head), **options)
    adapted = peft.get_peft_model(base, config)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    check_head(adapted, family)
    return adapted


def _check_targets(base: PreTrainedModel, targets: list[str] | str | None) -> None:
    if not isinstance(targets, list):
        return
    weights = {name: getattr(module, "weight", None) for name, module in base.named_modules()}
    names = [name for name, weight in weights.items() if weight is not None and weight.dim() == 2]  # no norms
    if absent := [target for target in targets if not matches(target, names)]:
        raise no_such_modules(absent, str(base.config.model_type), names)


def check_head(model: torch.nn.Module, family: Family) -> None:
    """Raise RuntimeError unless every layer of the head is a trainable floating-point layer."""
    for head in family.head:
        trained = [p for name, p in model.named_parameters() if f"{head}.modules_to_save." in name]
        if not trained or not all(p.requires_grad and p.is_floating_point() for p in trained):
            raise RuntimeError(f"the classification head {head!r} is not trainable in floating point")


def save(model: peft.PeftModel, folder: Path, kept: Kept) -> None:
    """Save adapters and head in `folder`, naming the base model as it is known everywhere.

    peft would name the folder that the base was loaded from, which is this machine's own.
    """
    # no embedding was grown; left to itself, peft would ask the hub for the size of the base's vocabulary
    model.save_pretrained(str(folder), save_embedding_layers=False)
    path = folder / peft.utils.CONFIG_NAME
    content = json.loads(path.read_text(encoding="utf-8"))
    content |= {"base_model_name_or_path": kept.model.id, "revision": kept.model.revision}
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
