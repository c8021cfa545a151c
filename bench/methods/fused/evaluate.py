"""Validation and prediction of several cells at once."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

import torch

from bench.kind import Kind
from bench.methods import validation
from bench.methods.encode import Encoded, Example, num_tokens
from bench.methods.fitted import Diverged, Probabilities
from bench.methods.fused.passes import MAX_EVAL_TOKENS, passes
from bench.methods.fused.stack import Stack
from bench.methods.logits import probabilities_of
from bench.methods.losses import mean_loss, target_tensor

Logits = dict[int, torch.Tensor]
"""By index in the stack: shape (examples, the cell's labels), in the order of its examples, on the CPU."""


@torch.no_grad()
def predict(stack: Stack, examples: Mapping[int, Encoded], num_labels: Mapping[int, int], rows: int) -> Logits:
    """The logits of each cell (by index) for its examples; in one pass, those of like lengths of all cells."""
    stack.model.eval()
    asked = [(index, i, example) for index, encoded in examples.items() for i, example in enumerate(encoded)]
    found = {index: torch.empty(len(encoded), num_labels[index]) for index, encoded in examples.items() if encoded}
    max_tokens = MAX_EVAL_TOKENS[stack.device.type]
    for taken in passes([num_tokens(example) for _, _, example in asked], max_tokens, rows):
        members = [asked[i] for i in sorted(taken)]  # rows of a cell next to each other
        parts = [(index, list(of_cell)) for index, of_cell in groupby(members, key=itemgetter(0))]
        logits = stack.logits([(index, [example for *_, example in of_cell]) for index, of_cell in parts]).cpu()
        for (index, of_cell), given in zip(parts, logits.split([len(of_cell) for _, of_cell in parts]), strict=True):
            found[index][[i for _, i, _ in of_cell]] = given[:, : num_labels[index]]
    return found


@torch.no_grad()
def predict_untrained(stack: Stack, examples: Sequence[Encoded], num_labels: Sequence[int], rows: int) -> Logits:
    """The same for all cells of a stack before training: adapters change nothing yet, so a text that several cells
    have goes through the model once for all of them."""
    assert stack.is_untrained()
    stack.model.eval()
    texts = {_text(example): example for of_cell in examples for example in of_cell}
    row_of, ordered = {text: row for row, text in enumerate(texts)}, list(texts.values())
    logits = torch.empty(len(ordered), sum(num_labels))
    for taken in passes([num_tokens(example) for example in ordered], MAX_EVAL_TOKENS[stack.device.type], rows):
        logits[taken] = stack.shared_logits([ordered[i] for i in taken]).cpu()
    return {
        cell: of_cell[[row_of[_text(example)] for example in examples[cell]]]
        for cell, of_cell in enumerate(logits.split(list(num_labels), dim=1))
    }


def _text(example: Example) -> tuple[int, ...]:
    return tuple(example["input_ids"])  # type: ignore[arg-type]


def validation_scores(logits: torch.Tensor, examples: Encoded, best_metric: str) -> dict[str, float]:
    """Mean cross-entropy as `loss`, and what a single run's validation gives (`validation.scores`)."""
    labels = target_tensor([example["labels"] for example in examples], logits.shape[1])
    loss = mean_loss(logits, labels).item()
    return {"loss": loss, **validation.scores(logits, labels, best_metric)}


def probabilities(logits: torch.Tensor, kind: Kind) -> Probabilities:
    """Shape (examples, labels). Raises Diverged where they are not finite."""
    found = probabilities_of(logits.numpy(), kind)
    if found is None:
        raise Diverged("the model's logits are not finite")
    return found
