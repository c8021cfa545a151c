"""LoRA and QLoRA: low-rank adapters, and a new head, on a frozen base that is whole or in 4 bits."""

import time

import peft
import torch
from transformers import PreTrainedModel, set_seed

from bench.cell import Cell
from bench.config import LoraConfig, TransformerConfig
from bench.data.split import Splits
from bench.methods import training
from bench.methods.outcome import Context, Outcome
from bench.models import files, load, size
from bench.models.families import FAMILIES, Family


def fit(cell: Cell, splits: Splits, context: Context) -> Outcome:
    """Fine-tune the cell's model with adapters and predict validation and test."""
    model, method, config = cell.model, cell.method, cell.training
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, LoraConfig)
    assert config is not None
    assert config.precision is not None
    load.quiet()
    clock = time.perf_counter()
    location = files.locate(model, cache=context.cache, mirror_dir=context.mirror_dir)
    tokenizer = load.load_tokenizer(model, location, config.truncation_side)
    set_seed(cell.task.seed)  # the head and the adapters draw their first values below
    base = load.load_classifier(
        model,
        location,
        labels=splits.labels,
        pad_token_id=tokenizer.pad_token_id,
        precision=config.precision,
        quantization=method if method.name == "qlora" else None,
        device=context.device,
    )
    adapted = add_adapters(base, method, FAMILIES[model.family])
    revision = files.revision(model, location, load.commit_of(base))
    loaded = time.perf_counter() - clock
    outcome = training.train_and_predict(adapted, tokenizer, splits, config, seed=cell.task.seed, device=context.device)
    outcome.load_seconds = loaded
    outcome.parameters = size.count_parameters(adapted)
    outcome.frozen_weights = size.frozen_bytes(adapted)
    outcome.model_revision = revision
    return outcome


def add_adapters(base: PreTrainedModel, method: LoraConfig, family: Family) -> peft.PeftModel:
    """`base` frozen, with trainable fp32 adapters and a trainable fp32 head.

    peft's `prepare_model_for_kbit_training` is not used: it would copy the embedding into fp32, which for large
    vocabularies takes more than 4 bits save; norms and embeddings stay frozen as they are loaded.
    """
    all_linear = method.target_modules == "all-linear"
    config = peft.LoraConfig(
        task_type=peft.TaskType.SEQ_CLS,
        r=method.r,
        lora_alpha=method.alpha,
        lora_dropout=method.dropout,
        target_modules="all-linear" if all_linear else list(method.target_modules),
        exclude_modules=list(family.head) if all_linear else None,
        modules_to_save=list(family.head),
        use_rslora=method.use_rslora,
        use_dora=method.use_dora,
        # GPT-2's Conv1D keeps its weights transposed; in 4 bits it is an ordinary linear layer
        fan_in_fan_out=family.transposed and method.name == "lora",
    )
    adapted = peft.get_peft_model(base, config)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    check_head(adapted, family)
    return adapted


def check_head(model: torch.nn.Module, family: Family) -> None:
    """Raise RuntimeError unless every layer of the head is a trainable floating-point layer."""
    for head in family.head:
        trained = [p for name, p in model.named_parameters() if f"{head}.modules_to_save." in name]
        if not trained or not all(p.requires_grad and p.is_floating_point() for p in trained):
            raise RuntimeError(f"the classification head {head!r} is not trainable in floating point")
