"""Sweeps on a GPU: workers that share it, that die on it, and what their records say of it."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from bench.results.record import Status
from tests.gpu import topics
from tests.gpu.faults import ASSERTED, HANGING, KILLED
from tests.gpu.needs import COMMAND, needs
from tests.gpu.sweeps import Sweeps, in_use
from tests.support import cli

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(600)]


AFTER = 100
"""Added to the seed of a cell that fails, that of one that is well and comes after it."""


@pytest.fixture
def sweeps(device: str, folders: dict[str, Path], tmp_path: Path) -> Sweeps:
    needs(*COMMAND)
    data = topics.write_csv(tmp_path / "topics.csv")
    return Sweeps(device, folders["bert"], data, tmp_path, before=in_use())


def test_two_workers_share_a_gpu(sweeps: Sweeps) -> None:
    sharing = "hydra.launcher.per_device" if sweeps.device == "cuda" else "hydra.launcher.workers"
    ended = sweeps.run(*range(6), **{sharing: "2"})
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert {seed: record.status for seed, record in sweeps.records().items()} == dict.fromkeys(range(6), Status.OK)
    assert len(sweeps.processes()) == 2
    sweeps.check_memory_is_back()


def test_records_say_what_the_gpu_did(sweeps: Sweeps, gpu: str) -> None:
    import torch

    assert sweeps.run(0).returncode == 0
    (record,) = sweeps.records().values()
    measured = record.measurements
    assert measured is not None
    assert (record.provenance.device, record.provenance.device_name) == ("cuda", torch.cuda.get_device_name())
    assert measured.memory.peak_device is not None
    assert 1e6 < measured.memory.peak_device < torch.cuda.get_device_properties(0).total_memory
    if measured.energy_joules is not None:  # from Volta on, and not in every container
        assert 0 < measured.energy_joules < 1500 * measured.seconds.total  # watts that no card draws


def test_a_cell_that_takes_its_worker_along_costs_no_other(sweeps: Sweeps) -> None:
    befalls = {KILLED: Status.CRASHED}
    if sweeps.device == "cuda":  # kernels that fail, or do not end, are a GPU's
        befalls |= {ASSERTED: Status.ERROR, HANGING: Status.TIMEOUT}
    expected = {0: Status.OK}
    for seed, status in befalls.items():
        expected |= {seed: status, AFTER + seed: Status.OK}
    # longer than an import from a slow disk, which counts as well
    ended = sweeps.run(*expected, timeout_minutes="1")
    assert ended.returncode == 1, ended.stderr[-3000:]
    assert {seed: record.status for seed, record in sweeps.records().items()} == expected
    sweeps.check_memory_is_back()


def test_ctrl_c_leaves_nothing_on_the_gpu(sweeps: Sweeps) -> None:
    long = sweeps.words(0, 1, **{"training.min_steps": "100000", "training.eval_steps": "50000"})
    with subprocess.Popen(
        cli.command(*long, folder=sweeps.folder),
        cwd=cli.REPOSITORY,
        env=cli.environment(sweeps.folder, sweeps.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as sweep:
        while not sweeps.steps.exists():
            assert sweep.poll() is None
            time.sleep(0.2)
        sweep.send_signal(signal.SIGINT)
        time.sleep(1)
        sweep.send_signal(signal.SIGINT)  # once lets what runs come to its end
        assert sweep.wait(timeout=60) != 0
    sweeps.check_memory_is_back()
