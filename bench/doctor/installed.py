"""Python, and torch's build against the driver."""

import platform
import sys
from collections.abc import Iterator

from bench.doctor.finding import Finding, ok, problem, problem_if
from bench.doctor.sweep import Sweep
from bench.running.devices import driver_cuda, driver_version
from bench.running.gpu_probe import way_out
from bench.running.torch_build import torch_build


def python(sweep: Sweep) -> Iterator[Finding]:
    """Which Python this is."""
    del sweep
    yield ok(f"{platform.python_version()}, {sys.executable}")


def torch(sweep: Sweep) -> Iterator[Finding]:
    """Whether the installed torch could use the driver that is there."""
    build, driver, newest = torch_build(), driver_version(), driver_cuda()
    if build is None:
        yield problem("torch is not installed", "pip install torch (https://pytorch.org says which)")
        return
    text = f"{build.version}, for {'the CPU alone' if build.cuda is None else f'CUDA {_dotted(build.cuda)}'}"
    if driver is None or newest is None:
        yield ok(f"{text}; no NVIDIA driver here")
        return
    text += f"; driver {driver} takes CUDA up to {_dotted(newest)}"
    stops = sweep.runs_here and sweep.place.device == "cuda" and bool(sweep.transformers)
    if build.cuda is None:
        yield problem_if(stops, text, way_out("not compiled with CUDA"))
    elif build.cuda[0] > newest[0]:  # within a major version drivers take newer CUDA than their own
        yield problem_if(stops, text, way_out("driver on your system is too old"))
    else:
        yield ok(text)


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
