"""What each point of a grid costs: time, memory, speed, energy and money."""

from collections.abc import Iterable

import numpy as np
import pandas as pd


def cost_points(summary: pd.DataFrame, cells: pd.DataFrame, price: float | None) -> pd.DataFrame:
    """One line a finished point of one data set: row, num_labels, train_size, accuracy, what it costs a seed.

    Answers that were made elsewhere have no training time, and no line.
    energy_wh is what the GPU used in watt-hours while a cell ran, null where it was not counted.
    gpu_hours is the whole cell's wall time on its one GPU, null where it ran without; money is that times `price`.
    """
    known = summary["test_accuracy_mean"].notna() & summary["train_seconds_mean"].notna()
    points = summary[(summary["n_ok"] > 0) & known]
    done = cells[cells["device"].notna() & (cells["device"] != "cpu")]
    on_gpu = set(done[["row", "num_labels", "train_size"]].drop_duplicates().itertuples(index=False, name=None))
    places = zip(points["row"], points["num_labels"], points["train_size"], strict=True)
    hours = np.where([place in on_gpu for place in places], points["total_seconds_mean"] / 3600, np.nan)
    return pd.DataFrame(
        {
            **{name: points[name] for name in ("data", "row", "num_labels", "train_size")},
            "accuracy": points["test_accuracy_mean"],
            "train_seconds": points["train_seconds_mean"],
            "total_seconds": points["total_seconds_mean"],
            "gpu_hours": hours,
            "peak_memory_gib": points["peak_memory_bytes_mean"] / 2**30,
            "test_examples_per_second": points["test_examples_per_second_mean"],
            "energy_wh": points["energy_joules_mean"] / 3600,
            "money": np.nan if price is None else hours * price,
        }
    ).reset_index(drop=True)


def pareto(values: Iterable[tuple[float, float]]) -> list[bool]:
    """Of points given as cost and gain, which have none that is as cheap and as good, and better in one."""
    known = list(values)
    best: dict[float, float] = {}  # gain by cost
    front, most = set(), -np.inf
    for cost, gain in known:
        if not (np.isnan(cost) or np.isnan(gain)):
            best[cost] = max(gain, best.get(cost, -np.inf))
    for cost, gain in sorted(best.items()):
        if gain > most:
            front.add((cost, gain))
            most = gain
    return [point in front for point in known]
