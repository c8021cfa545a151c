"""Features that lie on the GPU while a cell is trained on them, where they take little of it.

Else each batch of them is read, padded and sent there anew in every epoch, which takes longer than to train one block.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from bench.features.cache import key_of
from bench.methods.encode import num_tokens
from bench.running import devices

MAX_BYTES, MAX_OF_FREE = 2e9, 0.1
"""Of features, and of what is free of a GPU's memory, shared by the processes of this sweep there. Both are choices,
not measured: 2 GB are half a million tokens of Llama 3.2 1B in bf16 (4 kB each), 25,000 texts of 20 tokens; nothing
has been trained when they are put there, so nine tenths are left for what training takes."""

PLACES = "trunk_places"
"""What a batch calls the rows that make its features: shape (examples, tokens), 0 for padding."""


class Resident:
    """The features of some texts on a device, one row a token, after a row of zeros."""

    def __init__(self, examples: Sequence[Any], features_of: Callable[[Any], torch.Tensor], device: str) -> None:
        """`features_of` gives those of an example, shape (tokens, width), on the CPU; there is one example at least."""
        texts = {key_of(example["input_ids"]): example for example in examples}
        lengths = {key: num_tokens(example) for key, example in texts.items()}
        first = features_of(examples[0])
        self._starts: dict[bytes, int] = {}
        self.rows = torch.zeros(1 + sum(lengths.values()), first.shape[1], dtype=first.dtype, device=device)
        start = 1
        for key, example in texts.items():
            self.rows[start : start + lengths[key]] = features_of(example)
            self._starts[key] = start
            start += lengths[key]

    def places(self, examples: Sequence[Any]) -> torch.Tensor | None:
        """Where the rows of a batch are (see PLACES); None where it has a text that is not here."""
        starts = [self._starts.get(key_of(example["input_ids"])) for example in examples]
        if None in starts:
            return None
        start, length = torch.tensor(starts)[:, None], torch.tensor(list(map(num_tokens, examples)))[:, None]
        position = torch.arange(int(length.max()))
        return (start + position).where(position < length, 0)


def fits(nbytes: int, device: str) -> bool:
    """Whether features of so many bytes take little of this process's GPU; false on a CPU, where they are already."""
    if device == "cpu":
        return False
    free, _ = torch.cuda.mem_get_info()
    return nbytes <= min(MAX_BYTES, MAX_OF_FREE * free / devices.workers_on_gpu)
