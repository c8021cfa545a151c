"""Epochs of gradient training in which labels are equally frequent (`training.class_weight=oversample`)."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


class EqualLabels(Sampler[int]):
    """Examples for an epoch of gradient training, in which labels are equally frequent.

    An epoch is as long as there are examples, so that steps and time stay. Each label has its equal part of it (one
    more where that leaves a rest): of a frequent label some of its examples, of a rare one all of them, several times.
    """

    def __init__(
        self, labels: Sequence[int], *, seed: int, lengths: Sequence[int] | None = None, batch: int = 1
    ) -> None:
        """With `lengths` (tokens by example), the `batch` examples of a step are of about one length."""
        of = torch.tensor(labels)
        self._rows = [torch.nonzero(of == label).flatten() for label in of.unique()]
        self._lengths, self._batch, self._count = lengths, batch, len(labels)
        self._generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        share, rest = divmod(self._count, len(self._rows))
        with_one_more = set(self._shuffled(torch.arange(len(self._rows)))[:rest].tolist())
        drawn = torch.cat(
            [self._drawn(rows, share + (label in with_one_more)) for label, rows in enumerate(self._rows)]
        )
        if self._lengths is None:
            return iter(self._shuffled(drawn).tolist())
        lengths = [self._lengths[row] for row in drawn.tolist()]
        order = get_length_grouped_indices(lengths, self._batch, generator=self._generator)
        return iter(drawn[order].tolist())

    def _drawn(self, rows: torch.Tensor, count: int) -> torch.Tensor:
        """`count` of `rows`, none of them twice more than another."""
        whole, rest = divmod(count, len(rows))
        return torch.cat([rows.repeat(whole), self._shuffled(rows)[:rest]])

    def _shuffled(self, rows: torch.Tensor) -> torch.Tensor:
        return rows[torch.randperm(len(rows), generator=self._generator)]
