"""Where these tests compute. `make test-gpu` says it; in `make test` those that are marked `gpu` are not chosen.

BENCH_GPU_TESTS_DEVICE=cpu runs those that can on a CPU, to find what is wrong with the tests themselves.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.models.families import FAMILIES
from bench.running.devices import use_one_gpu
from bench.running.memory import release
from tests.gpu.topics import model_folder

DEVICE = os.environ.get("BENCH_GPU_TESTS_DEVICE", "cuda")
os.environ["HF_HUB_OFFLINE"] = "1"  # nothing above imports transformers or torch
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if DEVICE == "cpu":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
else:
    use_one_gpu()


@pytest.fixture(scope="session")
def device() -> str:
    """`cuda`, or `cpu` where that is asked for; without a GPU the test is skipped."""
    import torch

    if DEVICE == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    return DEVICE


@pytest.fixture(scope="session")
def gpu(device: str) -> str:
    """A GPU, for what a CPU can't even try."""
    if device != "cuda":
        pytest.skip("this is about a GPU's own memory, kernels or driver")
    return device


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model without dropout of each family."""
    root = tmp_path_factory.mktemp("models")
    return {family: model_folder(family, root / family) for family in FAMILIES}


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test works in the TF32 of one before, or with its memory of the GPU."""
    if request.node.get_closest_marker("gpu") is None:
        yield
        return
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    yield
    release()
