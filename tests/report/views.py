"""Views of grids whose accuracies are known, without records."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from bench.report.statistics.correctness import Grid
from bench.report.view import View
from tests.report.simulate import role_of
from tests.report.statistics.answers import exactly, grid_of

TRIED = (32, 64, 128, 256, 512)
STEEP = (0.60, 0.72, 0.81, 0.87, 0.91)
"""An accuracy for each size of `TRIED`."""
SLOW = (0.55, 0.60, 0.66, 0.72, 0.78)
FLAT = (0.80, 0.80, 0.80, 0.80, 0.80)


def curves(
    rows: Mapping[str, Sequence[float]], sizes: Sequence[int] = TRIED, *, labels: int = 2, seeds: int = 3
) -> Grid:
    """Answers of rows with these accuracies at `sizes`; seeds differ by a point, and the same examples are hard."""
    off = [0.01 * (seed - (seeds - 1) / 2) for seed in range(seeds)]
    return grid_of(
        {
            (row, labels, size): exactly([share + step for step in off], 400, num_labels=labels)
            for row, shares in rows.items()
            for size, share in zip(sizes, shares, strict=True)
        }
    )


def view_of(grid: Grid, methods: Mapping[str, str | None], folder: Path) -> View:
    """The view of `grid`; `methods` are those of its rows, which are in the order of colours, null for a baseline."""
    points = [(p.row, methods[p.row], p.num_labels, p.train_size, seed) for p, seeds in grid.items() for seed in seeds]
    cells = pd.DataFrame(points, columns=["row", "method", "num_labels", "train_size", "seed"])
    cells["role"] = [role_of(methods[row], size) for row, _, _, size, _ in points]
    cells["method"] = cells["method"].astype("string")
    cells["row"] = pd.Categorical(cells["row"], list(methods), ordered=True)
    return View("bbc", cells, pd.DataFrame(), {}, None, folder, "", predictions=grid)
