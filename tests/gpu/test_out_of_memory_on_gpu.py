"""A GPU's memory that runs out: the cell says so, half the batch is tried, and a stack is divided."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.cell import Cell
from bench.results.record import Status
from bench.running.memory import release
from bench.settings import Settings
from tests.gpu import folders as made
from tests.gpu import topics
from tests.gpu.cells import Row, cells
from tests.gpu.needs import needs
from tests.gpu.shapes import SHAPES

pytestmark = pytest.mark.gpu

HOLD = """\
import sys, torch
free, _ = torch.cuda.mem_get_info()
held = torch.empty(free - int(sys.argv[1]), dtype=torch.uint8, device="cuda")
print("held", flush=True)
sys.stdin.read()
"""
"""Takes all of the GPU's free memory but so many bytes until its input ends."""
LEFT = 400 << 20


@pytest.fixture(scope="module")
def cell(device: str, tmp_path_factory: pytest.TempPathFactory) -> Cell:
    """BERT base on a file of texts, with batches of 256."""
    root = tmp_path_factory.mktemp("large")
    shape = SHAPES["bert_base"] if device == "cuda" else SHAPES["bert_base"].tiny()
    folder = made.build(shape, root / "model", device)
    (cell,) = cells(Row(shape, "lora", "fp32"), folder, [2], per_device_train_batch_size=256, min_steps=2)
    data = replace(cell.task.data, path=str(topics.write_csv(root / "topics.csv")))
    return replace(cell, task=replace(cell.task, data=data, train_size=256))


@pytest.fixture
def run_one(device: str, tmp_path: Path) -> Callable[..., tuple[Status, object, int]]:
    """Runs a cell; its status, how it was halved, and the most memory that was taken of the device."""
    needs("pandas", "pyarrow")
    from bench.running.run import run_cell

    def run(cell: Cell, **options: int) -> tuple[Status, object, int]:
        release()
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        record = run_cell(cell, Settings(results_dir=str(tmp_path), device=device), **options)
        halved = None if record.measurements is None else record.measurements.halved
        peak = torch.cuda.max_memory_reserved() if device == "cuda" else 0
        return record.status, halved, peak

    return run


@pytest.fixture
def limited() -> Iterator[Callable[[int], None]]:
    """Limits what this process takes of the GPU to so many bytes, until the test is over."""

    def limit(most: int) -> None:
        release()
        torch.cuda.set_per_process_memory_fraction(most / torch.cuda.get_device_properties(0).total_memory)

    yield limit
    torch.cuda.set_per_process_memory_fraction(1.0)


def test_both_ways_run(cell: Cell, run_one: Callable[..., tuple[Status, object, int]]) -> None:
    status, halved, _ = run_one(cell)
    assert (status, halved) == (Status.OK, None)
    status, halved, _ = run_one(cell, halvings=1)
    assert status is Status.OK
    assert halved.train_batch_size == 128  # type: ignore[attr-defined]


def test_what_does_not_fit_fits_in_halves(
    cell: Cell, gpu: str, run_one: Callable[..., tuple[Status, object, int]], limited: Callable[[int], None]
) -> None:
    _, _, whole = run_one(cell)
    _, _, half = run_one(cell, halvings=1)
    assert half < 0.8 * whole
    limited((whole + half) // 2)
    status, _, _ = run_one(cell)
    assert status is Status.OOM
    status, halved, _ = run_one(cell, halvings=1)
    assert status is Status.OK
    assert halved is not None


def test_a_card_that_others_have_filled_is_out_of_memory_and_no_error(
    cell: Cell, gpu: str, run_one: Callable[..., tuple[Status, object, int]]
) -> None:
    run_one(cell)  # its context and libraries are there before the memory is gone
    release()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(LEFT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as blocker:
        assert blocker.stdout is not None
        assert blocker.stdin is not None
        assert blocker.stdout.readline() == "held\n"
        status, _, _ = run_one(cell)
        blocker.stdin.close()
    assert status is Status.OOM
    assert run_one(cell)[0] is Status.OK


def test_a_stack_that_does_not_fit_is_told_before_it_begins(
    folders: dict[str, Path], device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("pandas", "pyarrow")
    from bench.methods.fused import capacity
    from bench.running.measuring import TooMany
    from bench.running.run import run

    data = topics.write_csv(tmp_path / "topics.csv")
    of = [topics.cell("llama", folders["llama"], seed=seed) for seed in range(8)]
    of = [replace(each, task=replace(each.task, data=replace(each.task.data, path=str(data)))) for each in of]
    monkeypatch.setattr(capacity, "max_stack_size", lambda cells, *_: min(len(cells), 4))
    settings = Settings(results_dir=str(tmp_path / "results"), device=device)
    with pytest.raises(TooMany) as told:
        run(of, settings)
    records = [record for start in (0, 4) for record in run(of[start : start + told.value.most], settings)]
    fused = [record.measurements.fused for record in records if record.measurements is not None]
    assert [found.cells for found in fused if found is not None] == [4] * 8
