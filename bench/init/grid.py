"""Which grid fits somebody's data and machine."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.running.devices import visible_gpus

Hub = Literal["reachable", "mirror", "none"]
SEEDS = (0, 1, 2)
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1
"""Of the rows, about: what `split=natural` keeps from training."""
MIN_PER_LABEL, MIN_SIZE, MAX_SIZES = 4, 32, 4
MAX_CPU_TUNED = 2048
"""Training examples of a LoRA cell that a CPU goes through in minutes."""
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
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]
    best_metric: str | None
    """What the weights that are kept, and C, are chosen by; None: accuracy."""
    why_metric: str


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


def propose(counts: Sequence[int], place: Machine, *, are_some_unusable: bool = False) -> Proposal:
    """A grid for labels with `counts` usable rows each, which may be some of the labels alone."""
    there = int(sum(counts) * (1 - TEST_SHARE - VALIDATION_SHARE))
    sizes = _sizes(there, len(counts))
    is_unequal = max(counts) >= UNEQUAL * min(counts)
    why = f"each label counts alike: the largest has {max(counts) / min(counts):.0f} times the rows of the smallest"
    return Proposal(
        num_labels=len(counts) if are_some_unusable else "all",
        why_labels="the others have too few texts" if are_some_unusable else "",
        train_sizes=(*sizes, "all"),
        seeds=SEEDS,
        rows=tuple(_rows(sizes, there, place)),
        best_metric="macro_f1" if is_unequal else None,
        why_metric=why if is_unequal else "",
    )


def _sizes(there: int, labels: int) -> list[int]:
    """Powers of two, four times apart, below what there is for training."""
    size = 2 ** max((MIN_PER_LABEL * labels - 1).bit_length(), MIN_SIZE.bit_length() - 1)
    sizes = []
    while size <= there // 2:
        sizes.append(size)
        size *= 4
    return sizes[-(MAX_SIZES - 1) :]


def _rows(sizes: Sequence[int], there: int, place: Machine) -> list[Row]:
    rows = [
        Row({"model": "majority"}, "the floor: always the most frequent label"),
        Row({"model": "tfidf_sgd"}, "the baseline that everything has to beat"),
        Row({"model": "tfidf_logistic"}, "the same words, with the strength of regularization chosen on validation"),
        Row({"model": "minilm", "method": "linear_probe"}, "a small encoder as it is, a classifier on its features"),
    ]
    tuned = {"model": "minilm", "method": "lora"}
    if not place.gpus and there > MAX_CPU_TUNED:
        fitting = [str(size) for size in sizes if size <= MAX_CPU_TUNED]
        tuned["train_size"] = ",".join([*fitting, str(MAX_CPU_TUNED)] if str(MAX_CPU_TUNED) not in fitting else fitting)
        rows.append(Row(tuned, "the same, fine-tuned; with more examples it would take a CPU hours"))
    else:
        rows.append(Row(tuned, "the same, fine-tuned"))
    if place.gpus and place.hub != "none":
        rows.append(Row({"model": "bert_base", "method": "lora"}, "the classic encoder"))
        rows.append(Row({"model": "qwen2_5_1_5b", "method": "qlora"}, "a language model of 1.5 billion parameters"))
    return rows
