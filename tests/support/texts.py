"""Small labelled texts that are easy to tell apart: each label has its own words."""

import random

import pandas as pd

from tests.support.tiny import WORDS


def topics(per_label: int, labels: tuple[str, ...] = ("sport", "business"), seed: int = 0) -> pd.DataFrame:
    """`per_label` distinct short texts of each label, columns text and label, shuffled."""
    draw = random.Random(seed)
    share = len(WORDS) // len(labels)
    rows: dict[str, str] = {}
    for index, label in enumerate(labels):
        own = WORDS[index * share : (index + 1) * share]
        wanted = len(rows) + per_label
        while len(rows) < wanted:
            # four words of its own among six, so a linear model can tell, and no two texts are the same
            words = draw.choices(own, k=4) + draw.choices(WORDS, k=2)
            draw.shuffle(words)
            rows.setdefault(" ".join(words), label)
    pairs = list(rows.items())
    draw.shuffle(pairs)
    return pd.DataFrame(pairs, columns=["text", "label"])
