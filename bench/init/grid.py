"""Which grid fits somebody's data and machine."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.running.devices import visible_gpus

Hub = Literal["reachable", "mirror", "none"]
SEEDS = (0, 1, 2)
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
"""Of the rows, about: what `split=natural` keeps from training."""
MIN_PER_LABEL, MIN_SIZE, MAX_SIZES = 4, 32, 4
MAX_CPU_TUNED, MAX_CPU_PROBED = 2048, 40_000
"""Training examples of a LoRA cell, and of a linear probe, that a CPU goes through in minutes."""
MAX_LOGISTIC = 100_000
"""Training examples that a CPU fits logistic regression to in minutes, once for each strength that is tried."""
UNEQUAL = 3
"""Labels are unequal where the largest has so many times the rows of the smallest."""
CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What cells would run on, and where models can come from."""

    gpus: int
    hub: Hub


@dataclass(frozen=True, slots=True)
class Row:
    """A line of `hydra.sweeper.rows`."""

    values: dict[str, str]
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A grid, with the reason for each part."""

    num_labels: int | str
    why_labels: str
    train_sizes: tuple[int | str, ...]
    """The sizes that all rows share; empty where each row has its own, for an axis would take their place."""
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]
    training: Mapping[str, tuple[str, str]]
    """Options of `training` that are not at their defaults, each with the reason."""


def machine(mirror_dir: str | None) -> Machine:
    """This machine, with the folder that stands in for the hub."""
    return Machine(len(visible_gpus()), _hub(mirror_dir))


def _hub(mirror_dir: str | None) -> Hub:
    if mirror_dir is not None:
        return "mirror"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return "none"
    host = os.environ.get("HF_ENDPOINT", "https://huggingface.co").partition("://")[2].partition("/")[0]
    try:
        with socket.create_connection((host.partition(":")[0], 443), CONNECT_SECONDS):
            return "reachable"
    except OSError:
        return "none"


def propose(
    counts: Sequence[int], place: Machine, *, are_some_unusable: bool = False, rows_of_sets: int | None = None
) -> Proposal:
    """A grid for labels with `counts` usable rows each, which may be some of the labels alone.

    `rows_of_sets`: how many rows there are where one may have several labels; thresholds then do what weights do
    elsewhere.
    """
    total = sum(counts) if rows_of_sets is None else rows_of_sets
    there = int(total * (1 - TEST_SHARE - VALIDATION_SHARE))
    sizes = _sizes(there, len(counts))
    rows = _rows(sizes, there, place, "the most frequent label" if rows_of_sets is None else "the most frequent labels")
    return Proposal(
        num_labels=len(counts) if are_some_unusable else "all",
        why_labels="the others have too few texts" if are_some_unusable else "",
        train_sizes=() if any("train_size" in row.values for row in rows) else (*sizes, "all"),
        seeds=SEEDS,
        rows=tuple(rows),
        training=_training(max(counts) / min(counts)) if rows_of_sets is None else {},
    )


def _training(ratio: float) -> dict[str, tuple[str, str]]:
    """How rows are trained where the largest label has so many times the rows of the smallest."""
    if ratio < UNEQUAL:
        return {}
    return {
        "class_weight": (
            "balanced",
            f"the largest label has {ratio:.0f} times the rows of the smallest; none: as they are",
        ),
        "best_metric": ("macro_f1", "weights and C are chosen so that each label counts alike"),
    }


def _sizes(there: int, labels: int) -> list[int]:
    """Powers of two, at least four times apart, from few examples to half of what there is for training."""
    size = 2 ** max((MIN_PER_LABEL * labels - 1).bit_length(), MIN_SIZE.bit_length() - 1)
    sizes = []
    while size <= there // 2:
        sizes.append(size)
        size *= 4
    most = MAX_SIZES - 1
    return sizes if len(sizes) <= most else [sizes[round(at * (len(sizes) - 1) / (most - 1))] for at in range(most)]


def _rows(sizes: Sequence[int], there: int, place: Machine, floor: str) -> list[Row]:
    """The rows; where some stop before the others, each with its sizes."""
    patience = None if place.gpus else MAX_CPU_PROBED
    rows: list[tuple[dict[str, str], str, int | None]] = [
        ({"model": "majority"}, f"the floor: always {floor}", None),
        ({"model": "tfidf_sgd"}, "the baseline that everything has to beat", None),
        ({"model": "tfidf_logistic"}, "the same words, with regularization chosen on validation", MAX_LOGISTIC),
        ({"model": "minilm", "method": "linear_probe"}, "a small encoder as it is, a classifier on top", patience),
        ({"model": "minilm", "method": "lora"}, "the same, fine-tuned", None if place.gpus else MAX_CPU_TUNED),
    ]
    if place.gpus and place.hub != "none":
        rows.append(({"model": "bert_base", "method": "lora"}, "the classic encoder", None))
        rows.append(({"model": "qwen2_5_1_5b", "method": "qlora"}, "a language model of 1.5 billion parameters", None))
    limits = [limit for _, _, limit in rows if limit is not None and limit < there]
    if not sizes or not limits:
        return [Row(values, why) for values, why, _ in rows]
    return [
        Row(values | {"train_size": _up_to(limit, sizes, there)}, _why(why, limit, there))
        for values, why, limit in rows
    ]


def _up_to(limit: int | None, sizes: Sequence[int], there: int) -> str:
    """The sizes that a row is trained with; one at least."""
    if limit is None or limit >= there:
        return ",".join(map(str, (*sizes, "all")))
    return ",".join(map(str, [size for size in sizes if size <= limit] or sizes[:1]))


def _why(why: str, limit: int | None, there: int) -> str:
    return why if limit is None or limit >= there else f"{why}; with more examples it would take hours here"
