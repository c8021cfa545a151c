"""The pool on a machine with GPUs (made up): a worker a device, and never two cells at once on one."""

import json
import os
import signal
import time
from functools import partial
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.config import DataConfig, NestedSplitConfig, TfidfSgdConfig
from bench.data.task import Task
from bench.errors import UserError
from bench.results import claims, store
from bench.results.record import Status
from bench.running.devices import Gpu
from bench.settings import Settings
from bench.sweep import handle, health, slots, worker
from bench.sweep.messages import Ended, Job
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from bench.sweep.stopped import Stopped
from tests.test_cell import content

GPUS = [Gpu(uuid=f"GPU-{i}{i}{i}{i}", name="A100", total_memory=80 << 30) for i in range(4)]
UUIDS = [gpu.uuid for gpu in GPUS]
NOTE = "note.json"

KILLED, QUITTING, FAILING, HANGING, SILENT = 100, 101, 102, 103, 104
"""Seeds of the cells that kill their worker, that end it once they have answered, that fail wherever they run, that
never end, and whose worker closes its connection and never ends."""
ENDING = {110: "diverged", 111: "skipped", 112: "oom"}
"""Seeds of cells that end so."""
BROKEN = "GPU-2222"
"""On which every cell fails in the tests that say so."""


def serve_notes(connection: Connection, slot: Slot, parent: int) -> None:
    """In the worker process: the real loop over jobs, with notes in the place of models."""
    worker._run = partial(take_note, connection)
    worker.serve(connection, slot, parent)


def take_note(connection: Connection, job: Job, *_: object) -> list[Ended]:
    started = time.monotonic()
    (cell,) = job.cells
    seed = cell.task.seed
    if seed == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    folder = cell.folder(job.settings.results_dir)
    claim = claims.read(folder)
    assert claim is not None
    note = {
        "seed": seed, "devices": os.environ.get("CUDA_VISIBLE_DEVICES"), "process": os.getpid(),
        "threads": os.environ.get("OMP_NUM_THREADS"), "claimed": claim.device,
        "allocator": os.environ.get("PYTORCH_ALLOC_CONF"),
    }  # fmt: skip
    (folder / NOTE).write_text(json.dumps(note | {"started": started, "ended": time.monotonic()}))
    if seed == FAILING or (os.environ.get("BROKEN_GPU") == os.environ["CUDA_VISIBLE_DEVICES"]):
        return [Ended("error")]
    if seed in ENDING:
        return [Ended(ENDING[seed])]
    if seed == SILENT:
        connection.close()
    if seed in (HANGING, SILENT):
        time.sleep(600)
    if seed == QUITTING:
        signal.setitimer(signal.ITIMER_REAL, 0.05)  # SIGALRM ends the process, a moment after its answer
    return [Ended("ok")]


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four GPUs, as this process sees it."""
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS)
    monkeypatch.setattr(handle, "serve", serve_notes)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "what the shell said")


def cell(seed: int) -> Cell:
    task = Task(
        data=DataConfig(name="d", source="hub"), num_labels=2, train_size=8, seed=seed, split=NestedSplitConfig()
    )
    return Cell(task=task, model=TfidfSgdConfig(name="t", family="tfidf_sgd"), method=None, training=None)


def run(seeds: list[int], folder: Path, device: Any = "auto", **options: Any) -> list[dict[str, Any]]:
    """Run cells of these seeds with these options of the pool; what their workers noted, in the order of start."""
    cells = [cell(seed) for seed in seeds]
    settings = Settings(results_dir=str(folder), device=device)
    with Progress(cells) as progress:
        run_pool(cells, settings, progress, {cell.key: None for cell in cells}, PoolOptions(**options))
    assert progress.done == len(cells)
    notes = [json.loads(path.read_text()) for path in folder.rglob(NOTE)]
    return sorted(notes, key=lambda note: note["started"])


def test_every_device_has_a_worker_of_its_own(gpus: None, tmp_path: Path) -> None:
    notes = run(list(range(12)), tmp_path)
    assert sorted(note["seed"] for note in notes) == list(range(12))
    assert {note["devices"] for note in notes} == set(UUIDS)
    assert len({note["process"] for note in notes}) == 4, "workers stay"
    for uuid in UUIDS:
        of_device = [note for note in notes if note["devices"] == uuid]
        assert len({note["process"] for note in of_device}) == 1
        assert all(earlier["ended"] <= later["started"] for earlier, later in pairwise(of_device))
    assert {note["allocator"] for note in notes} == {"expandable_segments:True"}
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "what the shell said"


def test_no_more_workers_than_cells(gpus: None, tmp_path: Path) -> None:
    notes = run([0, 1], tmp_path)
    assert [note["devices"] for note in sorted(notes, key=lambda note: note["seed"])] == UUIDS[:2]


def test_on_the_cpu_one_worker_sees_the_devices_as_they_were(gpus: None, tmp_path: Path) -> None:
    notes = run([0, 1, 2], tmp_path, device="cpu")
    assert {note["devices"] for note in notes} == {"what the shell said"}
    assert len({note["process"] for note in notes}) == 1


def test_a_killed_worker_is_replaced_on_its_device(gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    notes = run([0, KILLED, 1, 2], tmp_path)
    assert [note["seed"] for note in notes] == [0, 1, 2]
    assert {note["devices"] for note in notes} == {UUIDS[0]}
    processes = [note["process"] for note in notes]
    assert processes[0] != processes[1] == processes[2]
    record = store.read(cell(KILLED).folder(tmp_path))
    assert record is not None
    assert record.status is Status.CRASHED
    assert record.failure is not None
    assert "SIGKILL" in record.failure.message


def test_a_worker_that_dies_between_cells_costs_none(
    gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    real = handle.Handle.receive

    def slow(self: handle.Handle) -> Any:
        message = real(self)
        time.sleep(0.3)  # meanwhile the process is gone
        return message

    monkeypatch.setattr(handle.Handle, "receive", slow)
    assert [note["seed"] for note in run([QUITTING, 0, 1], tmp_path)] == [QUITTING, 0, 1]


def trained(seed: int) -> Cell:
    """A cell that needs a GPU."""
    return to_cell(content(seed=seed))


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The GPUs that were tried; `BROKEN` is."""
    asked: list[str] = []

    def tried(uuid: str, timeout: float) -> str | None:
        asked.append(uuid)
        return "CUDA error: uncorrectable ECC error encountered" if uuid == os.environ.get("BROKEN_GPU") else None

    monkeypatch.setattr(health, "tried", tried)
    return asked


def run_trained(seeds: list[int], folder: Path) -> tuple[Progress, list[dict[str, Any]]]:
    cells = [trained(seed) for seed in seeds]
    with Progress(cells) as progress:
        stamps = {each.key: None for each in cells}
        run_pool(cells, Settings(results_dir=str(folder), device="cuda"), progress, stamps, PoolOptions())
    return progress, [json.loads(path.read_text()) for path in folder.rglob(NOTE)]


def test_a_broken_gpu_is_used_no_more(
    gpus: None, probes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROKEN_GPU", BROKEN)
    progress, notes = run_trained(list(range(16)), tmp_path)
    assert progress.done == 16
    assert sorted(note["seed"] for note in notes) == list(range(16))
    assert BROKEN not in {note["devices"] for note in notes}, "its cell was run again elsewhere"
    assert probes == [BROKEN]
    said = capsys.readouterr().out
    assert "warning: cuda:2 is used no more: CUDA error: uncorrectable ECC error" in said
    assert said.count("ok: ") == 16


def test_without_another_gpu_the_sweep_stops(
    gpus: None, probes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[2:3])
    monkeypatch.setenv("BROKEN_GPU", BROKEN)
    with pytest.raises(Stopped, match="cuda:0 can't be used any more, and there is no other: CUDA error"):
        run_trained([0, 1, 2, 3], tmp_path)
    assert len(list(tmp_path.rglob(NOTE))) == 1


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(("seed", "status"), [(HANGING, Status.TIMEOUT), (SILENT, Status.CRASHED)])
def test_a_process_that_cannot_be_ended_is_not_waited_for(
    seed: int, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A process that hangs in the driver of a lost GPU outlives SIGKILL."""
    left: list[Any] = []

    def spare(process: Any) -> None:
        left.append(process)

    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:2])
    monkeypatch.setattr(handle, "KILL_SECONDS", 0.1)
    monkeypatch.setattr(handle.BaseProcess, "kill", spare)
    cells = [cell(number) for number in (seed, 0, 1, 2, 3)]
    settings = Settings(results_dir=str(tmp_path), device="cuda", timeout_minutes=0.05)
    with Progress(cells) as progress:
        run_pool(cells, settings, progress, {each.key: None for each in cells}, PoolOptions())
    monkeypatch.undo()
    for process in left:
        process.kill()
    assert progress.done == 5
    assert "is used no more: a process that was ended there does not go" in capsys.readouterr().out
    assert store.status(cell(seed).folder(tmp_path)) is status


def test_a_gpu_is_shared_by_its_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from bench.methods.fused import capacity
    from bench.running import devices

    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (70 << 30, 80 << 30))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 1 << 30)
    assert capacity.available_memory() == 71 << 30
    both = slots.slots(PoolOptions(per_device=2), Settings(device="cuda"))
    assert [slot.sharing for slot in both] == [2, 2]
    monkeypatch.setattr(devices, "workers_on_gpu", both[0].sharing)
    assert capacity.available_memory() == 40 << 30


def test_cells_that_fail_by_themselves_cost_no_gpu(gpus: None, probes: list[str], tmp_path: Path) -> None:
    progress, _ = run_trained([0, 1, 2, FAILING], tmp_path)
    assert progress.done == 4
    assert len(probes) == 1


def processes(notes: list[dict[str, Any]]) -> int:
    return len({note["process"] for note in notes})


@pytest.mark.parametrize(("seed", "count"), [(110, 1), (111, 1), (112, 2), (FAILING, 2), (KILLED, 2)])
def test_what_costs_a_process(
    gpus: None, seed: int, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell whose loss is not finite, or whose data does not suffice, says so itself: the process is as good."""
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    notes = run([0, seed, 1], tmp_path)
    assert processes([note for note in notes if note["seed"] in (0, 1)]) == count


def test_some_of_the_devices(gpus: None, tmp_path: Path) -> None:
    notes = run(list(range(6)), tmp_path, devices=(2, UUIDS[0]))
    assert {note["devices"] for note in notes} == {UUIDS[0], UUIDS[2]}
    assert {note["claimed"] for note in notes} == {"cuda:0", "cuda:2"}


@pytest.mark.parametrize("devices", [7, "GPU-9", ("GPU-", 1)])
def test_a_device_that_is_not_there(gpus: None, devices: Any) -> None:
    with pytest.raises(
        UserError, match=r"hydra\.launcher\.devices=.*: there is no one GPU .*; visible are 0 \(A100, GPU-0000\)"
    ):
        slots.slots(PoolOptions(devices=devices), Settings())


def test_options_of_the_other_kind_of_device(gpus: None) -> None:
    with pytest.raises(UserError, match=r"hydra\.launcher\.workers is for the CPU"):
        slots.slots(PoolOptions(workers=2), Settings())
    with pytest.raises(UserError, match=r"hydra\.launcher\.devices=1, but cells run on the CPU"):
        slots.slots(PoolOptions(devices=1), Settings(device="cpu"))


def test_workers_that_share_a_device(gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:2])
    notes = run(list(range(8)), tmp_path, per_device=2)
    assert processes(notes) == 4
    for uuid in UUIDS[:2]:
        assert processes([note for note in notes if note["devices"] == uuid]) == 2


def test_workers_on_the_cpu_share_its_cores(gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS")
    notes = run(list(range(6)), tmp_path, device="cpu", workers=3)
    assert processes(notes) == 3
    assert {note["threads"] for note in notes} == {"2"}


def test_a_fresh_process_every_so_many_cells(gpus: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    assert processes(run([0, 1, 2, 3, 4], tmp_path / "a", cells_per_worker=2)) == 3
    assert processes(run([0, 1, 2], tmp_path / "b", isolate=True)) == 3
