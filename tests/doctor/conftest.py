"""A machine on which nothing is wrong; each test breaks one thing."""

import json
import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from bench.doctor import __main__ as command
from bench.doctor import disk, gpus, installed, slurm, sweep
from bench.running import cgroups
from bench.running.torch_build import TorchBuild
from bench.sources import hub
from tests.support.nvml import fake_nvml

GB = 10**9


@dataclass(frozen=True)
class Said:
    """What the doctor says, as its JSON has it."""

    code: int
    lines: list[dict[str, str]]
    raw: str

    def of(self, subject: str) -> list[tuple[str, str]]:
        """State and text of the subject's lines, with what to do."""
        lines = [line for line in self.lines if line["subject"] == subject]
        return [(line["state"], " -> ".join(filter(None, (line["text"], line["fix"])))) for line in lines]

    @property
    def problems(self) -> set[str]:
        return {line["subject"] for line in self.lines if line["state"] == "problem"}


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command with `--json`, its folders below `tmp_path`."""

    def ask(*words: str) -> Said:
        places = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
        code = command.main([*words[:1], *places, *words[1:], "--json"])
        raw = capsys.readouterr().out
        return Said(code, json.loads(raw)["lines"], raw)

    return ask


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """One good GPU (the fake NVML's first), a torch for its driver, room, a hub that answers; no token, no Slurm."""
    nvml = fake_nvml()
    nvml.nvmlDeviceGetCount = lambda: 1
    nvml.nvmlDeviceGetMemoryInfo = lambda _: types.SimpleNamespace(total=80 * GB, used=GB)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(installed, "torch_build", lambda: TorchBuild("2.13.0", (12, 9)))
    monkeypatch.setattr(sweep, "tried", lambda uuid, options: None)
    monkeypatch.setattr(gpus, "is_fast", lambda: True)
    room = types.SimpleNamespace(f_bavail=500 * GB, f_frsize=1, f_favail=10**6, f_files=10**7)
    monkeypatch.setattr(disk.os, "statvfs", lambda _: room)
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    monkeypatch.setattr(sweep, "why_unreachable", lambda: None)
    hub.check_access.cache_clear()
    monkeypatch.setattr(slurm.shutil, "which", lambda _: None)
    return nvml
