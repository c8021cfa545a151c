"""Validation and prediction of several cells at once."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.special import softmax

from bench.methods.encode import Encoded, sort_by_length
from bench.methods.fitted import Diverged, Probabilities
from bench.methods.fused.stack import Stack

Logits = dict[int, torch.Tensor]
"""By place in the stack: shape (examples, the cell's labels), in the order of its examples, on the CPU."""


@torch.no_grad()
def predict(stack: Stack, examples: Mapping[int, Encoded], num_labels: Mapping[int, int], rows: int) -> Logits:
    """The logits of each cell (by place) for its examples, about `rows` of all cells in one pass.

    Every cell's examples are sorted by length and divided into as many batches, so that the batches which go
    together are of like lengths.
    """
    stack.model.eval()
    ordered = {place: sort_by_length(encoded) for place, encoded in examples.items() if encoded}
    passes = -(-sum(len(of.examples) for of in ordered.values()) // rows)
    found: dict[int, list[torch.Tensor]] = {place: [] for place in ordered}
    for number in range(passes):
        parts = [(place, _part(of.examples, number, passes)) for place, of in ordered.items()]
        parts = [(place, part) for place, part in parts if part]
        logits = stack.logits(parts).cpu().split([len(part) for _, part in parts])
        for (place, _), of_cell in zip(parts, logits, strict=True):
            found[place].append(of_cell[:, : num_labels[place]])
    restored = {place: torch.empty(len(of.examples), num_labels[place]) for place, of in ordered.items()}
    for place, of in ordered.items():
        restored[place][torch.from_numpy(of.order)] = torch.cat(found[place])
    return restored


def _part(examples: Encoded, number: int, passes: int) -> Encoded:
    start, end = (len(examples) * n // passes for n in (number, number + 1))
    return examples[start:end]


@torch.no_grad()
def predict_untrained(stack: Stack, examples: Sequence[Encoded], num_labels: Sequence[int], rows: int) -> Logits:
    """The same for all cells of a stack before training: adapters change nothing yet, so a text that several cells
    have goes through the model once for all of them."""
    assert stack.is_untrained()
    stack.model.eval()
    texts = {tuple(example["input_ids"]): example for of_cell in examples for example in of_cell}  # type: ignore[arg-type]
    ordered = sort_by_length(list(texts.values())).examples
    places = {tuple(example["input_ids"]): place for place, example in enumerate(ordered)}  # type: ignore[arg-type]
    logits = torch.cat([stack.shared_logits(ordered[i : i + rows]).cpu() for i in range(0, len(ordered), rows)])
    return {
        cell: of_cell[[places[tuple(example["input_ids"])] for example in examples[cell]]]  # type: ignore[arg-type]
        for cell, of_cell in enumerate(logits.split(list(num_labels), dim=1))
    }


def loss_and_accuracy(logits: torch.Tensor, examples: Encoded) -> tuple[float, float]:
    """Mean cross-entropy, and the share of right answers."""
    labels = torch.tensor([example["labels"] for example in examples])
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(dim=1) == labels).double().mean().item()


def probabilities(logits: torch.Tensor) -> Probabilities:
    """Shape (examples, labels). Raises Diverged where they are not finite."""
    found = softmax(np.asarray(logits, dtype=np.float64), axis=1)
    if not np.isfinite(found).all():
        raise Diverged("the model's logits are not finite")
    return found
