"""Where a record comes from: versions, commit, machine. Imports nothing heavy."""

import functools
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.results.record import GpuSetup, Provenance
from bench.running.devices import driver_version, mig_profile, power_limit, visible_gpus

PACKAGES = (
    "accelerate", "bitsandbytes", "datasets", "finetune-bench", "hydra-core", "numpy", "optuna", "pandas", "peft",
    "scikit-learn", "tokenizers", "torch", "transformers",
)  # fmt: skip
CHANGING = ("torch", "transformers", "peft", "scikit-learn")
"""Packages whose versions may change a result."""


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def provenance(
    *,
    started: str,
    device: str,
    model_revision: str | None = None,
    data_revision: str | None = None,
    precision: str | None = None,
    attention: str | None = None,
    tf32: bool | None = None,
    num_threads: int | None = None,
) -> Provenance:
    """The provenance of a cell that started at `started` on `device` (`cpu` or `cuda`) and ends now."""
    commit, dirty = _git()
    return Provenance(
        model_revision=model_revision,
        data_revision=data_revision,
        packages=packages(),
        python=platform.python_version(),
        git_commit=commit,
        git_dirty=dirty,
        host=platform.node(),
        platform=platform.platform(),
        device=device,
        device_name=device_name(device),
        precision=precision,
        attention=attention,
        gpu=gpu_setup(tf32) if device == "cuda" else None,
        num_threads=num_threads,
        started=started,
        ended=now(),
    )


def gpu_setup(tf32: bool | None) -> GpuSetup:
    """The first visible GPU, and what torch uses it by; `tf32` is what the cell said of that."""
    gpu = next(iter(visible_gpus()), None)
    torch = sys.modules.get("torch")  # a sweep's parent, which writes records of crashes, has none
    capability = None if gpu is None else gpu.capability
    return GpuSetup(
        driver=driver_version(),
        cuda=None if torch is None else torch.version.cuda,
        capability=None if capability is None else ".".join(map(str, capability)),
        power_limit_watts=None if gpu is None else power_limit(gpu),
        mig_profile=None if gpu is None else mig_profile(gpu),
        tf32=tf32,
    )


@functools.cache
def device_name(device: str) -> str:
    """The GPU's or the processor's name."""
    if device == "cuda":
        return next((gpu.name for gpu in visible_gpus()), "unknown GPU")
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


@functools.cache
def packages(names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """The versions of packages, as far as they are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # run from a bare checkout, or an optional package
    return found


@functools.cache
def _git() -> tuple[str | None, bool | None]:
    """The commit of this checkout and whether tracked files differ from it; nulls outside a checkout."""
    folder = Path(__file__).parent

    def git(*arguments: str) -> str | None:
        try:
            result = subprocess.run(
                ["git", *arguments], check=False, cwd=folder, capture_output=True, text=True, timeout=20
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return result.stdout.strip() if result.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    changes = git("status", "--porcelain", "--untracked-files=no")
    return commit, None if changes is None else bool(changes)
