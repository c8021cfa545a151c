"""Rows whose own smaller training sizes leave them no chance at a bigger one, so that nothing is run of them there.

A row's curve is carried on by the rules of forecasts (`curves`), which refuse where too little is known, and has their
widened band. No row is left out whose band reaches the band, or the score, of another one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bench.report.race.field import Place
from bench.report.statistics.correctness import BySeed, Grid, sample_of
from bench.report.statistics.curves import MIN_SIZES, Curve, fit_curve, observed
from bench.report.statistics.intervals import mean_interval


@dataclass(frozen=True, slots=True)
class NoChance:
    """Why a row was not run at a size."""

    high: float
    """The upper end of its forecast."""
    better: str
    """The row that is surely above that."""
    low: float
    """The lower end of that one's forecast, or of its interval."""


def no_chance(
    place: Place, rows: Mapping[str, BySeed], grid: Grid, sizes: Collection[int], keep: str | None
) -> dict[str, NoChance]:
    """The rows of a place that are left out; one that was run there already is not, and `keep` never is.

    `sizes` are the smaller ones that have had a look.
    """
    if len(sizes) < MIN_SIZES:
        return {}
    bands = {row: band for row in rows if (band := _band(row, rows[row], grid, place, sizes)) is not None}
    if not bands:
        return {}
    best = max(bands, key=lambda row: bands[row][0])
    low = bands[best][0]
    return {
        row: NoChance(high, best, low)
        for row, (_, high) in bands.items()
        if high < low and not rows[row] and row != keep
    }


def _band(row: str, here: BySeed, grid: Grid, place: Place, sizes: Collection[int]) -> tuple[float, float] | None:
    """What a row's score at a place may be, at least and at most; None where nothing can be said."""
    if len(here) > 1:
        found = mean_interval(sample_of(here))
        return found.low, found.high
    known = {p: seeds for p, seeds in grid.items() if p.row == row and p.num_labels == place.num_labels}
    seen = observed({p: seeds for p, seeds in known.items() if p.train_size in sizes}, row, place.num_labels)
    if seen is None:
        return None
    curve = fit_curve(seen)
    if not isinstance(curve, Curve) or place.train_size > curve.largest * curve.most:
        return None
    band = curve.band([place.train_size])
    return float(band.low[0]), float(band.high[0])
