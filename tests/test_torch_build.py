"""Torch's build is read without importing it."""

import importlib.util
import types
from pathlib import Path

import pytest
import torch

from bench.running import torch_build as module
from bench.running.torch_build import TorchBuild, torch_build


def test_of_the_installed_one() -> None:
    cuda = torch.version.cuda
    expected = None if cuda is None else tuple(map(int, cuda.split(".")))
    assert torch_build() == TorchBuild(str(torch.__version__), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__version__ = '2.13.0'\ncuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n", (13, 0)),
        ("__version__ = '2.13.0'\ncuda = '12.8'\nhip = None\n", (12, 8)),
        ("__version__ = '2.13.0'\ncuda: Optional[str] = None\nhip: Optional[str] = '6.4'\n", None),
    ],
)
def test_of_others(text: str, expected: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "version.py").write_text(text)
    spec = types.SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(module, "find_spec", lambda _: spec)
    assert torch_build() == TorchBuild("2.13.0", expected)  # type: ignore[arg-type]


def test_none_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    assert importlib.util.find_spec("torch") is not None
    assert torch_build() is None
