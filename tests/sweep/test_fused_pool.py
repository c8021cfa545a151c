"""The pool with `engine=fused`: what goes together, and that a failure of a stack costs no cell."""

import json
import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.methods.fused.groups import can_fuse
from bench.results import claims, store
from bench.results.record import Status
from bench.running.recording import failed
from bench.settings import FusedConfig, Settings
from bench.sweep import handle, slots, worker
from bench.sweep.messages import Ended, Job, Split, Unwritten
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from bench.sweep.stack_sizes import StackSizes
from tests.support import texts
from tests.support.cli import bench
from tests.sweep.test_pool_devices import GPUS
from tests.test_cell import BASELINE, content

NOTES = "notes.jsonl"
KILLED, SPLIT, HALF_DONE, HANGING = 100, 101, 102, 103
"""Seeds of cells with which a stack is killed, fails, is killed when one record is written, or hangs."""
LARGE, NO_PAIR, COUNTED = 1000, 2000, 3000
"""Train sizes of cells of which no more than two fit in a stack, and no two, as is found in the middle; and of which a
worker says that three do."""


def serve_notes(connection: Connection, slot: Slot, parent: int) -> None:
    """In the worker process: the real loop over jobs, with notes in the place of models."""
    worker._run = take_note
    worker.serve(connection, slot, parent)


def note(job: Job) -> list[int]:
    assert all(claims.read(cell.folder(job.settings.results_dir)) is not None for cell in job.cells)
    seeds = [cell.task.seed for cell in job.cells]
    with Path(job.settings.results_dir, NOTES).open("a") as file:
        file.write(json.dumps({"seeds": seeds, "process": os.getpid()}) + "\n")
    return seeds


def take_note(job: Job, *_: object) -> Sequence[Ended | Split | Unwritten]:
    seeds = note(job)
    if len(seeds) == 1:
        time.sleep(0.05)
        return [Ended("ok")]
    if HALF_DONE in seeds:
        record = failed(job.cells[0], Status.DIVERGED, ValueError("made up"), "2020-01-01T00:00:00+00:00", "cpu")
        store.write(job.cells[0].folder(job.settings.results_dir), record)
    if KILLED in seeds or HALF_DONE in seeds:
        os.kill(os.getpid(), signal.SIGKILL)
    if HANGING in seeds:
        time.sleep(60)
    size = job.cells[0].task.train_size
    if (size == LARGE and len(seeds) > 2) or size == NO_PAIR:
        return [Split("OutOfMemoryError: made up", most=max(1, len(seeds) // 2))]
    if size == COUNTED and len(seeds) > 3:
        return [Split("3 cells fit in one stack", most=3, begun=False)]
    if SPLIT in seeds:
        return [Split("OutOfMemoryError: made up")]
    time.sleep(0.05)
    return [Ended("ok") for _ in seeds]


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:1])
    monkeypatch.setattr(handle, "serve", serve_notes)


def cell(seed: int, **options: Any) -> Cell:
    return to_cell(content(seed=seed, **{"training__min_steps": 0} | options))  # else the least steps make all alike


def run(cells: list[Cell], folder: Path, isolate: bool = False, **options: Any) -> list[list[int]]:
    """Run the cells with these settings; the seeds of each job, in the order of start."""
    settings = Settings(results_dir=str(folder), **{"engine": "fused", "fused": FusedConfig(max_cells=4)} | options)
    with Progress(cells) as progress:
        run_pool(cells, settings, progress, {each.key: None for each in cells}, PoolOptions(isolate=isolate))
    assert progress.done == len(cells)
    assert not list(folder.rglob(claims.CLAIM))
    return [json.loads(line)["seeds"] for line in (folder / NOTES).read_text().splitlines()]


def test_cells_of_one_model_and_method_go_together(tmp_path: Path) -> None:
    cells = [cell(seed, num_labels=2 + seed % 2, train_size=100 + seed) for seed in range(6)]
    others = [cell(10, model=BASELINE), cell(11, method={"name": "linear_probe"}), cell(12, method__r=3)]
    jobs = run([*cells, *others], tmp_path)
    assert sorted(map(len, jobs)) == [1, 1, 1, 3, 3], "two stacks of like sizes, for no more than four go in one"
    assert sorted(seed for job in jobs for seed in job) == [0, 1, 2, 3, 4, 5, 10, 11, 12]
    assert {frozenset(job) for job in jobs if len(job) > 1} == {frozenset({5, 4, 3}), frozenset({2, 1, 0})}, (
        "like sizes"
    )


def test_single_is_the_default(tmp_path: Path) -> None:
    assert Settings().engine == "single"
    assert run([cell(seed) for seed in range(3)], tmp_path, engine="single") == [[0], [1], [2]]


def test_a_fresh_process_for_every_cell_fuses_none(tmp_path: Path) -> None:
    assert run([cell(seed) for seed in range(3)], tmp_path, isolate=True) == [[0], [1], [2]]


def test_devices_share_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS)
    jobs = run([cell(seed) for seed in range(8)], tmp_path)
    assert sorted(map(len, jobs)) == [2, 2, 2, 2], "no device waits while another has a stack of four"


def test_long_and_short_cells_are_dealt_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: GPUS[:2])
    jobs = run([cell(seed, train_size=100 * (seed + 1)) for seed in range(6)], tmp_path)
    assert sorted(map(sorted, jobs)) == [[0, 2, 4], [1, 3, 5]], "a device with all long ones would end last"


@pytest.mark.parametrize("seed", [KILLED, SPLIT])
def test_what_fails_together_is_run_one_by_one(seed: int, tmp_path: Path) -> None:
    jobs = run([cell(0), cell(1), cell(seed), cell(3), cell(4), cell(5)], tmp_path)
    assert sorted(map(tuple, jobs), key=len) == [(0,), (1,), (seed,), (0, 1, seed), (3, 4, 5)]
    assert not list(tmp_path.rglob(store.RECORD)), "it has cost no cell"


@pytest.mark.parametrize("max_cells", [8, "auto"])
def test_a_stack_that_does_not_fit_is_halved(max_cells: int | Literal["auto"], tmp_path: Path) -> None:
    """Which is known from then on of all cells like those, and not of others."""
    cells = [cell(seed, train_size=LARGE) for seed in range(16)]
    others = [cell(seed, method__r=3) for seed in range(20, 26)]
    jobs = run([*cells, *others], tmp_path, fused=FusedConfig(max_cells=max_cells))
    large = [len(job) for job in jobs if job[0] < 20]
    assert large == [8, 4] + [2] * 8
    assert [len(job) for job in jobs if job[0] >= 20] == [6]
    assert not list(tmp_path.rglob(store.RECORD)), "it has cost no cell"


def test_where_no_two_fit_all_of_them_run_alone(tmp_path: Path) -> None:
    jobs = run([cell(seed, train_size=NO_PAIR) for seed in range(8)], tmp_path)
    assert [len(job) for job in jobs] == [4, 2] + [1] * 8, "no other two are tried"


def test_what_a_smaller_stack_has_shown_holds() -> None:
    """Also where a larger one, which was begun before, fails after it."""
    sizes = StackSizes(FusedConfig(max_cells=32))
    slot, larger = Slot("cuda:0", "GPU-0000", memory=8 << 30), Slot("cuda:1", "GPU-1111", memory=80 << 30)
    for size in (8, 2, 4):
        sizes.did_not_fit(cell(0), slot, size)
    assert sizes.limit(cell(1), slot) == 2
    assert sizes.limit(cell(1), larger) == 32, "there is more memory there"
    assert sizes.limit(cell(1, method__r=3), slot) == 32


def test_a_worker_says_how_many_fit(tmp_path: Path) -> None:
    """Nothing has failed: its process stays, and nobody is told."""
    jobs = run([cell(seed, train_size=COUNTED) for seed in range(8)], tmp_path, fused=FusedConfig())
    assert [len(job) for job in jobs] == [8, 3, 3, 2]
    notes = [json.loads(line) for line in (tmp_path / NOTES).read_text().splitlines()]
    assert len({note["process"] for note in notes}) == 1


@pytest.mark.parametrize("seed", [KILLED, SPLIT])
def test_one_cell_of_a_large_stack_makes_few_run_alone(seed: int, tmp_path: Path) -> None:
    cells = [cell(each) for each in (*range(19), seed)]
    jobs = run(cells, tmp_path, fused=FusedConfig(max_cells=20))
    assert len(jobs[0]) == 20
    assert sorted(map(len, jobs)) == [1] * 6 + [6, 7, 7, 20], "20 in three, of which one fails"
    assert not list(tmp_path.rglob(store.RECORD)), "it has cost no cell"


def test_a_record_that_is_written_counts(tmp_path: Path) -> None:
    jobs = run([cell(0), cell(1), cell(HALF_DONE)], tmp_path)
    assert jobs == [[0, 1, HALF_DONE], [1], [HALF_DONE]]
    assert store.status(cell(0).folder(tmp_path)) is Status.DIVERGED


def test_a_stack_has_the_time_of_all_its_cells(tmp_path: Path) -> None:
    started = time.monotonic()
    jobs = run([cell(0), cell(HANGING)], tmp_path, timeout_minutes=5 / 60)
    assert jobs == [[0, HANGING], [0], [HANGING]]
    assert time.monotonic() - started >= 10


def test_what_must_agree() -> None:
    first = can_fuse(cell(0))
    same = [
        cell(1, num_labels=3), cell(0, train_size=640), cell(0, training__learning_rate=0.1),
        cell(0, training__per_device_train_batch_size=2),
    ]  # fmt: skip
    assert all(can_fuse(other) == first for other in same)
    others = [
        cell(0, method__r=2), cell(0, method__name="qlora"), cell(0, training__precision="bf16"),
        cell(0, training__max_length=9), cell(0, training__optim="sgd"), cell(0, data__name="else"),
    ]  # fmt: skip
    keys = [first, *map(can_fuse, others)]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    refused = [
        cell(0, method__use_dora=True), cell(0, training__gradient_checkpointing=True),
        cell(0, tune={"learning_rate": [0.1, 0.2]}), cell(0, model=BASELINE), cell(0, method={"name": "full"}),
    ]  # fmt: skip
    assert [can_fuse(other) for other in refused] == [None] * len(refused)


def test_a_sweep_with_real_workers(mirror: Path, tmp_path: Path) -> None:
    """The command that a user types, on a tiny model: a stack, and a baseline beside it."""
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    ended = bench(
        "-m", "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "model=bert_base,tfidf_sgd",
        "train_size=8,16", "seed=0,1", "training.num_train_epochs=1", "training.min_steps=2", "engine=fused",
        f"mirror_dir={mirror}", "device=cpu", folder=tmp_path, light=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    records = [store.read(folder) for folder in store.scan(tmp_path / "results")]
    fused = [r.measurements.fused.cells for r in records if r.measurements.fused is not None]
    assert (len(records), fused) == (8, [4] * 4)
