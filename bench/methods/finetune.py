"""Fine-tuning a transformer by gradients: adapters (whole or 4-bit base), the last block, or all weights."""

import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peft
import torch
from transformers import PreTrainedModel, set_seed

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.config.method.gradient import AdapterMethod, GradientMethod
from bench.config.method.peft import PeftConfig
from bench.data.split import Examples, Splits
from bench.kind import MULTI_LABEL
from bench.methods import adapters, dropout, masks, packed, training
from bench.methods.adapted import step_callbacks
from bench.methods.callbacks import StepCallback, StopAfter, ValidationCallback
from bench.methods.compiled import compile_model
from bench.methods.encode import Encoder, num_tokens
from bench.methods.fitted import SETS, Context, Probabilities, Summary, ignore
from bench.methods.last_block import LastBlock, on_features
from bench.methods.lengths import cut_by, token_lengths
from bench.methods.loading import ModelFiles, base_model, tokenizer_of
from bench.methods.prior import start_at_base_rates, starts_at
from bench.methods.untrained import scores_before
from bench.models import files, load, size
from bench.models.base import BaseModel
from bench.models.families import FAMILIES, Family
from bench.models.kept import KeptModel, describe
from bench.models.truncation import TRUNCATIONS
from bench.running.steps import planned_steps, steps_in


@dataclass(slots=True)
class FineTuned:
    """A fine-tuned classifier."""

    summary: Summary
    trained: training.Trained
    kept: KeptModel
    split: LastBlock | None = None
    """Where the model's lower blocks are, if they are not in it."""

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        return self.trained.predict(examples)

    def save(self, folder: Path) -> None:
        """Keep the adapter with its head, or all weights, as safetensors; the tokenizer; and what loading takes.

        Of a base in 4 bits, as of any other, only the adapter is kept: loading quantizes the base again.
        """
        model = self.trained.trainer.model
        if isinstance(model, peft.PeftModel):
            adapters.save(model, folder, self.kept)
        else:
            with nullcontext() if self.split is None else self.split.whole():
                model.save_pretrained(folder)
        tokenizer = self.trained.encode.tokenizer
        # how it cuts is saved with it, and that is as it was last used, by whichever cell
        tokenizer("", truncation=True, max_length=self.kept.max_length)
        tokenizer.save_pretrained(folder)
        self.kept.write(folder)


def fit(cell: Cell, splits: Splits, context: Context) -> FineTuned:
    """Train what the cell's method trains of its model, on the task's training examples.

    Raises Diverged where a loss is not finite, UserError where the model's files can't be had.
    """
    assert isinstance(cell.model, TransformerConfig)
    assert cell.training is not None
    load.quiet()
    clock = time.perf_counter()
    found = ModelFiles.find(cell.model, context)
    finding = time.perf_counter() - clock
    with tempfile.TemporaryDirectory() as scratch:
        fitted = prepare(cell, found, splits, context, scratch)
        assert fitted.summary.load_seconds is not None
        fitted.summary.load_seconds += finding
        trained, summary = fitted.trained, fitted.summary
        if context.refit is None and not context.is_trial:
            context.on_phase("evaluating the untrained model")
            summary.before = scores_before(lambda name: trained.predict(getattr(splits, name)), splits, cell.training)
        context.on_phase("training")
        started = time.perf_counter()
        summary.training = training.train(trained)
        summary.train_seconds += time.perf_counter() - started
    return fitted


def prepare(cell: Cell, found: ModelFiles, splits: Splits, context: Context, scratch: str) -> FineTuned:
    """The cell's model, ready to be trained: its summary has the time for loading it, and no scores yet.

    Trainer may use the folder `scratch`.
    """
    assert isinstance(cell.method, GradientMethod)
    assert cell.training is not None
    config, clock = cell.training, time.perf_counter()
    tokenizer = tokenizer_of(found, context, config.side)
    encode = Encoder(tokenizer, config.max_length, context.warm.tokens, TRUNCATIONS[config.side], config.max_windows)
    model, revision = build(cell, found, splits, tokenizer.pad_token_id, context)
    summary = Summary(
        parameters=size.count_parameters(model), frozen_weights=size.frozen_bytes(model), model_revision=revision
    )
    if splits.kind == MULTI_LABEL:
        summary.choices["head_bias"] = starts_at(model, FAMILIES[found.model.family].head[-1])
    split = None
    if cell.method.trains == "last_block":
        base, family = frozen_base(cell, found, context), FAMILIES[found.model.family]
        context.on_phase("computing features")
        count = _num_tokens(encode, splits)
        split = on_features(model, base, family, found, context, config=config, num_tokens=count)
        summary.choices["trunk_features"] = split is not None
    if config.compile:
        compile_model(model, context.device)
    summary.attention = model.config.get_text_config()._attn_implementation
    loaded = time.perf_counter()
    summary.load_seconds = loaded - clock
    arguments = training.training_arguments(
        config,
        len(splits.train),
        seed=cell.task.seed,
        device=context.device,
        scratch=scratch,
        validates=len(splits.validation) > 0,
    )
    trunk = None if split is None else split.trunk
    trained = training.make_trainer(model, encode, splits, config, arguments=arguments, trunk=trunk)
    if split is not None:
        summary.train_seconds = time.perf_counter() - loaded  # features of its texts are part of the work
    for callback in (*step_callbacks(model), StepCallback(context.on_step)):
        trained.trainer.add_callback(callback)
    if context.on_validation is not ignore:
        trained.trainer.add_callback(ValidationCallback(context.on_validation, trained.validated))
    if context.refit is not None and context.refit.epochs is not None:
        trained.trainer.add_callback(StopAfter(steps_in(config, len(splits.train), context.refit.epochs)))
    encoded = trained.trainer.train_dataset
    summary.lengths = token_lengths(tokenizer, splits.train.texts, encoded, encode.held, context.warm.tokens)
    summary.cut = cut_by(encode, splits)
    return FineTuned(summary, trained, describe(cell, splits.labels, revision), split)


def build(cell: Cell, found: ModelFiles, splits: Splits, pad_token_id: int, context: Context) -> tuple[Any, str | None]:
    """The cell's model, ready to be trained, with the values that its seed gives; and the revision of its files."""
    assert isinstance(cell.method, GradientMethod)
    assert cell.training is not None
    whole = _with_new_head(cell, found, splits, pad_token_id, context)
    revision = files.revision(found.model, found.location, load.commit_of(whole))
    steps = planned_steps(cell.training, cell.task.train_size)
    family = FAMILIES[found.model.family]
    model = _make_trainable(whole, cell.method, family, steps)
    masks.spare_masks(model, family, context.device)
    if not cell.training.compile:  # which has dropout and packing of its own
        dropout.replace_dropout(model)
        if cell.method.trains == "adapters":
            packed.pack_frozen_linears(model, in_place=isinstance(cell.method, PeftConfig))
    return model, revision


def _with_new_head(
    cell: Cell, found: ModelFiles, splits: Splits, pad_token_id: int, context: Context
) -> PreTrainedModel:
    """The cell's model, torch's random state being where the seed puts it: adapters draw their first values next."""
    base = frozen_base(cell, found, context)
    set_seed(cell.task.seed)  # after the base is there: loading draws too, and a base that is held is not loaded
    family = FAMILIES[found.model.family]
    model = load.classifier(base, family, splits.labels, pad_token_id)
    if cell.task.kind == MULTI_LABEL:
        assert cell.training is not None
        model.config.problem_type = "multi_label_classification"  # by which transformers chooses the loss
        start_at_base_rates(model.get_submodule(family.head[-1]), splits.train.labels, cell.training.class_weight)
    return model


def _num_tokens(encode: Encoder, splits: Splits) -> int:
    """Tokens of all of the task's texts, as they are cut."""
    return sum(num_tokens(example) for name in SETS for example in encode(getattr(splits, name)))


def frozen_base(cell: Cell, found: ModelFiles, context: Context) -> BaseModel:
    """The model that the cell's own is a copy of, loaded where it is not held."""
    return base_model(cell, found, context, lambda: _load_base(cell, found.location, context.device))


def _load_base(cell: Cell, location: str, device: str) -> BaseModel:
    assert isinstance(cell.model, TransformerConfig)
    assert cell.training is not None
    assert cell.training.precision is not None
    assert isinstance(cell.method, GradientMethod)
    return load.load_classifier_base(
        cell.model,
        location,
        # weights that are trained stay in fp32, and autocast computes in bf16: small updates would be lost in bf16
        precision="fp32" if cell.method.trains == "all" else cell.training.precision,
        quantization=cell.method.quantization,
        device=device,
    )


def _make_trainable(base: PreTrainedModel, method: GradientMethod, family: Family, steps: int) -> Any:
    """The model with exactly what `method` trains trainable, in fp32, for `steps` optimizer steps."""
    if isinstance(method, AdapterMethod):
        return adapters.add_adapters(base, method, family, steps)
    if (probability := getattr(method, "model_dropout", None)) is not None:
        set_dropout(base, probability)
    if method.trains == "last_block":
        train_last_block(base, family)
    return base


def set_dropout(model: torch.nn.Module, probability: float) -> None:
    """Set every dropout layer of `model`."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = probability


def train_last_block(model: PreTrainedModel, family: Family) -> None:
    """Freeze all but the last transformer block, what the trunk has above it, and the head."""
    model.requires_grad_(False)
    blocks = model.get_submodule(family.blocks)
    assert isinstance(blocks, torch.nn.ModuleList)
    for module in (blocks[-1], *(model.get_submodule(path) for path in (*family.above, *family.head))):
        module.float().requires_grad_(True)
        for parameter in module.parameters():
            parameter.data = parameter.data.clone()  # others work with the base
