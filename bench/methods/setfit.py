"""SetFit (Tunstall et al. 2022): a sentence encoder is tuned on pairs of texts, of one label or of two, until their
cosine similarity says which; then logistic regression on its embeddings. By the setfit library, an extra of this
package. Where a text may have several labels, those of a pair are alike if they have one in common, as the library's
`multi_target_strategy` has it, and each label has a regression of its own (one-vs-rest).
"""

import functools
import logging
import math
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import setfit
import setfit.logging
import setfit.trainer
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from transformers import PreTrainedModel, PrinterCallback, set_seed

from bench.cell import Cell
from bench.config import SetfitConfig, TransformerConfig
from bench.data.examples import Target
from bench.data.split import Examples, Splits
from bench.errors import UserError
from bench.kind import MULTI_LABEL
from bench.methods import arrays
from bench.methods.callbacks import StepCallback
from bench.methods.class_weight import training_set
from bench.methods.cut import count_tokens, measure_cut
from bench.methods.fitted import Context, Diverged, Probabilities, Stored, Summary
from bench.methods.loading import ModelFiles
from bench.methods.one_device import check_one_device
from bench.methods.one_vs_rest import OneVsRest, classifier_for
from bench.methods.truncation import cut_texts
from bench.models import files, safely, size
from bench.models import load as loading
from bench.models.kept import KeptModel, describe
from bench.models.truncation import Truncation
from bench.results.measurements import Cut
from bench.running import bf16

MAX_PAIRED = 2000
"""Training examples that pairs are made of, at most (the regression is fitted on all): the library lists all pairs."""

PREDICTION_BATCH = 64

ENCODER = "encoder"
"""The folder of the encoder below that of a kept model."""


@dataclass(slots=True)
class SetFit:
    """A tuned sentence encoder with a regression on its embeddings."""

    summary: Summary
    kept: KeptModel
    model: setfit.SetFitModel
    truncation: Truncation

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels)."""
        texts = shortened(self.model.model_body, examples.texts, self.truncation)
        single = self.model.predict_proba(
            texts, batch_size=self.kept.batch_size, as_numpy=True, show_progress_bar=False
        )  # fmt: skip
        if self.kept.kind == MULTI_LABEL:
            return np.asarray(single, dtype=np.float64)
        # from fp32 embeddings, so rows are off 1 by what a loss computed in fp64 would notice
        probabilities: Probabilities = np.asarray(single, dtype=np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def save(self, folder: Path) -> None:
        """Keep the encoder as sentence-transformers does, what the regression learnt, and what loading takes.

        (setfit itself would write the regression as a pickle.)
        """
        self.model.model_body.save(str(folder / ENCODER), create_model_card=False, safe_serialization=True)
        arrays.save(folder, arrays.fitted_attributes(self.model.model_head, arrays.LINEAR))
        self.kept.write(folder)


def fit(cell: Cell, splits: Splits, context: Context) -> SetFit:
    """Tune the cell's model on pairs of training examples, then fit the regression; validation is not used.

    Raises Diverged where the weights do not stay finite, UserError where the model's files can't be had.
    """
    assert isinstance(cell.model, TransformerConfig)
    assert isinstance(cell.method, SetfitConfig)
    _quiet()
    clock = time.perf_counter()
    model_config, method = cell.model, cell.method
    found = ModelFiles.find(model_config, context)
    set_seed(cell.task.seed)
    body = found.loaded(lambda: load_body(model_config, found.location, method, context.device), context)
    trunk = next(module for module in body.modules() if isinstance(module, PreTrainedModel))
    strategy = "one-vs-rest" if splits.kind == MULTI_LABEL else None
    model = setfit.SetFitModel(model_body=body, model_head=regression(None), multi_target_strategy=strategy)
    loaded = time.perf_counter()
    context.on_phase("training")
    pairs, steps = planned(splits.train.labels[:MAX_PAIRED], cell.method)
    train(model, splits, cell.method, context, steps=steps, seed=cell.task.seed)
    trained = time.perf_counter()
    parameters = size.count_parameters(body)
    trainable = len(splits.labels) * (body.get_embedding_dimension() + 1)
    summary = Summary(
        load_seconds=loaded - clock,
        train_seconds=trained - loaded,
        parameters=parameters.model_copy(
            update={"trainable": parameters.trainable + trainable, "total": parameters.total + trainable}
        ),
        frozen_weights=size.frozen_bytes(body),
        model_revision=files.revision(cell.model, found.location, loading.commit_of(trunk)),
        precision=_precision(trunk),
        choices={"pairs": min(pairs, steps * cell.method.batch_size), "steps": steps},
        cut=_cut(body, splits),
    )
    kept = replace(describe(cell, splits.labels, summary.model_revision), batch_size=PREDICTION_BATCH)
    return SetFit(summary, kept, model, method.truncation)


def load(kept: KeptModel, stored: Stored) -> SetFit:
    """What was kept of a cell. Raises UserError where the encoder needs code of its own, and as `arrays.load` does."""
    model, method = kept.model, kept.method
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, SetfitConfig)
    _quiet()
    body = load_body(replace(model, revision=None), str(stored.folder / ENCODER), method, stored.device)
    unfitted = OneVsRest() if kept.kind == MULTI_LABEL else LogisticRegression()
    head = arrays.set_fitted(unfitted, arrays.load(stored.folder), arrays.LINEAR, num_labels=len(kept.labels))
    return SetFit(Summary(), kept, setfit.SetFitModel(model_body=body, model_head=head), method.truncation)


def _cut(body: SentenceTransformer, splits: Splits) -> Cut:
    """What the encoder's limit cuts off training and test texts."""
    tokenizer = body.tokenizer

    def whole(examples: Examples) -> NDArray[np.int64]:
        return np.array(count_tokens(tokenizer, list(examples.texts)), dtype=np.int64)

    assert body.max_seq_length is not None
    return measure_cut(splits, body.max_seq_length, whole, added=tokenizer.num_special_tokens_to_add())


def _precision(model: PreTrainedModel) -> str:
    """What `model` computes in, as records name it."""
    names = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
    return names.get(model.dtype, str(model.dtype))


def load_body(model: TransformerConfig, location: str, method: SetfitConfig, device: str) -> SentenceTransformer:
    """The encoder as its files describe it, or, where they say nothing of pooling, with the mean over tokens."""
    # weights may lie in the files in bf16, and are loaded as they lie there
    slow = device == "cpu" and not bf16.is_fast()
    with loading.explained(model, location):
        body = SentenceTransformer(
            location,
            revision=model.revision,
            device=device,
            model_kwargs={"use_safetensors": True} | ({"dtype": torch.float32} if slow else {}),
            **safely.files_options(model),
        )
    trunk = next(module for module in body.modules() if isinstance(module, PreTrainedModel))
    body.max_seq_length = min(method.max_length, getattr(trunk.config, "max_position_embeddings", method.max_length))
    return body


def shortened(body: SentenceTransformer, texts: Sequence[str], truncation: Truncation) -> list[str]:
    """What is kept of longer texts; their heads are kept by the library itself."""
    if truncation == "head":
        return list(texts)
    assert body.max_seq_length is not None
    tokenizer = body.tokenizer
    return cut_texts(tokenizer, texts, body.max_seq_length - tokenizer.num_special_tokens_to_add(), truncation)


def regression(class_weight: dict[int, float] | None) -> LogisticRegression:
    """What embeddings are classified by."""
    return LogisticRegression(max_iter=2000, class_weight=class_weight)


def alike(labels: Sequence[Target]) -> int:
    """Pairs of examples, also of one with itself, that have their label, or one of several, in common."""
    of = np.asarray(labels)
    if of.ndim == 1:
        return sum(n * (n + 1) // 2 for n in Counter(of.tolist()).values())
    common = of.astype(np.float32) @ of.T.astype(np.float32) > 0
    return int(np.triu(common).sum())


def planned(labels: Sequence[Target], method: SetfitConfig) -> tuple[int, int]:
    """How many pairs `labels` give in all epochs, and optimizer steps, which `max_steps` may cut.

    As in setfit's `ContrastiveDataset`, where an example also pairs with itself. Raises UserError where no two examples
    differ.
    """
    count, same = len(labels), alike(labels)
    different = count * (count + 1) // 2 - same
    if not different:
        raise UserError(
            "method=setfit learns from pairs of texts without a common label, and all "
            f"{count} training texts have one: give more of them, or another method"
        )
    if method.num_iterations is not None:
        pairs = 2 * method.num_iterations * count
    elif method.sampling_strategy == "unique":
        pairs = same + different
    else:
        pairs = 2 * (min if method.sampling_strategy == "undersampling" else max)(same, different)
    steps = math.ceil(pairs / method.batch_size) * method.epochs
    return pairs * method.epochs, steps if method.most_steps is None else min(steps, method.most_steps)


def train(
    model: setfit.SetFitModel, splits: Splits, method: SetfitConfig, context: Context, *, steps: int, seed: int
) -> None:
    """Tune the encoder and fit the regression, in place. Raises Diverged."""
    texts = shortened(model.model_body, splits.train.texts, method.truncation)
    labels = list(splits.train.labels)
    with tempfile.TemporaryDirectory() as scratch, _trainer_options(context.device):
        arguments = setfit.TrainingArguments(
            output_dir=scratch,
            batch_size=method.batch_size,
            num_epochs=method.epochs,
            max_steps=steps,
            sampling_strategy=method.sampling_strategy or "oversampling",
            num_iterations=method.num_iterations,
            body_learning_rate=method.learning_rate,
            max_length=method.max_length,
            seed=seed,
            show_progress_bar=False,
            report_to="none",
            logging_strategy="no",
            save_strategy="no",
        )
        trainer = setfit.Trainer(model=model, args=arguments)
        check_one_device(trainer.st_trainer.args)
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(StepCallback(context.on_step))
        trainer.train_embeddings(texts[:MAX_PAIRED], labels[:MAX_PAIRED], args=arguments)
    if not all(bool(torch.isfinite(parameter).all()) for parameter in model.model_body.parameters()):
        raise Diverged("the encoder's weights are not finite after the contrastive tuning")
    model.model_body.to(context.device)
    chosen = training_set(np.asarray(texts, dtype=object), labels, method.class_weight, seed=seed)
    model.model_head = classifier_for(chosen, regression)
    trainer.train_classifier(list(chosen.features), list(chosen.labels), args=arguments)


@contextmanager
def _trainer_options(device: str) -> Iterator[None]:
    """Options of Trainer that setfit 1.2 makes itself and has no words for.

    Without them, `device=cpu` would train on a GPU where there is one, and a bar would fill the log.
    """
    made = setfit.trainer.SentenceTransformerTrainingArguments
    cpu = device == "cpu"
    setfit.trainer.SentenceTransformerTrainingArguments = functools.partial(
        made, use_cpu=cpu, dataloader_pin_memory=not cpu, disable_tqdm=True
    )
    try:
        yield
    finally:
        setfit.trainer.SentenceTransformerTrainingArguments = made


def _quiet() -> None:
    loading.quiet()
    setfit.logging.set_verbosity_error()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
