"""Makes a folder of wheels for a machine that has torch, transformers, peft and accelerate, and no package index.

    python -m tests.gpu.wheelhouse --platform manylinux_2_28_x86_64 --python 3.12 [--cuda 130] [--have torch ...]

See tests/gpu/README.md.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.gpu.wheelhouse.closure import HAVE, LARGE, NEEDED, closure
from tests.gpu.wheelhouse.slim import slim

LIMIT = 40 << 20
"""Bytes of the whole folder: what is carried by mail, or with a job."""
SOURCES = ("antlr4-python3-runtime",)
"""What has no wheel, and is Python alone: one is made of it here."""
OLDEST = 17
"""glibc 2.17, the oldest that wheels for manylinux are made for."""


def main() -> None:
    """Fetch, slim, and say what it came to."""
    options = _options()
    needed = closure(NEEDED, options.have, options.python)
    folder = Path(options.to)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        for wheel in fetched(needed, Path(scratch), options.platform, options.python):
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


def fetched(needed: dict[str, str], folder: Path, platform: str, python: str) -> list[Path]:
    """The wheels of these packages for that machine, in `folder`. Exits where pip has none."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    pinned = [f"{name}=={version}" for name, version in needed.items() if name not in SOURCES]
    machine = ["--python-version", python, "--implementation", "cp", "--only-binary=:all:"]
    tags = [word for tag in tags_of(platform) for word in ("--platform", tag)]
    commands = [[*pip, "download", "--quiet", "--no-deps", "--dest", str(folder), *machine, *tags, *pinned]]
    made = [f"{name}=={needed[name]}" for name in SOURCES if name in needed]
    if made:
        commands.append([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), *made])
    for command in commands:
        if (code := subprocess.run(command, check=False).returncode) != 0:
            sys.exit(code)
    return sorted(folder.glob("*.whl"))


def tags_of(platform: str) -> list[str]:
    """A platform's tag and those of older ones, whose wheels it takes too: pip does not know which these are."""
    if (found := re.fullmatch(r"manylinux_2_(\d+)_(\w+)", platform)) is None:
        return [platform]
    newest, machine = int(found[1]), found[2]
    return [*(f"manylinux_2_{minor}_{machine}" for minor in range(newest, OLDEST - 1, -1)), f"manylinux2014_{machine}"]


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
