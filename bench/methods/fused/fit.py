"""Fitting cells that can be fused (`groups.can_fuse`), and predicting with them, all in one stack."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.data.split import Splits
from bench.methods import dropout, finetune, training
from bench.methods.finetune import FineTuned
from bench.methods.fitted import Context, Diverged, Probabilities, Summary
from bench.methods.fused import evaluate, loop
from bench.methods.fused.member import Member
from bench.methods.fused.stack import Stack
from bench.methods.lengths import token_lengths
from bench.methods.loading import ModelFiles, tokenizer_of
from bench.methods.metrics import evaluate as score
from bench.models import load, size
from bench.models.families import FAMILIES
from bench.models.kept import describe
from bench.results.scores import Before, Evaluation

SETS = ("train", "validation", "test")


@dataclass(slots=True)
class FusedCells:
    """Cells that were trained in one stack, in the order given."""

    members: list[Member]
    stack: Stack
    seconds: list[float]
    """Wall time of fitting each cell: what the stack took, divided by what went through the model for each of them."""
    eval_rows: int

    def predict(self, name: str) -> list[Probabilities | None]:
        """Each cell's probabilities for its examples of a split, shape (examples, labels).

        None for a cell that has ended with an error, which may be that its probabilities are not finite; and for
        the training examples of one that does not score them.
        """
        places = [i for i, member in enumerate(self.members) if member.error is None and name in _judged(member)]
        if not places:
            return [None] * len(self.members)
        self.stack.fill([self.members[i].trainer.model for i in places])
        examples = {place: self.members[i].encode(name) for place, i in enumerate(places)}
        num_labels = {place: len(self.members[i].splits.labels) for place, i in enumerate(places)}
        logits = evaluate.predict(self.stack, examples, num_labels, self.eval_rows)
        self.stack.keep([])
        predicted: list[Probabilities | None] = [None] * len(self.members)
        for place, i in enumerate(places):
            try:
                predicted[i] = evaluate.probabilities(logits[place])
            except Diverged as error:
                self.members[i].error = error
        return predicted


def fit(cells: Sequence[Cell], splits: Sequence[Splits], context: Context) -> FusedCells:
    """Train `cells`, which agree in `can_fuse`, as `finetune.fit` trains each, but all of them in one stack.

    A cell whose loss is not finite leaves the stack, and has the error. Raises Unfusable where the models can't be
    stacked after all, UserError where their files can't be had.
    """
    load.quiet()
    clock = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        model, training_config = cells[0].model, cells[0].training
        assert isinstance(model, TransformerConfig)
        assert training_config is not None
        found = ModelFiles.find(model, context)
        pad_token_id = tokenizer_of(found, context, training_config.truncation_side).pad_token_id
        shell = _shell(cells[0], found, splits[0].labels, pad_token_id, context)
        members = [_member(cell, found, of, context, scratch) for cell, of in zip(cells, splits, strict=True)]
        models = [member.trainer.model for member in members]
        stack = Stack(shell, models, pad_token_id, bf16=training_config.precision == "bf16")
        loaded = time.perf_counter()
        rows = _eval_rows(cells, context.device)
        _evaluate_before(stack, members, rows)
        evaluated = time.perf_counter()
        work = loop.train(stack, members, rows, context.report)
        for member in members:
            if member.error is None:
                member.end()
    trained = time.perf_counter()
    before = [sum(len(getattr(member.splits, name)) for name in _judged(member)) for member in members]
    parts = [
        _shares(loaded - clock, [1] * len(members)),
        _shares(evaluated - loaded, before),
        _shares(trained - evaluated, work),
    ]
    for member, load_seconds, train_seconds in zip(members, parts[0], parts[2], strict=True):
        member.fitted.summary.load_seconds, member.fitted.summary.train_seconds = load_seconds, train_seconds
    return FusedCells(members, stack, [sum(of_cell) for of_cell in zip(*parts, strict=True)], rows)


def _shell(cell: Cell, found: ModelFiles, labels: tuple[str, ...], pad_token_id: int, context: Context) -> Any:
    """A copy of the frozen model for the layers of all cells; what it draws for its own head is never used."""
    base = finetune.frozen_base(cell, found, context)
    shell = load.classifier(base, FAMILIES[found.model.family], labels, pad_token_id)
    dropout.replace_dropout(shell)
    return shell


def _member(cell: Cell, found: ModelFiles, splits: Splits, context: Context, scratch: str) -> Member:
    """The cell's own model, Trainer and summary, as `finetune.fit` makes them."""
    assert cell.training is not None
    tokenizer = tokenizer_of(found, context, cell.training.truncation_side)
    model, revision = finetune.build(cell, found, splits.labels, tokenizer.pad_token_id, context)
    tokens = context.warm.tokens
    trained = training.make_trainer(
        model,
        tokenizer,
        splits,
        cell.training,
        seed=cell.task.seed,
        device=context.device,
        scratch=scratch,
        tokens=tokens,
    )
    encoded = trained.trainer.train_dataset
    summary = Summary(
        parameters=size.count_parameters(model),
        frozen_weights=size.frozen_bytes(model),
        model_revision=revision,
        lengths=token_lengths(tokenizer, splits.train.texts, encoded, cell.training.max_length, tokens),
    )
    return Member(cell, splits, FineTuned(summary, trained, describe(cell, splits.labels, revision)))


def _eval_rows(cells: Sequence[Cell], device: str) -> int:
    """Examples in one pass without gradients. A GPU takes those of all cells at once; a CPU gains nothing by it."""
    sizes = [cell.training.per_device_eval_batch_size for cell in cells if cell.training is not None]
    return sum(sizes) if device == "cuda" else max(sizes)


def _judged(member: Member) -> tuple[str, ...]:
    """The splits that are scored before training."""
    return SETS if member.fitted.trained.config.evaluate_train else SETS[1:]


def _evaluate_before(stack: Stack, members: Sequence[Member], rows: int) -> None:
    """Scores with the heads as they were initialised."""
    examples = {name: [member.encode(name) for member in members] for name in SETS}
    asked = [[example for name in _judged(member) for example in examples[name][i]] for i, member in enumerate(members)]
    logits = evaluate.predict_untrained(stack, asked, [len(member.splits.labels) for member in members], rows)
    for i, member in enumerate(members):
        found: dict[str, Evaluation | None] = dict.fromkeys(SETS)
        parts = logits[i].split([len(examples[name][i]) for name in _judged(member)])
        try:
            for name, part in zip(_judged(member), parts, strict=True):
                if len(part):
                    labels = getattr(member.splits, name).labels
                    found[name] = score(evaluate.probabilities(part), labels, member.splits.labels)
        except Diverged as error:
            member.error = error
            continue
        assert found["test"] is not None
        member.fitted.summary.before = Before(train=found["train"], validation=found["validation"], test=found["test"])


def _shares(seconds: float, work: Sequence[float]) -> list[float]:
    """`seconds` divided in proportion to `work`."""
    return [seconds * part / sum(work) for part in work]
