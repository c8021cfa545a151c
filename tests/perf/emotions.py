"""GoEmotions cells with MiniLM, ours against the published notebook's method: the same steps, processes from cold."""

import json
import os
import sys
import tempfile
from pathlib import Path

import yaml

from bench.results import store
from tests.perf.measure import DATA, DEVICE, EPOCHS, Line, compare, ratio, run
from tests.support.cli import REPOSITORY

SWEEP_ARGS = tuple(os.environ.get("PERF_SWEEP_ARGS", "").split())
"""Further options of the sweeps that are measured, such as an engine."""
SWEEP = "num_labels=2,4", "train_size=800,1600", "seed=0,1"


def minilm() -> str:
    """The folder with its files; fetched first if need be."""
    from bench.compose import to_cell
    from bench.methods.fitted import Context
    from bench.methods.loading import ModelFiles
    from bench.sources.cache import cache_folder
    from tests.support.cli import composed

    (content,) = composed("model=minilm")
    context = Context(cache=cache_folder(None), mirror_dir=None, device="cpu")
    return ModelFiles.find(to_cell(content).model, context).location


def words(results: Path, *more: str) -> list[str]:
    """The study's cell in our words, in fp32 and without early stopping. Exits where the data is not there."""
    if not list(DATA.glob("train-*.parquet")):
        sys.exit(f"{DATA} has no parquet files of GoEmotions: name a folder with PERF_DATA")
    return [
        "data=go_emotions", f"data.path={DATA}", "split=published", "model=minilm", "method=lora",
        "training.optim=adamw_torch", "training.precision=fp32", "training.early_stopping_patience=null",
        f"training.num_train_epochs={EPOCHS}", f"device={DEVICE}",
        f"results_dir={results / 'results'}", f"reports_dir={results / 'reports'}", *more,
    ]  # fmt: skip


def ours(*more: str, cells: int = 1) -> float:
    """Seconds of one command from nothing to all records."""
    with tempfile.TemporaryDirectory() as folder:
        many = ["-m"] if cells > 1 else []
        seconds = run("-m", "bench", *many, *words(Path(folder), *more))
        records = [store.read(found) for found in store.scan(Path(folder) / "results")]
        assert len(records) == cells
        for record in records:
            assert record is not None
            steps = EPOCHS * (record.configuration.train_size // 4)
            assert record.measurements is not None
            assert record.measurements.training.steps == steps
    return seconds


def notebook(model: str, pairs: list[tuple[int, int]]) -> float:
    """Seconds of a process for each pair of label count and size, one after the other.

    They share a cache of `datasets`, which is empty to begin with: what one has filtered, the next does not again.
    """
    content = yaml.safe_load((REPOSITORY / "conf/data/go_emotions.yaml").read_text(encoding="utf-8"))
    seconds = 0.0
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        for num_labels, size in pairs:
            seconds += run(
                str(Path(__file__).with_name("notebook.py")), "--data", str(DATA), "--model", model,
                "--labels", ",".join(content["label_sets"][num_labels]), "--size", str(size),
                "--epochs", str(EPOCHS), "--out", str(out), HF_DATASETS_CACHE=folder,
            )  # fmt: skip
            result = json.loads(out.read_text(encoding="utf-8"))
            assert result["steps"] == EPOCHS * (size // 4)
            phases = "  ".join(f"{name} {value:.1f}" for name, value in result["seconds"].items())
            print(f"    notebook, {num_labels} labels, {size}: {phases}", file=sys.stderr, flush=True)
    return seconds


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
    return [Line("one GoEmotions cell", "notebook", ratio(medians["notebook"], medians["ours"]), "1.3 x")]


def sweep() -> list[Line]:
    """Eight cells: 4 label/size pairs, 2 seeds; the notebook's are processes one after the other."""
    words(Path())
    model = minilm()
    pairs = [(labels, size) for labels in (2, 4) for size in (800, 1600)]
    medians = compare(
        {
            "notebook": lambda: notebook(model, 2 * pairs),
            "ours": lambda: ours(*SWEEP, *SWEEP_ARGS, cells=8),
            "ours, bf16": lambda: ours(*SWEEP, *SWEEP_ARGS, "training.precision=bf16", cells=8),
        }
    )
    against = f"notebook, 8 processes{'; ' + ' '.join(SWEEP_ARGS) if SWEEP_ARGS else ''}"
    return [
        Line("8 such cells as a sweep, fp32", against, ratio(medians["notebook"], medians["ours"]), "2.5 x"),
        Line("8 such cells as a sweep, bf16", against, ratio(medians["notebook"], medians["ours, bf16"]), "3 x"),
    ]
