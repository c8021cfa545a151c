"""Small texts with any number of labels: each label has words of its own."""

import random

from bench.data.label_sets import written
from bench.data.pool import Pool
from tests.support.tiny import BUSINESS, SPORT

LABELS = ("sport", "money", "late")
OWN = (SPORT[:6], BUSINESS[:6], ("coach", "firm", "league", "price"))
"""The words of each label."""
SHARES = (0.5, 0.4, 0.2)


def pool_of(count: int = 240, seed: int = 0) -> Pool:
    """Distinct texts with the labels whose words are in them; some have none."""
    draw = random.Random(seed)
    rows: dict[str, tuple[str, ...]] = {}
    while len(rows) < count:
        labels = [label for label, share in zip(LABELS, SHARES, strict=True) if draw.random() < share]
        words = [
            word for label, own in zip(LABELS, OWN, strict=True) if label in labels for word in draw.choices(own, k=3)
        ]
        words += draw.choices("abcdefgh", k=3)
        draw.shuffle(words)
        rows.setdefault(" ".join(words), tuple(sorted(labels)))
    ids = tuple(f"file:{row}" for row in range(count))
    return Pool(ids, tuple(rows), tuple(map(written, rows.values())), None, label_sets=tuple(rows.values()))
