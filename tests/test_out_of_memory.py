"""Memory that runs out is told from other errors, however libraries say it."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bench.config import TransformerConfig
from bench.config.method.base import FourBit
from bench.models import load
from bench.results.record import Status
from bench.running import memory
from bench.running.run import status_of


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 8 GiB"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
        torch.AcceleratorError("CUDA error: out of memory", 2),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("Triton Error [CUDA]: out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("std::bad_alloc"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
    ids=lambda error: str(error)[:40],
)
def test_all_its_forms(error: Exception) -> None:
    assert status_of(error) is Status.OOM
    wrapped = ValueError("while a model was loaded")
    wrapped.__cause__ = error
    assert status_of(wrapped) is Status.OOM
    assert status_of(ExceptionGroup("of two threads", [ValueError("x"), error])) is Status.OOM


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: device-side assert triggered"),
        ValueError("a text that says: out of memory"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_other_errors(error: Exception) -> None:
    assert status_of(error) is Status.ERROR


def test_an_error_that_was_dealt_with_counts_no_more() -> None:
    def deals_with_it() -> None:
        try:
            raise MemoryError
        except MemoryError:
            raise ValueError("something else") from None

    with pytest.raises(ValueError, match="something else") as raised:
        deals_with_it()
    assert status_of(raised.value) is Status.ERROR


LLAMA = TransformerConfig(name="tiny", family="llama", source="hub", id="tiny/llama")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 MiB"), Status.OOM),
        (RuntimeError("an image of a kernel is missing"), Status.ERROR),
    ],
)
def test_while_weights_are_put_in_4_bits(
    error: Exception, status: Status, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.integrations import bitsandbytes

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(bitsandbytes.Bnb4bitQuantize, "convert", fails)
    quantization = FourBit("nf4", double_quant=True)
    with pytest.raises(RuntimeError, match=str(error).split(".", maxsplit=1)[0]) as raised:
        load.load_classifier_base(
            LLAMA, str(tiny_models["llama"]), precision="bf16", quantization=quantization, device="cpu"
        )
    assert "weights of tiny could not be loaded" in str(raised.value)
    assert status_of(raised.value) is status


def test_a_cell_on_the_cpu_leaves_the_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(*_: object) -> None:
        raise AssertionError("the GPU was begun")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for name in ("empty_cache", "reset_peak_memory_stats", "max_memory_allocated"):
        monkeypatch.setattr(torch.cuda, name, begun)
    memory.release()
    memory.reset_peak()
    assert memory.peak_device() is None


def test_it_needs_no_torch() -> None:
    program = (
        "import sys; from bench.running.out_of_memory import is_out_of_memory as i; "
        "assert i(MemoryError()) and not i(ValueError()); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
