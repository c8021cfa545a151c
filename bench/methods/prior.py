"""Where the head of a model for texts with several labels starts: at how frequent each label is.

A head that starts at a probability of a half has to learn first that nearly all texts lack nearly all labels. Its
biases move by a learning rate a step, so that this is learnt by what all texts have in common, and what tells them
apart is lost. So biases start at the logits of the base rates (Lin et al. 2017, Focal loss for dense object detection,
section 4.1).
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bench.config.class_weight import ClassWeight
from bench.data.examples import Target
from bench.methods.class_weight import label_weights

BASE_RATES, NO_BIAS = "base_rates", "none"
"""What records say: decoders of transformers have no biases there."""
UNSEEN = 0.5
"""Texts that are counted to each label on top of those that have it, and to those that lack it: no rate is 0 or 1
(Jeffreys' prior)."""


def base_rate_logits(labels: Sequence[Target], how: ClassWeight) -> NDArray[np.float64]:
    """The logit of each label's rate among texts with these 0s and 1s, weighted as their losses are; shape (labels,).

    It is the constant at which the mean loss is least.
    """
    has = np.asarray(labels, dtype=np.float64)
    with_label = has.sum(axis=0)
    odds = (with_label + UNSEEN) / (len(has) - with_label + UNSEEN)
    weights = label_weights(labels, has.shape[1], how)
    if weights is not None:
        odds = odds * weights[:, 1] / weights[:, 0]
    return np.asarray(np.log(odds), dtype=np.float64)


def start_at_base_rates(head: nn.Module, labels: Sequence[Target], how: ClassWeight) -> None:
    """Set the biases of the layer `head`, if it has any, to `base_rate_logits`. Draws nothing."""
    if (bias := head.bias) is None:
        return
    assert isinstance(bias, nn.Parameter)
    with torch.no_grad():
        bias.copy_(torch.from_numpy(base_rate_logits(labels, how)))


def starts_at(model: nn.Module, head: str) -> str:
    """What a record says of the biases of the layer `head` of a model, adapted or not, with several labels."""
    names = (name for name, _ in model.named_parameters() if f"{head}." in name)
    return BASE_RATES if any(name.endswith(".bias") for name in names) else NO_BIAS
