"""The points of a grid, within a data set."""

from typing import NamedTuple


class Point(NamedTuple):
    """What the seeds of one point of the grid have in common, within a data set."""

    row: str
    num_labels: int
    train_size: int
