"""Makes a folder of wheels for a machine that has torch, transformers, peft and accelerate, and no package index.

    python -m tests.gpu.wheelhouse --platform manylinux_2_28_x86_64 --python 3.12 [--cuda 130] [--have torch ...]

See tests/gpu/README.md.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.sources.pip import SOURCES, build_command, download_command
from bench.sources.target import Target
from tests.gpu.wheelhouse.closure import HAVE, LARGE, NEEDED, closure
from tests.gpu.wheelhouse.slim import slim

LIMIT = 40 << 20
"""Bytes of the whole folder: what is carried by mail, or with a job."""


def main() -> None:
    """Fetch, slim, and say what it came to."""
    options = _options()
    target = Target(options.python, options.platform)
    needed = closure(NEEDED, options.have, target)
    folder = Path(options.to)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        for wheel in fetched(needed, Path(scratch), target):
            try:
                slim(wheel, folder, options.cuda)
            except ValueError as error:
                sys.exit(f"error: {error}")
    lines = [f"{name}=={version}\n" for name, version in needed.items()]
    (folder / "requirements.txt").write_text("".join(lines), encoding="utf-8")
    print(said(folder, options.have))
    if (problem := too_large(folder)) is not None:
        sys.exit(f"error: {problem}")


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--platform", default="manylinux_2_28_x86_64", help="newest tag that the machine takes")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    parser.add_argument("--python", default=here, help="its version of Python, as 3.12")
    parser.add_argument("--cuda", default="130", help="its torch's version of CUDA, as 126 or 130")
    parser.add_argument("--have", nargs="+", default=list(HAVE), help="packages that it has")
    parser.add_argument("--to", default="wheelhouse")
    return parser.parse_args()


def fetched(needed: dict[str, str], folder: Path, target: Target) -> list[Path]:
    """The wheels of these packages for that machine, in `folder`. Exits where pip has none."""
    pinned = [f"{name}=={version}" for name, version in needed.items() if name not in SOURCES]
    commands = [download_command(pinned, folder, target)]
    made = [f"{name}=={needed[name]}" for name in SOURCES if name in needed]
    if made:
        commands.append(build_command(made, folder))
    for command in commands:
        if (code := subprocess.run(command, check=False).returncode) != 0:
            sys.exit(code)
    return sorted(folder.glob("*.whl"))


def said(folder: Path, have: Sequence[str]) -> str:
    """What the folder holds and lacks."""
    wheels = list(folder.glob("*.whl"))
    text = f"{folder}: {len(wheels)} wheels, {size(folder) / 2**20:.1f} MiB"
    if missing := [name for name in LARGE if name not in have]:
        text += f"\nleft out for their size: {', '.join(missing)}; without them tests of whole commands are skipped"
    return text


def too_large(folder: Path) -> str | None:
    """What to do where it is more than LIMIT."""
    if size(folder) <= LIMIT:
        return None
    largest = sorted(folder.glob("*.whl"), key=lambda wheel: -wheel.stat().st_size)[:3]
    named = ", ".join(f"{wheel.name.split('-')[0]} {wheel.stat().st_size / 2**20:.1f} MiB" for wheel in largest)
    have = " ".join((*HAVE, "scikit-learn"))
    return f"that is more than {LIMIT >> 20} MiB ({named}): name what the machine has, HAVE='{have}'"


def size(folder: Path) -> int:
    """Bytes of its files."""
    return sum(file.stat().st_size for file in folder.iterdir())


if __name__ == "__main__":
    main()
