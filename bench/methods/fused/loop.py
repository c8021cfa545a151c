"""Training in lockstep: one optimizer step of every cell at a time, until the last one has ended."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import torch

from bench.methods.encode import Example, num_tokens
from bench.methods.fused import evaluate
from bench.methods.fused.member import Member, Update
from bench.methods.fused.optimizers import optimizer_for
from bench.methods.fused.passes import MAX_TOKENS, passes
from bench.methods.fused.scales import LossScales, schedule_waits
from bench.methods.fused.stack import Stack
from bench.methods.fused.transfer import to_device
from bench.methods.losses import example_losses, of_sets, padded, target_tensor

FORWARD, TRAIN = 1, 3
"""Of an example through the model: a backward pass costs about twice the forward pass."""


def train(stack: Stack, members: Sequence[Member], eval_rows: int) -> list[int]:
    """Train all `members` in place, which are in `stack` in this order; a cell that ends leaves the stack.

    Returns the work of each cell: examples through the model, those with a backward pass counted as three.
    """
    active, work = list(range(len(members))), Counter[int]()
    scales = _loss_scales(stack, members)
    optimizer = optimizer_for(members, stack.rows, scales)
    while active:
        updates = [next(members[cell].updates) for cell in active]
        _backward(stack, [members[cell] for cell in active], updates, scales)
        if scales is not None:
            scales.unscale(stack.rows.gradients)
        optimizer.step()
        stack.rows.gradients.zero_()
        if scales is not None:
            scales.update()
        due = []
        for index, (cell, update) in enumerate(zip(active, updates, strict=True)):
            work[cell] += TRAIN * sum(map(len, update.batches))
            if members[cell].stepped(update, None if scales is None else scales.behind[index]):
                due.append(index)
        if due:
            _validate(stack, {index: members[active[index]] for index in due}, eval_rows)
            work.update({active[index]: FORWARD * len(members[active[index]].splits.validation) for index in due})
        staying = [index for index, cell in enumerate(active) if not members[cell].has_ended]
        if len(staying) < len(active):
            stack.keep(staying)
            optimizer.keep(staying)  # after the rows
            if scales is not None:
                scales.keep(staying)
            active = [active[index] for index in staying]
    return [work[cell] for cell in range(len(members))]


def _loss_scales(stack: Stack, members: Sequence[Member]) -> LossScales | None:
    """Those of the cells, where they are computed in fp16."""
    if not members[0].trainer.args.fp16:
        return None
    return LossScales(len(members), stack.device, schedule_waits=schedule_waits(members[0].trainer.optimizer))


def _backward(
    stack: Stack, members: Sequence[Member], updates: Sequence[Update], scales: LossScales | None = None
) -> None:
    """Add the gradients of one optimizer step of every cell; a cell with fewer batches has none in the last ones."""
    stack.model.train()
    for number in range(max(len(update.batches) for update in updates)):
        rows, weights = [], []
        for index, update in enumerate(updates):
            if number < len(update.batches):
                batch = update.batches[number]
                rows += [(index, example) for example in batch]
                # the mean over the step's batches of the mean over each, in however many passes they go through
                share = 1 / len(update.batches) / len(batch)
                weights += [share * weight for weight in members[index].weights(batch)]
        lengths = [num_tokens(example) for _, example in rows]
        for taken in passes(lengths, MAX_TOKENS[stack.device.type]):
            ordered = sorted(taken)  # rows of a cell next to each other again
            _backward_pass(stack, members, [rows[i] for i in ordered], [weights[i] for i in ordered], scales)


def _backward_pass(
    stack: Stack,
    members: Sequence[Member],
    rows: Sequence[tuple[int, Example]],
    weights: Sequence[float],
    scales: LossScales | None,
) -> None:
    parts = [(index, [example for _, example in of]) for index, of in groupby(rows, key=itemgetter(0))]
    logits = stack.logits(parts)
    losses = _losses(logits, members, rows) * to_device(torch.tensor(weights), stack.device)
    # each cell's losses reach its own parameters only, so the sum has the gradients of all
    layout = stack.current.layout
    part_of_row = layout.part_of_text
    scaled = losses if scales is None else losses * scales.scale[layout.texts_of.index][part_of_row]
    scaled.sum().backward()
    of_cells = torch.zeros(len(parts), device=stack.device).index_add_(0, part_of_row, losses.detach())
    for (index, _), loss in zip(parts, of_cells.unbind(), strict=True):
        members[index].losses.append(loss)


def _losses(logits: torch.Tensor, members: Sequence[Member], rows: Sequence[tuple[int, Example]]) -> torch.Tensor:
    """Of each example, its own labels' alone: shape (rows,)."""
    width = logits.shape[1]
    labels = to_device(target_tensor([example["labels"] for _, example in rows], width), logits.device)
    if not labels.is_floating_point():
        return example_losses(logits, labels)
    if all(member.trainer.label_weights is None for member in members):
        return of_sets(logits, labels)
    factors = padded([members[index].factors(example) for index, example in rows], width, 0.0)
    return of_sets(logits, labels, to_device(factors, logits.device))


def _validate(stack: Stack, members: dict[int, Member], rows: int) -> None:
    """Validate the cells at these indices of the stack, all together."""
    examples = {index: member.encode("validation") for index, member in members.items()}
    logits = evaluate.predict(stack, examples, {p: len(m.splits.labels) for p, m in members.items()}, rows)
    for index, member in members.items():
        metric = member.fitted.trained.config.best_metric
        member.validated(evaluate.validation_scores(logits[index], examples[index], metric))
