"""The loss of gradient training: cross-entropy of one label, or the mean binary cross-entropy of several.

Which one is in the labels, as transformers has it: integers for one label a text, floats (1.0 for each label that a
text has) where there may be several.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F


def example_losses(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """The loss of each text, shape (texts,), in fp32.

    `logits` has the shape (texts, labels); `labels` (texts,), or (texts, labels), NaN for labels that a text's task has
    not. `weights`: what each label counts, shape (labels,); or (labels, 2), without and with the label.
    """
    if not labels.is_floating_point():
        losses = F.cross_entropy(logits.float(), labels, reduction="none")
        return losses if weights is None else losses * weights[labels]
    return of_sets(logits, labels, None if weights is None else chosen(weights, labels))


def mean_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean of `example_losses` without weights, as torch and transformers compute it."""
    if labels.is_floating_point():
        return of_sets(logits, labels).mean()
    return F.cross_entropy(logits, labels)


def of_sets(logits: torch.Tensor, labels: torch.Tensor, factors: torch.Tensor | None = None) -> torch.Tensor:
    """The mean over a text's labels of the binary cross-entropy, shape (texts,); `factors` (texts, labels) weigh it."""
    known = ~labels.isnan()
    losses = F.binary_cross_entropy_with_logits(
        logits.float().where(known, 0.0), labels.where(known, 0.0), reduction="none"
    ).where(known, 0.0)
    if factors is not None:
        losses = losses * factors
    return losses.sum(dim=1) / known.sum(dim=1)


def chosen(weights: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """What each label of each text counts, shape (texts, labels), of `weights` without and with it."""
    return torch.where(labels > 0, weights[:, 1], weights[:, 0])


def target_tensor(targets: Sequence[Any], width: int) -> torch.Tensor:
    """Model targets of texts as one tensor: of sets with `width` labels, NaN for those that a text's task has not."""
    if not isinstance(targets[0], list):
        return torch.tensor(targets)
    return padded(targets, width, torch.nan)


def padded(rows: Sequence[Sequence[float]], width: int, fill: float) -> torch.Tensor:
    """Rows of several lengths as one tensor, filled up to `width`."""
    return torch.tensor([[*row, *([fill] * (width - len(row)))] for row in rows])
