"""Fitting cells that can be fused (`groups.can_fuse`), and predicting with them, all in one stack."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.data.split import Splits
from bench.methods import dropout, finetune
from bench.methods.finetune import FineTuned
from bench.methods.fitted import Context, Diverged, OnStep, Probabilities
from bench.methods.fused import evaluate, loop
from bench.methods.fused.member import Member
from bench.methods.fused.stack import Stack
from bench.methods.loading import ModelFiles, tokenizer_of
from bench.methods.untrained import scores_before
from bench.models import load
from bench.models.families import FAMILIES
from bench.results.scores import Before
from bench.running.compilers import check_compiler
from bench.running.warm import base_of


@dataclass(slots=True)
class FusedCells:
    """Cells that were trained in one stack, in the order given."""

    members: list[Member]
    stack: Stack
    shares: list[float]
    """The part of the fitting time that each cell took, by what went through the model for it; they add up to 1."""
    eval_rows: int

    @property
    def outcomes(self) -> list[FineTuned | Exception]:
        """Each cell's model, or what ended it."""
        return [member.error or member.fitted for member in self.members]

    def predict(self, name: str) -> list[Probabilities | None]:
        """Each cell's probabilities for its examples of a split, shape (examples, labels).

        None for a cell that has ended with an error, which may be that its probabilities are not finite; and for
        one that does not score this set.
        """
        scored = [i for i, member in enumerate(self.members) if member.error is None and name in member.scored]
        if not scored:
            return [None] * len(self.members)
        self.stack.fill([self.members[i].trainer.model for i in scored])
        examples = {index: self.members[i].encode(name) for index, i in enumerate(scored)}
        num_labels = {index: len(self.members[i].splits.labels) for index, i in enumerate(scored)}
        logits = evaluate.predict(self.stack, examples, num_labels, self.eval_rows)
        self.stack.keep([])
        predicted: list[Probabilities | None] = [None] * len(self.members)
        for index, i in enumerate(scored):
            try:
                predicted[i] = evaluate.probabilities(logits[index], self.members[i].splits.kind)
            except Diverged as error:
                self.members[i].error = error
        return predicted


def fit(
    cells: Sequence[Cell], splits: Sequence[Splits], context: Context, on_steps: Sequence[OnStep] = ()
) -> FusedCells:
    """Train `cells`, which agree in `can_fuse`, as `finetune.fit` trains each, but all of them in one stack.

    `on_steps` are each cell's own, in the place of the context's. A cell whose loss is not finite leaves the stack,
    and has the error. Raises Unfusable where the models can't be stacked after all, UserError where their files can't
    be had.
    """
    load.quiet()
    clock = time.perf_counter()
    if context.compile_blocks:
        _start_compiling(cells[0], context.device)
    with tempfile.TemporaryDirectory() as scratch:
        model, config = cells[0].model, cells[0].training
        assert isinstance(model, TransformerConfig)
        assert config is not None
        assert config.precision is not None
        found = ModelFiles.find(model, context)
        pad_token_id = tokenizer_of(found, context, config.side).pad_token_id
        shell = _shell(cells[0], found, splits[0].labels, pad_token_id, context)
        contexts = [replace(context, on_step=on_step) for on_step in on_steps] or [context] * len(cells)
        members = [
            Member(cell, of, finetune.prepare(cell, found, of, own, scratch))
            for cell, of, own in zip(cells, splits, contexts, strict=True)
        ]
        models = [member.trainer.model for member in members]
        family = FAMILIES[found.model.family]
        stack = Stack(shell, models, family, pad_token_id, precision=config.precision, compiled=context.compile_blocks)
        loaded = time.perf_counter()
        context.on_phase("evaluating the untrained model")
        rows = _eval_rows(cells, context.device)
        _evaluate_before(stack, members, rows)
        evaluated = time.perf_counter()
        context.on_phase("training")
        work = loop.train(stack, members, rows)
        for member in members:
            if member.error is None:
                member.end()
    trained = time.perf_counter()
    before = [sum(len(getattr(member.splits, name)) for name in member.scored) for member in members]
    parts = [
        _shares(loaded - clock, [1] * len(members)),
        _shares(evaluated - loaded, before),
        _shares(trained - evaluated, work),
    ]
    for member, load_seconds, train_seconds in zip(members, parts[0], parts[2], strict=True):
        member.fitted.summary.load_seconds, member.fitted.summary.train_seconds = load_seconds, train_seconds
        member.fitted.summary.compiled = stack.is_compiled
    shares = [sum(of_cell) / (trained - clock) for of_cell in zip(*parts, strict=True)]
    return FusedCells(members, stack, shares, rows)


def _start_compiling(cell: Cell, device: str) -> None:
    """What was compiled for stacks of cells like this one serves again. Raises UserError without a compiler."""
    from bench.methods.fused import blocks

    check_compiler(device, "fused.compile=blocks")
    blocks.start((base_of(cell, device=device), cell.method))


def _shell(cell: Cell, found: ModelFiles, labels: tuple[str, ...], pad_token_id: int, context: Context) -> Any:
    """A copy of the frozen model for the layers of all cells; what it draws for its own head is never used."""
    base = finetune.frozen_base(cell, found, context)
    shell = load.classifier(base, FAMILIES[found.model.family], labels, pad_token_id)
    dropout.replace_dropout(shell)
    return shell


def _eval_rows(cells: Sequence[Cell], device: str) -> int:
    """Examples in one pass without gradients. A GPU takes those of all cells at once; a CPU gains nothing by it."""
    sizes = [cell.training.per_device_eval_batch_size for cell in cells if cell.training is not None]
    return sum(sizes) if device == "cuda" else max(sizes)


def _evaluate_before(stack: Stack, members: Sequence[Member], rows: int) -> None:
    """Scores with the heads as they were initialised."""
    examples = [{name: member.encode(name) for name in member.scored} for member in members]
    asked = [[example for encoded in of_cell.values() for example in encoded] for of_cell in examples]
    logits = evaluate.predict_untrained(stack, asked, [len(member.splits.labels) for member in members], rows)
    for i, member in enumerate(members):
        parts = dict(zip(examples[i], logits[i].split([len(encoded) for encoded in examples[i].values()]), strict=True))
        try:
            member.fitted.summary.before = _scores(parts, member)
        except Diverged as error:
            member.error = error


def _scores(logits: Mapping[str, torch.Tensor], member: Member) -> Before:
    """The scores of a cell by its logits for each set. Raises Diverged."""
    splits, config = member.splits, member.fitted.trained.config
    return scores_before(lambda name: evaluate.probabilities(logits[name], splits.kind), splits, config)


def _shares(seconds: float, work: Sequence[float]) -> list[float]:
    """`seconds` divided in proportion to `work`."""
    return [seconds * part / sum(work) for part in work]
