"""The error that a perfectly calibrated model would show on the same test set, beside what models show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.kind import SINGLE_LABEL
from bench.report.content.parts import Entry, size_entry
from bench.report.content.table import Table, table
from bench.report.content.wording import (
    deviation_text,
)
from bench.report.content.words import listed
from bench.report.figures.calibration import (
    TERMS,
    Confidences,
    ConfidencesByPoint,
    Terms,
    calibration_distance,
    expected_calibration_error,
    places_of,
)
from bench.report.figures.style import percent
from bench.report.statistics.points import Point
from bench.wording import counted

FLOOR_DRAWS, FLOOR_PERCENT = 300, 95
"""Draws of a perfectly calibrated model's answers, and in how many of 100 its error is at most what is shown."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The expected calibration error that perfectly calibrated models with these confidences would show."""

    mean: float
    most: float
    """Not exceeded in `FLOOR_PERCENT` % of the draws."""


def calibration_floor(seeds: Mapping[int, Confidences]) -> Floor:
    """Draw answers anew from the models' own probabilities: each is right as often as its model is sure.

    The mean over seeds is held against this, so seeds' draws go together: an example that is hit is hit for all seeds
    that are as sure of it. Were they independent, the mean would look better known than it is.
    """
    found = list(seeds.values())
    random, errors = np.random.default_rng(0), np.zeros(FLOOR_DRAWS)
    longest = max(len(one.confidence) for one in found)
    places = [places_of(one.confidence) for one in found]
    for draw in range(FLOOR_DRAWS):
        chance = random.random(longest)
        errors[draw] = np.mean(
            [
                calibration_distance(one.confidence, chance[: len(one.confidence)] < one.confidence, place)
                for one, place in zip(found, places, strict=True)
            ]
        )
    return Floor(float(errors.mean()), float(np.quantile(errors, FLOOR_PERCENT / 100)))


def calibration_table(
    points: ConfidencesByPoint, floors: Mapping[Point, Floor], terms: Terms = TERMS[SINGLE_LABEL]
) -> Table:
    """Expected calibration error, what a perfectly calibrated model would get (`calibration_floor`), mean confidence
    and accuracy; means over seeds."""
    lines = []
    for point, seeds in points.items():
        errors = [expected_calibration_error(one) for one in seeds.values()]
        deviation = float(np.std(errors, ddof=1)) if len(errors) > 1 else None
        spread = "" if deviation is None else f" {deviation_text(deviation)}"
        lines.append(
            [
                point.row,
                point.num_labels,
                size_entry(point.train_size),
                Entry(f"{np.mean(errors):.3f}{spread}", numbers={"mean": float(np.mean(errors)), "sd": deviation}),
                _floor_entry(floors[point]),
                _mean_entry([one.confidence.mean() for one in seeds.values()]),
                _mean_entry([one.correct.mean() for one in seeds.values()]),
                Entry(counted(len(seeds), "seed"), numbers={"": len(seeds)}),
            ]
        )
    header = [
        "row",
        "labels",
        "training examples",
        "expected calibration error",
        "of a perfectly calibrated model",
        terms.mean_sure,
        terms.mean_right,
        "seeds",
    ]
    return table(header, lines)


def _floor_entry(floor: Floor) -> Entry:
    return Entry(f"{floor.mean:.3f}, up to {floor.most:.3f}", numbers={"mean": floor.mean, "most": floor.most})


def _mean_entry(values: Sequence[float]) -> Entry:
    mean = float(np.mean(values))
    return Entry(f"{mean:.3f}", numbers={"": mean})


def mean_error(seeds: Mapping[int, Confidences]) -> float:
    """The expected calibration error, mean over seeds."""
    return float(np.mean([expected_calibration_error(one) for one in seeds.values()]))


def calibration_words(
    points: ConfidencesByPoint, floors: Mapping[Point, Floor], name: Callable[[str], str]
) -> list[str]:
    """What the error's floor is, and which rows lie above it, label count by label count; `name` is a row's."""
    if not points:
        return []
    said = [
        "On a test set of a few hundred examples, a perfectly calibrated model has an error above 0 by chance: beside "
        f"each error is what it would get, on average and at most in {percent(FLOOR_PERCENT)} of {FLOOR_DRAWS} draws "
        "of its answers from the model's own probabilities."
    ]
    for labels in sorted({point.num_labels for point in points}):
        above: list[str] = []
        within: list[str] = []
        for point, seeds in points.items():
            if point.num_labels == labels:
                error = mean_error(seeds)
                text = f"{name(point.row)} ({error:.3f} against {floors[point].mean:.3f})"
                (above if error > floors[point].most else within).append(text)
        more = f"above that: {listed(above)}" if above else "no row is above that"
        less = f"; no different from a perfectly calibrated model: {listed(within)}" if within else ""
        said.append(f"{labels} labels: {more}{less}.")
    return said
