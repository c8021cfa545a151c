"""The tables that a GPU fills are the right ones: tried on a CPU with tiny models, and by numbers that are known."""

import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from threading import BrokenBarrierError
from types import SimpleNamespace

import pytest
import torch
from torch.autograd import DeviceType

from bench.methods.fused import blocks
from bench.methods.fused.groups import can_fuse
from tests.gpu.cells import Row, context
from tests.gpu.folders import build
from tests.gpu.shapes import SHAPES
from tests.perf.gpu import counting, table
from tests.perf.gpu.__main__ import ROWS, STACKS, rows_of
from tests.perf.gpu.card import Card
from tests.perf.gpu.counting import LAUNCHES, Profiled, Waits, profiled
from tests.perf.gpu.frozen import Frozen, frozen
from tests.perf.gpu.recorder import TIMED, WARM_UP, WINDOW, Recorder, Window
from tests.perf.gpu.sharing import shared
from tests.perf.gpu.steps import Step, estimated, ladder_of, multiplied_weights, steps
from tests.perf.gpu.whole import Whole, whole
from tests.support.cli import REPOSITORY

CARD = Card("NVIDIA H100 80GB HBM3", 80 << 30, 700e12, 2.5e12, 4e-6)
LLAMA = Row(SHAPES["llama3_2_1b"], "lora", "bf16")

HEAD = f"| {' | '.join(table.STEP_COLUMNS)} |"


def step(cells: int, seconds: float, *, is_stack: bool = True, on_gpu: bool = True) -> Step:
    counted = Profiled(2333, seconds / 4)
    window = Window(cells, seconds, counted, 3 if on_gpu else None, 5_000_000_000 if on_gpu else None)
    return Step("llama3_2_1b lora, bf16", is_stack, window, 309.0 * cells, 973_000_000, 6_250_000_000)


def test_a_line_of_steps() -> None:
    lines = table.of_steps([step(1, 0.022, is_stack=False), step(8, 0.044)], CARD)
    columns = [cell.strip() for cell in lines[0].strip("|").split("|")]
    alone, stacked = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:])
    assert dict(zip(columns, alone, strict=True)) == {
        "model": "llama3_2_1b lora, bf16", "cells": "1, by Trainer", "ms a step": "22.0", "ms a cell": "22.00",
        "x": "1.00", "samples/s": "727", "tokens/s": "14,045", "MFU": "5.5 %", "launches": "2,333", "busy": "25 %",
        "waits": "3", "memory GB": "5.00", "of estimate": "0.80",
    }  # fmt: skip
    # 4 operations x 973 M weights x 8 x 309 tokens in 44 ms are 219 TFLOP/s, of 989
    assert stacked[1:8] == ["8", "44.0", "5.50", "4.00", "2,909", "56,182", "22.1 %"]


def test_a_line_of_a_model() -> None:
    compiled = replace(step(8, 0.032), is_compiled=True)
    all_of = [step(1, 0.022, is_stack=False), step(8, 0.044), step(1, 0.0195), compiled]
    assert "| 8, compiled | 32.0 | 4.00 | 5.50 |" in table.of_steps(all_of, CARD)[-1]
    head, _, line = table.of_rows(all_of, CARD)
    assert head.startswith("| model | by Trainer, ms | stack of 1 | stack of 8 | 8, compiled | samples/s |")
    assert line == (
        "| llama3_2_1b lora, bf16 | 22.00 | 19.50 | 5.50 | 4.00 | 2,909 | 56,182 | 22.1 % | 2,333 | 5.00 | 0.80 |"
    )


def test_what_did_not_fit_is_left_out() -> None:
    other = Step("gpt2_xl qlora, bf16", False, step(1, 0.05).window, 309.0, 1_000_000_000, 6_250_000_000)
    lines = table.of_rows([step(1, 0.022, is_stack=False), step(8, 0.044), other], CARD)
    assert lines[-1].startswith("| gpt2_xl qlora, bf16 | 50.00 | - | - | 320 |")


def test_the_table_of_the_docs_is_the_one_that_is_printed() -> None:
    page = (REPOSITORY / "docs/several_gpus.md").read_text(encoding="utf-8").splitlines()
    start = page.index(f"| {' | '.join(table.row_columns(sorted(STACKS)))} |")
    rows = [line.split(" | ")[0].removeprefix("| ") for line in page[start + 2 : start + 2 + len(ROWS)]]
    assert rows == [Row(SHAPES[name], method, precision).name for name, method, precision in ROWS]


def test_what_a_cpu_cannot_say_is_left_out() -> None:
    lines = table.of_steps([step(1, 0.022, is_stack=False, on_gpu=False)], CARD)
    assert lines[-1].endswith("| 2,333 | - | - | - | - |")
    (line,) = table.of_whole([Whole("llama3_2_1b qlora, bf16", 8, 30.0, None, 7.5)])[2:]
    assert line.endswith("| 8 | 30.0 | - | 7.5 | 4.00 |")
    assert table.of_frozen([Frozen("bert_base, tf32", 0.0123, 4321.0)])[-1] == "| bert_base, tf32 | 12.3 | 4,321 |"


def test_utilization_is_of_the_data_sheet_where_it_is_known() -> None:
    assert (CARD.peak, "data sheet" in table.of_card(CARD)) == (989e12, True)
    other = Card("NVIDIA T4", 16 << 30, 50e12, 0.25e12, 5e-6)
    assert (other.peak, "measured here" in table.of_card(other)) == (50e12, True)


def test_weights_that_are_multiplied(tmp_path: Path) -> None:
    (cell,) = ladder_of(LLAMA, tmp_path, [1])
    assert multiplied_weights(cell) == pytest.approx(0.973e9, rel=0.001)
    stack = ladder_of(LLAMA, tmp_path, [4])
    # the frozen weights are there once: two bytes each
    assert 4 * estimated(stack[:1]) - estimated(stack) == pytest.approx(3 * 2 * 1.236e9, rel=0.01)


def test_a_ladder_of_cells_can_be_stacked_and_ends_in_steps(tmp_path: Path) -> None:
    cells = ladder_of(LLAMA, tmp_path, [4, 2, 1])
    assert [cell.task.train_size // 16 for cell in cells] == [3 * WINDOW, 2 * WINDOW, WINDOW, WINDOW]
    assert len({can_fuse(cell) for cell in cells}) == 1
    assert can_fuse(cells[0]) is not None


def test_a_compiled_stack_comes_after_the_plain_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BACKEND", "eager")  # a GPU's programs are made on a GPU
    row = rows_of(["minilm"], tiny=True)[0]
    build(row.shape, tmp_path / "model", "cpu")
    found = steps(row, tmp_path / "model", context(tmp_path / "cache", "cpu"), [2], compiled=True)
    kinds = [(step.is_stack, step.is_compiled, step.window.cells) for step in found]
    assert kinds == [(False, False, 1), (True, False, 2), (True, True, 2)]


def test_windows_are_timed_after_their_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("tests.perf.gpu.recorder.time.perf_counter", lambda: clock[0])
    recorder = Recorder("cpu", [2, 1])
    for number in range(2 * WINDOW):
        is_timed = WARM_UP <= number % WINDOW < WARM_UP + TIMED
        clock[0] += (2.0 if number < WINDOW else 1.0) if is_timed else 100.0
        recorder.on_step(number + 1, 2 * WINDOW, None)
    assert [(window.cells, window.seconds) for window in recorder.windows] == [(2, 2.0), (1, 1.0)]


def test_on_a_gpu_windows_have_memory_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: called.append("synchronize"))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: called.append("reset"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 7)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", called.append)
    recorder = Recorder("cuda", [1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this torch has no CUDA to profile
        for number in range(WINDOW):
            recorder.on_step(number + 1, WINDOW, None)
    (window,) = recorder.windows
    assert (window.peak_bytes, window.waits, window.profiled.launches) == (7, 0, 0)
    assert called == ["synchronize", "reset", "synchronize", "synchronize", "warn", "default"]


def test_launches_and_time_of_the_device_are_summed_once() -> None:
    def event(key: str, count: int, microseconds: float, kind: DeviceType) -> SimpleNamespace:
        return SimpleNamespace(
            key=key, count=count, self_device_time_total=microseconds, device_type=kind, is_user_annotation=False
        )

    events = [
        event("aten::mm", 10, 500.0, DeviceType.CPU),  # the time of its kernels, which is theirs
        event("cudaLaunchKernel", 10, 0.0, DeviceType.CPU),
        event("cuLaunchKernelEx", 3, 0.0, DeviceType.CPU),
        event("cudaMemcpyAsync", 2, 0.0, DeviceType.CPU),
        event("cudaStreamSynchronize", 2, 0.0, DeviceType.CPU),
        event("ampere_bf16_gemm", 10, 500.0, DeviceType.CUDA),
    ]
    assert profiled(events, LAUNCHES) == Profiled(15, 500e-6)


def test_waits_are_what_torch_warns_of(monkeypatch: pytest.MonkeyPatch) -> None:
    modes = []
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    waits = Waits()
    for text in ("called a synchronizing CUDA operation", "something else", "called a synchronizing CUDA operation"):
        warnings.warn(text, UserWarning, stacklevel=1)
    assert waits.stop() == 2
    assert modes == ["warn", "default"]


def test_rows_have_the_models_that_are_asked_for() -> None:
    assert [(row.shape.name, row.method, row.precision) for row in rows_of(None, tiny=False)] == list(ROWS)
    assert [row.shape.name for row in rows_of(["gemma3_1b"], tiny=True)] == ["tiny_gemma3_1b"]


def test_the_command_prints_its_tables(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.perf.gpu", "--device", "cpu", "--tiny", "--rows", "minilm", "--stacks", "2"]
    ended = subprocess.run(command, check=False, cwd=REPOSITORY, capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    lines = [line for line in lines[lines.index(HEAD) :] if line.startswith("| tiny_minilm")]
    cells = [line.split(" | ")[:2] for line in lines]
    assert cells == [[f"| tiny_minilm lora, {of}", many] for of in ("bf16", "tf32") for many in ("1, by Trainer", "2")]


def test_whole_cells_and_frozen_backbones(tmp_path: Path) -> None:
    row = Row(SHAPES["bert_base"].tiny(), "lora", "fp32")
    folder, where = build(row.shape, tmp_path / "model", "cpu"), context(tmp_path / "cache", "cpu")
    made = whole(row, folder, where, 2)
    assert (made.cells, made.two_workers) == (2, None)
    assert min(made.one_by_one, made.fused) > 0
    still = frozen(row, folder, where, tiny=True)
    assert min(still.step_seconds, still.texts_per_second) > 0


def test_a_process_that_fails_is_not_waited_for(tmp_path: Path) -> None:
    row = Row(SHAPES["bert_base"].tiny(), "lora", "fp32")
    with pytest.raises(BrokenBarrierError):
        shared(row, tmp_path / "none", "cpu", 2)


def test_without_a_gpu_it_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.perf.gpu"],
        check=False,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("error: torch sees no GPU")


def test_the_profiler_counts_operations_on_a_cpu() -> None:
    profiler = counting.Profiler("cpu")
    torch.ones(4) + torch.ones(4)
    assert profiler.stop().launches >= 3
