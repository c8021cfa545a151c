"""What each point of a grid costs: time, memory, speed, energy and money."""

from collections.abc import Iterable

import numpy as np
import pandas as pd


def cost_points(
    summary: pd.DataFrame, cells: pd.DataFrame, price: float | None, column: str = "test_accuracy"
) -> pd.DataFrame:
    """One line a finished point of one data set: row, num_labels, train_size, score, what it costs a seed.

    The score is the mean of `column`, a metric's.
    Answers that were made elsewhere have no training time, and no line.
    energy_wh is what the GPU used in watt-hours while a cell ran, null where it was not counted.
    gpu_hours is the whole cell's wall time on its one GPU, null where it ran without; money is that times `price`.
    Times are of seeds that computed all their features themselves, if there are any; else of all, and without_features
    says so: what an earlier cell had computed cost them nothing.
    """
    known = summary["test_accuracy_mean"].notna() & summary["train_seconds_mean"].notna()
    points = summary[(summary["n_ok"] > 0) & known]
    done = cells[cells["device"].notna() & (cells["device"] != "cpu")]
    on_gpu = set(done[["row", "num_labels", "train_size"]].drop_duplicates().itertuples(index=False, name=None))
    places = zip(points["row"], points["num_labels"], points["train_size"], strict=True)
    times = _times(points, cells)
    hours = np.where([place in on_gpu for place in places], times["total_seconds"] / 3600, np.nan)
    return pd.DataFrame(
        {
            **{name: points[name] for name in ("data", "row", "num_labels", "train_size")},
            "score": points[f"{column}_mean"],
            "train_seconds": times["train_seconds"],
            "total_seconds": times["total_seconds"],
            "gpu_hours": hours,
            "peak_memory_gib": points["peak_memory_bytes_mean"] / 2**30,
            "test_examples_per_second": points["test_examples_per_second_mean"],
            "energy_wh": points["energy_joules_mean"] / 3600,
            "money": np.nan if price is None else hours * price,
            "without_features": times["without_features"],
        }
    ).reset_index(drop=True)


def _times(points: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Mean seconds of each of `points`, by its index."""
    names = ["train_seconds", "total_seconds"]
    means = points[[f"{name}_mean" for name in names]].set_axis(names, axis=1)
    if "kept_features" not in cells:
        return means.assign(without_features=False)
    place = ["row", "num_labels", "train_size"]
    done = cells[cells["train_seconds"].notna()]
    kept = done["kept_features"].fillna(0) > 0
    fresh = done[~kept].groupby(place, observed=True)[names].mean()
    found = fresh.reindex(pd.MultiIndex.from_frame(points[place].astype({"row": object}))).set_axis(points.index)
    has_kept = set(done.loc[kept, place].itertuples(index=False, name=None))
    is_kept = [tuple(line) in has_kept for line in points[place].itertuples(index=False, name=None)]
    return found.fillna(means).assign(without_features=np.array(is_kept, dtype=bool) & found["train_seconds"].isna())


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
