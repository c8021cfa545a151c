"""Shared fixtures: everything offline, on tiny models and texts that are made on the spot."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # tests run side by side; one thread each is faster and repeatable
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import gc
import signal
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from bench.models.families import FAMILIES
from tests.support import texts, tiny

# A job in the background of a shell, or under nohup, ignores these, and so would the sweeps that tests interrupt.
for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, default)

MODEL_IDS = {
    "llama": "meta-llama/Llama-3.2-1B",
    "qwen2": "Qwen/Qwen2.5-1.5B",
    "gpt2": "openai-community/gpt2-xl",
    "gemma3": "google/gemma-3-1b-pt",
    "bert": "google-bert/bert-base-uncased",
}
"""Hub ids that the models in `conf/model` go by; their tiny stand-ins are in the mirror under these names."""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this test run, the same for all of its processes."""
    root = tmp_path_factory.getbasetemp()
    return root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root


@pytest.fixture(scope="session")
def tiny_models(shared_folder: Path) -> dict[str, Path]:
    """A tiny random model of each family, by family."""
    folders = {}
    for family in FAMILIES:
        folder = shared_folder / "mirror" / "models" / MODEL_IDS.get(family, f"tiny/{family}")
        with FileLock(shared_folder / f"{family}.lock"):
            if not (folder / "config.json").exists():
                tiny.build(family, folder)
        folders[family] = folder
    return folders


@pytest.fixture(scope="session")
def mirror(tiny_models: dict[str, Path], shared_folder: Path) -> Path:
    """A mirror folder: tiny models under the hub ids of `conf/model`, and a small `ucirvine/sms_spam`."""
    folder = shared_folder / "mirror"
    data = folder / "datasets" / "ucirvine/sms_spam"
    with FileLock(shared_folder / "data.lock"):
        if not data.exists():
            data.mkdir(parents=True)
            frame = texts.topics(120, labels=("ham", "spam"))
            frame = frame.rename(columns={"text": "sms"})
            frame.to_parquet(data / "train-00000-of-00001.parquet")
    return folder


@pytest.fixture(autouse=True)
def quick_collections(frozen_modules: set[str]) -> None:
    """Leave what is imported out of garbage collections: Trainer forces one a run, a third of a second each."""
    if len(sys.modules) > len(frozen_modules):
        frozen_modules.update(sys.modules)
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def frozen_modules() -> set[str]:
    """What was imported at the last freeze."""
    return set()
