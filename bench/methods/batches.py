"""Batches of as many tokens as a GPU has room for, where nothing is trained: short texts go together in great numbers.

A batch of 64 texts of twenty tokens leaves a GPU idle while the host tells it what to do. So many of them are taken as
are no more tokens, with padding, than 64 of the longest.
"""

from collections.abc import Sequence

from bench.methods.encode import Encoded, Example, num_tokens

USUAL_TOKENS = 128
"""Of a text, where all are shorter: what estimates of memory reckon with where nothing else is known."""
MAX_EXAMPLES = 1024


class Batches(list[Encoded]):
    """Examples in their order, in batches of `per_device_eval_batch_size` of the longest, or of more shorter ones."""

    def __init__(self, examples: Sequence[Example], per_device_eval_batch_size: int) -> None:
        self.num_examples = len(examples)
        lengths = [num_tokens(example) for example in examples]
        room = per_device_eval_batch_size * max([USUAL_TOKENS, *lengths])
        super().__init__()
        longest = 0
        for example, length in zip(examples, lengths, strict=True):
            longest = max(longest, length)
            if not self or len(self[-1]) == MAX_EXAMPLES or (len(self[-1]) + 1) * longest > room:
                self.append([])
                longest = length
            self[-1].append(example)

    def weight(self, batch_size: int) -> float:
        """What the mean over a batch counts in the mean over examples, if batches count 1 on average."""
        return batch_size * len(self) / self.num_examples
