"""What rows cost at a point of the grid, and the ceilings that a reader may put on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal, TypeVar

import pandas as pd

T = TypeVar("T")

MAX_CEILINGS = 3
"""Ceilings on cost that are offered."""
STEPS = (1.0, 2.0, 5.0)
"""Of money, with their tens."""
SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18_000, 36_000, 86_400)
"""Of training time."""

CeilingKind = Literal["any", "no_gpu", "price", "seconds"]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a training may cost: at most `value` of money or seconds, nothing that needs a GPU, or anything."""

    kind: CeilingKind = "any"
    value: float | None = None


ANY, NO_GPU = Ceiling(), Ceiling("no_gpu")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one seed of a row takes at a point: means over its seeds; null where it was not measured."""

    train_seconds: float
    total_seconds: float | None
    price: float | None
    """Of the whole cell on its GPU; null without a price, or without a GPU."""
    memory_gib: float | None
    texts_per_second: float | None
    energy_wh: float | None
    on_gpu: bool
    is_trained: bool
    """Whether it uses training examples."""
    without_features: bool = False
    """Whether its times are without the features of the frozen model, which earlier cells had computed."""


Costs = Mapping[tuple[str, int, int], Cost]
"""By row, label count and training size (0 for untrained rows)."""


def costs_of(points: pd.DataFrame) -> dict[tuple[str, int, int], Cost]:
    """The costs in `costs.cost_points` by place."""
    found = {}
    for line in points.to_dict("records"):
        found[str(line["row"]), int(line["num_labels"]), int(line["train_size"])] = Cost(
            train_seconds=float(line["train_seconds"]),
            total_seconds=_known(line["total_seconds"]),
            price=_known(line["money"]),
            memory_gib=_known(line["peak_memory_gib"]),
            texts_per_second=_known(line["test_examples_per_second"]),
            energy_wh=_known(line["energy_wh"]),
            on_gpu=_known(line["gpu_hours"]) is not None,
            is_trained=int(line["train_size"]) > 0,
            without_features=bool(line.get("without_features", False)),
        )
    return found


def _known(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float) else float("nan")
    return None if isnan(number) else number


def cost_at(costs: Mapping[tuple[str, int, int], T], row: str, num_labels: int, train_size: int) -> T | None:
    """What a row takes there; an untrained row costs the same at all sizes."""
    return costs.get((row, num_labels, train_size), costs.get((row, num_labels, 0)))


def within(cost: Cost | None, ceiling: Ceiling) -> bool:
    """Whether a row is known to cost no more than `ceiling`; without a GPU it costs no money."""
    if ceiling.kind == "any" or cost is None:
        return ceiling.kind == "any"
    if ceiling.kind == "no_gpu":
        return not cost.on_gpu
    assert ceiling.value is not None
    if ceiling.kind == "seconds":
        return cost.train_seconds <= ceiling.value
    return not cost.on_gpu or (cost.price is not None and cost.price <= ceiling.value)


def offered(costs: Costs) -> list[Ceiling]:
    """What a reader may choose from: no GPU where some rows had one and some had none, round amounts of money (or,
    where no price is known, of training time) that leave some rows out and some in, and anything."""
    trained = [cost for cost in costs.values() if cost.is_trained]
    prices = [cost.price for cost in trained if cost.price]
    seconds = [cost.train_seconds for cost in trained if cost.train_seconds > 0]
    found = [Ceiling("price", value) for value in _round_between(prices, _money(prices))]
    found = found or [Ceiling("seconds", value) for value in _round_between(seconds, SECONDS)]
    gpus = {cost.on_gpu for cost in trained}
    return [*([NO_GPU] if len(gpus) > 1 else []), *found, ANY]


def _money(prices: Sequence[float]) -> list[float]:
    """Round amounts around these prices."""
    if not prices:
        return []
    tens = range(-6, 7)
    return [float(f"{step * 10.0**ten:.1g}") for ten in tens for step in STEPS]


def _round_between(values: Sequence[float], steps: Iterable[float]) -> list[float]:
    """At most `MAX_CEILINGS` of `steps` between the smallest and the largest value, spread over them."""
    if not values:
        return []
    between = [float(step) for step in sorted(steps) if min(values) <= step < max(values)]
    while len(between) > MAX_CEILINGS:
        # those that leave most rows out or in say least
        between = between[1:] if len(between) % 2 else between[:-1]
    return between
