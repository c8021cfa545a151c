"""Which torch is installed and for which CUDA it is built, found without importing it."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_LINE = re.compile(r"^(__version__|cuda|hip)\b[^=]*= *'([^']*)'", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What torch's own `version` says."""

    version: str
    cuda: tuple[int, int] | None
    """None where it is built for the CPU alone, or for AMD's GPUs."""


def torch_build() -> TorchBuild | None:
    """The torch that would be imported; None where there is none."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    found = dict(_LINE.findall(Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")))
    major, _, minor = found.get("cuda", "").partition(".")
    return TorchBuild(found["__version__"], (int(major), int(minor)) if major else None)
