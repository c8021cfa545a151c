"""`manifest.json`: what is in a bundle, with the SHA-256 of each file (`bench.bundle.check` reads it)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import __version__
from bench.bundle.check import FORMAT, MANIFEST
from bench.escape.secrets import masked_override
from bench.results.store import write_atomically
from bench.sources.fingerprint import file_sha256

if TYPE_CHECKING:
    from bench.bundle.make import Plan


def write(bundle: Path, plan: "Plan", files: Mapping[str, Any], room: Mapping[str, int], *, complete: bool) -> str:
    """Write it; returns its own SHA-256. Raises OSError."""
    content = {
        "format": FORMAT,
        "made_by": f"finetune-bench {__version__}",
        "complete": complete,
        "words": [masked_override(word) for word in plan.sweep.words],
        "target": None if plan.target is None else asdict(plan.target),
        "extras": list(plan.extras),
        "room": dict(room),
        "files": dict(files),
    }
    write_atomically(bundle / MANIFEST, f"{json.dumps(content, indent=1, ensure_ascii=False)}\n".encode())
    return file_sha256(bundle / MANIFEST)


def entries(bundle: Path, names: Iterable[str]) -> dict[str, Any]:
    """Size and hash of files, by path. Raises OSError."""
    return {
        name: {"size": (bundle / name).stat().st_size, "sha256": file_sha256(bundle / name)}
        for name in sorted(set(names))
    }
