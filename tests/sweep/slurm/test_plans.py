"""`command=plan` and `command=status` of a sweep that Slurm will run say what it is asked for, and count with that."""

from pathlib import Path

import pytest

from bench.results.claims import Claims
from bench.results.record import Status
from bench.settings import Settings
from bench.sweep import slots
from bench.sweep.runners import pool
from bench.sweep.runners.slurm import Slurm
from bench.sweep.slurm.options import SlurmOptions
from tests.support.cli import composed
from tests.sweep import simulated

SLURM = ("hydra/launcher=slurm", "model=tfidf_sgd", "seed=0,1,2,3")
"""8 cells, of which `half` leaves 4."""


@pytest.fixture
def half(words: list[str], tmp_path: Path) -> list[str]:
    """4 of 8 cells took 60 s each on a processor that is not this machine's."""
    words = [*words, *SLURM]
    simulated.finish(
        composed(*words), tmp_path / "results", lambda cell: Status.OK if cell.task.seed < 2 else None, lambda _: 60.0
    )
    return words


@pytest.mark.parametrize(
    ("options", "said_so"),
    [
        (
            ["device=cpu", "hydra.launcher.max_running=2", "hydra.launcher.partition=fast"],
            "On Slurm (partition fast): 2 of 4 tasks at once (hydra.launcher.max_running=2), each with no GPU and 4 "
            "CPUs. In all about 4 min of work; done in about 2 min.",
        ),
        (
            ["device=auto", "hydra.launcher.gpus_per_task=0", "hydra.launcher.cpus_per_task=1"],
            "On Slurm: 4 of 4 tasks at once (as many as the cluster lets), each with no GPU and 1 CPU. In all about "
            "4 min of work; done in about 60 s.",
        ),
        (
            [
                "device=cpu",
                "hydra.launcher.cells_per_job=2",
                "hydra.launcher.workers=2",
                "hydra.launcher.max_running=1",
            ],
            "1 of 2 tasks at once (hydra.launcher.max_running=1), each with no GPU and 4 CPUs for 2 cells. In all "
            "about 4 min of work; done in about 2 min.",
        ),
    ],
)
def test_a_plan_says_slurm(
    half: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said_so: str
) -> None:
    said = simulated.said("plan", [*half, *options], tmp_path, capsys)
    assert said_so in said
    assert "On the CPU" not in said
    assert "worker" not in said


def test_a_plan_with_gpus(half: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of this machine's own, and a task's second GPU, which one cell leaves idle, is paid for too."""
    gpus = ("device=cuda", "hydra.launcher.gpus_per_task=2", "price_per_gpu_hour=3600", "hydra.launcher.max_running=3")
    said = simulated.said("plan", [*half, *gpus], tmp_path, capsys)
    assert (
        "On Slurm: 3 of 4 tasks at once (hydra.launcher.max_running=3), each with 2 GPUs and 4 CPUs. In all about"
        in said
    )
    hours = float(said.partition("GPU-hours, ")[2].split()[0].replace(",", ""))
    plain = simulated.said("plan", [*half, *gpus, "hydra.launcher.gpus_per_task=1"], tmp_path, capsys)
    assert hours == pytest.approx(2 * float(plain.partition("GPU-hours, ")[2].split()[0].replace(",", "")), rel=0.02)


def test_the_time_left_is_that_of_the_tasks(
    half: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not only of those that the queue has let through so far."""
    words = [*half, "device=cpu", "hydra.launcher.max_running=2"]
    assert "Left: about 2 min with 2 tasks of Slurm at once, none now" in simulated.said(
        "status", words, tmp_path, capsys
    )
    running = next(cell for cell in simulated.finish(composed(*words), tmp_path, lambda _: None) if cell.task.seed == 2)
    with Claims(tmp_path / "results", launcher="slurm") as claims:
        assert claims.take(running.folder(tmp_path / "results"), "cpu")
        said = simulated.said("status", words, tmp_path, capsys)
    assert "Left: about 2 min with 2 tasks of Slurm at once, 1 cell now" in said


def test_cells_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pool, slots):
        monkeypatch.setattr(module, "visible_gpus", lambda: pytest.fail("the GPUs are elsewhere"))

    def at_once(cells: int, **options: int) -> tuple[int, int, int]:
        place = Slurm(SlurmOptions(**options)).workforce(Settings(), cells)
        return place.workers, place.devices, place.per_device

    assert at_once(10) == (10, 10, 1)
    assert at_once(10, max_running=4) == (4, 4, 1)
    assert at_once(10, max_running=40, cells_per_job=3) == (4, 4, 1)
    assert at_once(10, max_running=1, per_device=2) == (2, 1, 2)
    assert at_once(10, per_device=2, cells_per_job=5, gpus_per_task=1) == (4, 2, 2)
    assert at_once(10, per_device=2, gpus_per_task=2) == (10, 20, 1)
    assert at_once(0) == (1, 1, 1)


@pytest.mark.parametrize(
    ("options", "cells", "of_a_task"),
    [
        ({}, 1000, 1),  # the cluster may run all at once
        ({"max_running": 8}, 31, 1),
        ({"max_running": 8}, 64, 2),
        ({"max_running": 8}, 1000, 8),
        ({"max_running": 8, "cells_per_job": 3}, 1000, 3),
        ({"cells_per_job": 3}, 2, 3),
        ({"max_running": 8}, 0, 1),
    ],
)
def test_cells_of_a_task(options: dict[str, int], cells: int, of_a_task: int) -> None:
    assert SlurmOptions(**options).cells_of_a_task(cells) == of_a_task
