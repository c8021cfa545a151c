"""Batches that do not fit a GPU are learnt once for a row: by a cell that ran out of memory, or by arithmetic."""

import json
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.methods.halve import halved
from bench.results.record import Status
from bench.running.devices import Gpu
from bench.settings import Settings
from bench.sweep import handle, slots, smaller_batches, worker
from bench.sweep.messages import Ended, Job
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions, Slot
from bench.sweep.smaller_batches import SmallerBatches
from tests.test_cell import content

GB = 10**9
FITTING = {3: 4, 5: 0}
"""By the adapters' rank, the largest batch that fits the made-up GPU; any for other ranks."""
NOTES = "notes.jsonl"
LARGE, SMALL = Slot("cuda:0", "GPU-0000", memory=80 * GB), Slot("cuda:1", "GPU-1111", memory=8 * GB)


def cell(seed: int, **options: Any) -> Cell:
    sizes = {"training__per_device_train_batch_size": 16, "training__per_device_eval_batch_size": 16}
    return to_cell(content(seed=seed, **{"training__min_steps": 0} | sizes | options))


def serve_notes(connection: Connection, slot: Slot, parent: int) -> None:
    """In the worker process: the real loop over jobs, with notes in the place of models."""
    worker._run = take_note
    worker.serve(connection, slot, parent)


def take_note(job: Job, *_: object) -> Sequence[Ended]:
    first = job.cells[0]
    smaller = halved(first, job.halvings)
    assert smaller is not None
    assert smaller.training is not None
    batch, rank = smaller.training.per_device_train_batch_size, getattr(first.method, "r")  # noqa: B009
    with Path(job.settings.results_dir, NOTES).open("a") as file:
        file.write(json.dumps([rank, len(job.cells), batch]) + "\n")
    return [Ended("oom" if batch > FITTING.get(rank, 16) else "ok") for _ in job.cells]


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "visible_gpus", lambda: [Gpu(uuid="GPU-0000", name="A100", total_memory=80 * GB)])
    monkeypatch.setattr(handle, "serve", serve_notes)


def run(cells: list[Cell], folder: Path, **options: Any) -> list[list[int]]:
    """Run the cells; rank, cells and batch of each job, in the order of start."""
    settings = Settings(results_dir=str(folder), **options)
    with Progress(cells) as progress:
        run_pool(cells, settings, progress, {each.key: None for each in cells}, PoolOptions())
    assert progress.done == len(cells)
    return [json.loads(line) for line in (folder / NOTES).read_text().splitlines()]


def test_a_row_begins_with_what_its_first_cell_fitted_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cells = [cell(seed, method__r=3, train_size=100 + seed) for seed in range(4)]
    jobs = run([*cells, cell(9, method__r=4)], tmp_path)
    assert [batch for rank, _, batch in jobs if rank == 3] == [16, 8, 4, 4, 4, 4]
    assert [batch for rank, _, batch in jobs if rank == 4] == [16], "another row"
    assert capsys.readouterr().out.count("begins with batches of 4, for larger ones do not fit the GPU") == 1


def test_where_nothing_fits_the_other_cells_are_tried_once(tmp_path: Path) -> None:
    jobs = run([cell(seed, method__r=5) for seed in range(3)], tmp_path)
    assert [batch for _, _, batch in jobs] == [16, 8, 4, 2, 1, 1, 1, 1], "a batch of 1, then its activations again"


def test_a_row_of_smaller_batches_is_not_stacked(tmp_path: Path) -> None:
    jobs = run([cell(seed, method__r=3) for seed in range(4)], tmp_path, engine="fused")
    assert jobs[0] == [3, 4, 16]
    assert {size for _, size, batch in jobs if batch < 16} <= {1}


def test_what_is_learnt_is_of_a_row_and_of_the_memory(tmp_path: Path) -> None:
    batches = SmallerBatches([], Settings(results_dir=str(tmp_path)))
    batches.ended(cell(0), LARGE, Status.OOM, 0)
    assert (batches.halvings(cell(0), LARGE), batches.halvings(cell(1), LARGE)) == (1, 0), "it may not fit either"
    batches.ended(cell(0), LARGE, Status.OK, 1)
    other = Slot("cuda:2", "GPU-2222", memory=40 * GB)
    for like in (cell(1), cell(1, num_labels=3), cell(1, train_size=640)):
        assert batches.halvings(like, LARGE) == 1
        assert batches.halvings(like, other) == 0
    for unlike in (cell(1, method__r=3), cell(1, training__learning_rate=0.1), cell(1, training__max_length=64)):
        assert batches.halvings(unlike, LARGE) == 0


def test_a_cpu_teaches_nothing(tmp_path: Path) -> None:
    """What memory there is depends on what else the machine does."""
    batches, slot = SmallerBatches([], Settings(results_dir=str(tmp_path))), Slot("cpu")
    batches.ended(cell(0), slot, Status.OOM, 0)
    batches.ended(cell(0), slot, Status.OK, 1)
    assert (batches.halvings(cell(0), slot), batches.halvings(cell(1), slot)) == (1, 0)


def large(**options: Any) -> Cell:
    """A model whose activations are large: a batch of 16 texts of 512 tokens does not fit 8 GB."""
    sizes = {"parameters": 335, "hidden_size": 1024, "intermediate_size": 4096, "num_layers": 24}
    model = {"name": "large", "family": "bert", "source": "hub", "id": "someone/large", "vocabulary_size": 30522}
    return cell(0, model=model | sizes, training__max_length=512, **options)


@pytest.mark.parametrize(("longest", "batch"), [(512, 4), (None, 16), (40, 16)])
def test_by_arithmetic(longest: int | None, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that no record knows are taken for short."""
    monkeypatch.setattr(smaller_batches, "longest_text", lambda *_: longest)
    batches = SmallerBatches([large()], Settings(results_dir=str(tmp_path)))
    begun = halved(large(), batches.halvings(large(), SMALL))
    assert begun is not None
    assert begun.training is not None
    assert begun.training.per_device_train_batch_size == batch
    assert batches.halvings(large(), LARGE) == 0


def test_no_batch_is_made_smaller_where_that_would_not_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smaller_batches, "longest_text", lambda *_: 512)
    tiny = Slot("cuda:0", "GPU-0000", memory=GB)
    assert SmallerBatches([large()], Settings(results_dir=str(tmp_path))).halvings(large(), tiny) == 0
