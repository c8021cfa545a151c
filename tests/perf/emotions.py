"""GoEmotions cells with MiniLM, ours against the published notebook's method: the same steps, processes from cold."""

import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import yaml

from bench.results import store
from tests.perf import phases, stacking
from tests.perf.measure import DATA, DEVICE, EPOCHS, NOTHING, ROUNDS, Line, Taken, compare, run, times
from tests.perf.study import minilm, words
from tests.support.cli import REPOSITORY

ARGS = "engine=fused hydra.launcher.workers=2" if DEVICE == "cpu" else "engine=fused"
SWEEP_ARGS = tuple(os.environ.get("PERF_SWEEP_ARGS", ARGS).split())
"""Further options of the sweeps that are measured."""
SWEEP_SIZES = tuple(map(int, os.environ.get("PERF_SWEEP_SIZES", "400,800").split(",")))
"""Training sizes of the sweep's cells: two, with two label counts and two seeds."""
SWEEP_ROUNDS = int(os.environ.get("PERF_SWEEP_ROUNDS", str(-(-ROUNDS // 3))))
"""Of the sweep, whose rounds take long."""


def ours(*more: str, cells: int = 1) -> Taken:
    """One command from nothing to all records."""
    with tempfile.TemporaryDirectory() as folder:
        many = ["-m"] if cells > 1 else []
        taken = run("-m", "bench", *many, *words(Path(folder), *more))
        records = [store.read(found) for found in store.scan(Path(folder) / "results")]
        assert len(records) == cells
        for record in records:
            assert record is not None
            steps = EPOCHS * (record.configuration.train_size // 4)
            assert record.measurements is not None
            assert record.measurements.training.steps == steps
    return taken


def notebook(model: str, pairs: list[tuple[int, int]]) -> Taken:
    """A process for each pair of label count and size, one after the other.

    They share a cache of `datasets`, which is empty to begin with: what one has filtered, the next does not again.
    """
    content = yaml.safe_load((REPOSITORY / "conf/data/go_emotions.yaml").read_text(encoding="utf-8"))
    taken = NOTHING
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        for num_labels, size in pairs:
            taken += run(
                str(Path(__file__).with_name("notebook.py")), "--data", str(DATA), "--model", model,
                "--labels", ",".join(content["label_sets"][num_labels]), "--size", str(size),
                "--epochs", str(EPOCHS), "--out", str(out), HF_DATASETS_CACHE=folder,
            )  # fmt: skip
            result = json.loads(out.read_text(encoding="utf-8"))
            assert result["steps"] == EPOCHS * (size // 4)
            phases = "  ".join(f"{name} {value:.1f}" for name, value in result["seconds"].items())
            print(f"    notebook, {num_labels} labels, {size}: {phases}", file=sys.stderr, flush=True)
    return taken


def cell() -> list[Line]:
    """One cell: 4 labels, 800 examples."""
    words(Path())
    model = minilm()
    medians = compare(
        {
            "notebook": lambda: notebook(model, [(4, 800)]),
            "ours": lambda: ours("num_labels=4", "train_size=800", "seed=0"),
        }
    )
    return [
        times(
            "one GoEmotions cell", "notebook", medians["notebook"], medians["ours"], target=1.3, profile=phases.profile
        )
    ]


def compiled() -> list[Line]:
    """The same cell, compiled."""
    words(Path())
    minilm()
    one = ("num_labels=4", "train_size=800", "seed=0")
    medians = compare({"plain": lambda: ours(*one), "compiled": lambda: ours(*one, "training.compile=true")})
    return [times("one GoEmotions cell, training.compile", "without", medians["plain"], medians["compiled"])]


def sweep() -> list[Line]:
    """Eight cells: 4 label/size pairs, 2 seeds; the notebook's are processes one after the other."""
    words(Path())
    model = minilm()
    pairs = [(labels, size) for labels in (2, 4) for size in SWEEP_SIZES]
    grid = ("num_labels=2,4", f"train_size={','.join(map(str, SWEEP_SIZES))}", "seed=0,1", *SWEEP_ARGS)
    medians = compare(
        {
            "notebook": lambda: notebook(model, 2 * pairs),
            "fp32": lambda: ours(*grid, cells=8),
            "bf16": lambda: ours(*grid, "training.precision=bf16", cells=8),
        },
        SWEEP_ROUNDS,
    )
    return [
        times(
            f"8 such cells as a sweep, {precision}{', '.join(('', *SWEEP_ARGS))}", "notebook, 8 processes in turn",
            medians["notebook"], medians[precision],
            target=target, profile=partial(stacking.profile, "minilm", "lora", precision),
        )
        for precision, target in (("fp32", 3), ("bf16", 4))
    ]  # fmt: skip
