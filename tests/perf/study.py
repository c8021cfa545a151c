"""The emotion study's cell, in our words."""

import sys
from pathlib import Path

from tests.perf.measure import DATA, DEVICE, EPOCHS


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
