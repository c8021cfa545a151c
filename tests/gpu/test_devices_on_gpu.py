"""The GPUs that NVML shows are those that torch computes on, and who needs none leaves them alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.running.devices import visible_gpus
from bench.running.gpu_probe import tried
from tests.gpu import topics
from tests.gpu.needs import COMMAND, needs
from tests.support import cli

pytestmark = pytest.mark.gpu

LISTED = """\
import torch
for number in range(torch.cuda.device_count()):
    found = torch.cuda.get_device_properties(number)
    print(f"GPU-{found.uuid}", found.total_memory, found.name, sep="|")
"""
BOTH = """\
import sys
from bench.__main__ import main
code = main()
import torch
assert not torch.cuda.is_initialized(), "a context on the GPU"
sys.exit(code)
"""
"""Runs the command, then looks whether it has touched the GPU."""


def listed(setting: str) -> list[list[str]]:
    """UUID, memory and name of the GPUs that torch sees with this CUDA_VISIBLE_DEVICES, in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-c", LISTED],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": setting},
    )
    return [line.split("|") for line in ended.stdout.splitlines()]


def test_nvml_and_torch_see_the_same(gpu: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = visible_gpus()  # the suite takes one
    for setting in (found.uuid, found.uuid[:12]):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", setting)
        assert visible_gpus() == [found]
        ((uuid, memory, name),) = listed(setting)
        assert (uuid.casefold(), name) == (found.uuid.casefold(), found.name)
        assert found.total_memory is not None
        # NVML counts what the driver keeps for itself
        assert 0.9 * found.total_memory < int(memory) <= found.total_memory
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert (visible_gpus(), listed("")) == ([], [])


def test_the_probe_finds_nothing_wrong(gpu: str) -> None:
    (found,) = visible_gpus()
    assert tried(found.uuid, ["--four-bit"]) is None


def test_cells_on_the_cpu_leave_the_gpu_alone(folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    needs(*COMMAND)
    data = topics.write_csv(tmp_path / "topics.csv")
    words = [
        "model=bert_base", f"model.path={folders['bert']}", "method=lora", "data=file", f"data.path={data}",
        "num_labels=2", "train_size=32", "training.num_train_epochs=1", "device=cpu",
        f"results_dir={tmp_path / 'results'}",
    ]  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", BOTH, *words],
        check=False,
        cwd=cli.REPOSITORY,
        env=cli.environment(tmp_path, {"PYTHONPATH": os.environ.get("PYTHONPATH")}),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]


def test_a_cell_has_one_gpu_and_its_own_batch(folders: dict[str, Path], device: str, tmp_path: Path) -> None:
    from bench.methods.training import training_arguments

    cell = topics.cell("bert", folders["bert"])
    assert cell.training is not None
    arguments = training_arguments(cell.training, 32, seed=0, device=device, scratch=str(tmp_path))
    assert arguments.n_gpu == (1 if device == "cuda" else 0)
    assert arguments.train_batch_size == cell.training.per_device_train_batch_size
