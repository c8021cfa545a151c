"""Rows whose cells read other revisions of one model or data set: their means are over different things."""

import pandas as pd

from bench.wording import counted

OF = {"model_revision": "model", "data_revision": "data"}
SHOWN = 12
"""Characters of a revision."""


def mixed_revisions(done: pd.DataFrame) -> list[str]:
    """A warning for each row of finished cells that was not run on one revision; unknown ones count for none.

    Pinned sources, files and folders have one: it is part of what a cell is. What is named on the hub alone moves.
    """
    said = []
    for column, what in OF.items():
        for (data, row), group in done.groupby(["data", "row"], observed=True):
            counts = group[column].dropna().value_counts()
            if len(counts) < 2:
                continue
            named = ", ".join(f"{str(name)[:SHOWN]} in {counted(int(count), 'cell')}" for name, count in counts.items())
            said.append(
                f"Warning: the cells of {row} on {data} read several revisions of their {what} ({named}), so its means "
                f"and intervals are over different things: {what}.revision=COMMIT says which one is meant."
            )
    return said
