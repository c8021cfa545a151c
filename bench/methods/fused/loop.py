"""Training in lockstep: one optimizer step of every cell at a time, until the last one has ended."""

from collections import Counter
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from bench.methods.fitted import Report
from bench.methods.fused import evaluate
from bench.methods.fused.member import Member, Update
from bench.methods.fused.optimizers import optimizer_for
from bench.methods.fused.stack import Stack

FORWARD, TRAIN = 1, 3
"""Of an example through the model: a backward pass costs about twice the forward pass."""


def train(stack: Stack, members: Sequence[Member], eval_rows: int, report: Report | None = None) -> list[int]:
    """Train all `members` in place, which are in `stack` in this order; a cell that ends leaves the stack.

    Returns the work of each cell: examples through the model, those with a backward pass counted as three. `report`
    is told the steps of the cell with most.
    """
    active, work = list(range(len(members))), Counter[int]()
    optimizer = optimizer_for(members, stack.rows)
    longest = max(members, key=lambda member: member.trainer.state.max_steps).trainer
    while active:
        updates = [next(members[cell].updates) for cell in active]
        _backward(stack, [members[cell] for cell in active], updates)
        optimizer.step()
        stack.rows.gradients.zero_()
        due = []
        for place, (cell, update) in enumerate(zip(active, updates, strict=True)):
            work[cell] += TRAIN * sum(map(len, update.batches))
            if members[cell].stepped(update):
                due.append(place)
        if due:
            _validate(stack, {place: members[active[place]] for place in due}, eval_rows)
            work.update({active[place]: FORWARD * len(members[active[place]].splits.validation) for place in due})
        if report is not None:
            report(max(members[cell].step for cell in active), longest.state.max_steps, None)
        staying = [place for place, cell in enumerate(active) if not members[cell].has_ended]
        if len(staying) < len(active):
            stack.keep(staying)
            optimizer.keep(staying)  # after the rows
            active = [active[place] for place in staying]
    return [work[cell] for cell in range(len(members))]


def _backward(stack: Stack, members: Sequence[Member], updates: Sequence[Update]) -> None:
    """Add the gradients of one optimizer step of every cell; a cell with fewer batches sits out the last passes."""
    stack.model.train()
    for number in range(max(len(update.batches) for update in updates)):
        taking = [place for place, update in enumerate(updates) if number < len(update.batches)]
        parts = [(place, updates[place].batches[number]) for place in taking]
        logits = stack.logits(parts)
        labels = torch.tensor([example["labels"] for _, part in parts for example in part], device=stack.device)
        losses = F.cross_entropy(logits, labels, reduction="none").split([len(part) for _, part in parts])
        # each cell's loss reaches its own parameters only, so the sum has the gradients of all
        means = [
            loss.mean() * members[place].loss_weight(len(updates[place].batches))
            for place, loss in zip(taking, losses, strict=True)
        ]
        torch.stack(means).sum().backward()
        for place, mean in zip(taking, means, strict=True):
            members[place].losses.append(mean.detach())


def _validate(stack: Stack, members: dict[int, Member], rows: int) -> None:
    """Validate the cells at these places of the stack, all together."""
    examples = {place: member.encode("validation") for place, member in members.items()}
    logits = evaluate.predict(stack, examples, {p: len(m.splits.labels) for p, m in members.items()}, rows)
    for place, member in members.items():
        member.validated(*evaluate.loss_and_accuracy(logits[place], examples[place]))
