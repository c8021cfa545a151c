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
from bench.config import TrainingConfig, TransformerConfig
from bench.config.method.gradient import AdapterMethod, GradientMethod
from bench.data.split import Examples, Splits
from bench.methods import adapters, dropout, packed, training
from bench.methods.compiled import compile_model
from bench.methods.encode import encode
from bench.methods.fitted import Context, Probabilities, Summary
from bench.methods.last_block import LastBlock, on_features
from bench.methods.lengths import token_lengths
from bench.methods.loading import ModelFiles, base_model, tokenizer_of
from bench.methods.metrics import evaluate
from bench.models import files, load, size
from bench.models.base import BaseModel
from bench.models.families import FAMILIES, Family
from bench.models.kept import Kept, describe
from bench.results.scores import Before


@dataclass(slots=True)
class FineTuned:
    """A fine-tuned classifier."""

    summary: Summary
    trained: training.Trained
    kept: Kept
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
        tokenizer = self.trained.tokenizer
        # how it cuts is saved with it, and that is as it was last used, by whichever cell
        tokenizer("", truncation=True, max_length=self.kept.max_length)
        tokenizer.save_pretrained(folder)
        self.kept.write(folder)


def fit(cell: Cell, splits: Splits, context: Context) -> FineTuned:
    """Train what the cell's method trains of its model, on the task's training examples.

    Raises Diverged where a loss is not finite, UserError where the model's files can't be had.
    """
    assert isinstance(cell.model, TransformerConfig)
    assert isinstance(cell.method, GradientMethod)
    assert cell.training is not None
    load.quiet()
    clock = time.perf_counter()
    found = ModelFiles.find(cell.model, context)
    tokenizer = tokenizer_of(found, context, cell.training.truncation_side)
    model, revision = build(cell, found, splits.labels, tokenizer.pad_token_id, context)
    parameters, frozen = size.count_parameters(model), size.frozen_bytes(model)
    split = None
    if cell.method.trains == "last_block":
        count = _num_tokens(tokenizer, splits, cell.training, context)
        base, family = frozen_base(cell, found, context), FAMILIES[cell.model.family]
        split = on_features(model, base, family, found, context, config=cell.training, num_tokens=count)
    if cell.training.compile:
        compile_model(model, context.device)
    loaded = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        trained = training.make_trainer(
            model,
            tokenizer,
            splits,
            cell.training,
            seed=cell.task.seed,
            device=context.device,
            scratch=scratch,
            tokens=context.warm.tokens,
            trunk=None if split is None else split.trunk,
        )
        featured = time.perf_counter()
        if context.report is not None:
            trained.trainer.add_callback(training.StepReports(context.report))
        encoded = trained.trainer.train_dataset
        lengths = token_lengths(tokenizer, splits.train.texts, encoded, cell.training.max_length, context.warm.tokens)
        context.phase("evaluating the untrained model")
        before = _evaluate_before(trained, splits, cell.training)
        context.phase("training")
        started = time.perf_counter()
        history = training.train(trained)
        ended = time.perf_counter()
    summary = Summary(
        load_seconds=loaded - clock,
        # features of training and validation texts are part of the work
        train_seconds=ended - started + (0.0 if split is None else featured - loaded),
        before=before,
        training=history,
        parameters=parameters,
        frozen_weights=frozen,
        model_revision=revision,
        choices={"trunk_features": split is not None} if cell.method.trains == "last_block" else {},
        lengths=lengths,
    )
    return FineTuned(summary, trained, describe(cell, splits.labels, revision), split)


def build(
    cell: Cell, found: ModelFiles, labels: tuple[str, ...], pad_token_id: int, context: Context
) -> tuple[Any, str | None]:
    """The cell's model, ready to be trained, with the values that its seed gives; and the revision of its files."""
    assert isinstance(cell.method, GradientMethod)
    assert cell.training is not None
    whole = _with_new_head(cell, found, labels, pad_token_id, context)
    revision = files.revision(found.model, found.location, load.commit_of(whole))
    model = _make_trainable(whole, cell.method, FAMILIES[found.model.family])
    if not cell.training.compile:  # which has dropout and packing of its own
        dropout.replace_dropout(model)
        if cell.method.trains == "adapters":
            packed.pack_frozen_linears(model)
    return model, revision


def _with_new_head(
    cell: Cell, found: ModelFiles, labels: tuple[str, ...], pad_token_id: int, context: Context
) -> PreTrainedModel:
    """The cell's model, torch's random state being where the seed puts it: adapters draw their first values next."""
    base = frozen_base(cell, found, context)
    set_seed(cell.task.seed)  # after the base is there: loading draws too, and a base that is held is not loaded
    return load.classifier(base, FAMILIES[found.model.family], labels, pad_token_id)


def _num_tokens(tokenizer: Any, splits: Splits, config: TrainingConfig, context: Context) -> int:
    """Tokens of all of the task's texts, as they are cut."""
    parts = (splits.train, splits.validation, splits.test)
    encoded = [encode(tokenizer, part, config.max_length, context.warm.tokens) for part in parts]
    return sum(len(example["input_ids"]) for part in encoded for example in part)  # type: ignore[arg-type,misc]


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


def _make_trainable(base: PreTrainedModel, method: GradientMethod, family: Family) -> Any:
    """The model with exactly what `method` trains trainable, in fp32."""
    if isinstance(method, AdapterMethod):
        return adapters.add_adapters(base, method, family)
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


def _evaluate_before(trained: training.Trained, splits: Splits, config: TrainingConfig) -> Before:
    """Scores with the head as it was initialised: what training has to beat."""

    def score(examples: Examples) -> Any:
        return evaluate(trained.predict(examples), examples.labels, splits.labels)

    return Before(
        train=score(splits.train) if config.evaluate_train else None,
        validation=score(splits.validation) if len(splits.validation) else None,
        test=score(splits.test),
    )
