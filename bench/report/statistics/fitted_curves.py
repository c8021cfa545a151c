"""The scaling curves that a report fits: all in a small grid, those of the rows that matter in a big one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.report.statistics.correctness import Grid, sample_of
from bench.report.statistics.curves import Curve, Refusal, fit_curve, observed

MAX_POINTS = 600
"""Of the grid: in bigger ones only some rows' curves are fitted, for a fit takes a tenth of a second or more."""
MAX_ROWS, FEW_ROWS = 16, 5
"""Rows of a label count whose curves are fitted: in a small grid, in a big one; further ones that are asked for."""

MAX_DRAWN, MAX_BEST = 4, 3
"""Curves of a panel that are all drawn beyond the data; how many of the best where there are more."""


@dataclass(frozen=True)
class FittedCurves:
    """Curves of a data set, by row and label count."""

    found: Mapping[tuple[str, int], Curve | Refusal]
    """Best row at the largest training size first, label count by label count."""
    left_out: Mapping[int, tuple[str, ...]]
    """Rows of each label count that were not fitted, for the grid is too big."""

    def at(self, num_labels: int) -> dict[str, Curve | Refusal]:
        """The rows of a label count, best first."""
        return {row: curve for (row, labels), curve in self.found.items() if labels == num_labels}

    @property
    def label_counts(self) -> list[int]:
        """Label counts with curves or refusals, in rising order."""
        return sorted({labels for _, labels in self.found})


def is_big(grid: Grid) -> bool:
    """Whether only what matters most is worked out."""
    return len(grid) > MAX_POINTS


def fitted_curves(grid: Grid, always: Iterable[str] = ()) -> FittedCurves:
    """Fit the curves of `grid` (one data set), those of the rows `always` in any case.

    Rows that use no training examples have no curve and are not in it.
    """
    most = FEW_ROWS if is_big(grid) else MAX_ROWS
    found: dict[tuple[str, int], Curve | Refusal] = {}
    left_out: dict[int, tuple[str, ...]] = {}
    for labels in sorted({point.num_labels for point in grid}):
        rows = best_first(grid, labels)
        chosen = [row for place, row in enumerate(rows) if place < most or row in always]
        for row in chosen:
            seen = observed(grid, row, labels)
            assert seen is not None  # `best_first` has rows with sizes alone
            found[row, labels] = fit_curve(seen)
        left_out[labels] = tuple(row for row in rows if row not in chosen)
    return FittedCurves(found, left_out)


def drawn_curves(fitted: FittedCurves, always: Iterable[str] = ()) -> dict[tuple[str, int], Curve]:
    """The curves that a figure has room for: of each label count all if they are few, else those of the best rows
    and of the rows `always`."""
    chosen: dict[tuple[str, int], Curve] = {}
    for labels in fitted.label_counts:
        curves = {row: curve for row, curve in fitted.at(labels).items() if isinstance(curve, Curve)}
        best = list(curves)[:MAX_BEST] if len(curves) > MAX_DRAWN else list(curves)
        chosen |= {(row, labels): curve for row, curve in curves.items() if row in best or row in always}
    return chosen


def best_first(grid: Grid, num_labels: int) -> list[str]:
    """The trained rows at a label count: by their largest size, then by their number of seeds there, so that a lucky
    single seed can't win, then by accuracy."""
    reached: dict[str, tuple[int, int, float]] = {}
    for point, seeds in grid.items():
        if point.num_labels == num_labels and point.train_size > reached.get(point.row, (0, 0, 0.0))[0]:
            reached[point.row] = point.train_size, len(seeds), sample_of(seeds).mean
    return sorted(reached, key=lambda row: reached[row], reverse=True)
