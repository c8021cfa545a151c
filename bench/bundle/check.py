"""Whether a bundle is whole, and for this machine: `python3 check.py`, before anything is installed.

Nothing but Python's own library is needed, any Python 3 will do, and nothing is written. Exit codes: 0 all is well,
1 something is not, 2 there is no bundle. (A copy of bench/bundle/check.py, which `bench bundle --check` runs.)
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
FORMAT = 1
EXTRA = "extra: "


class NoBundle(Exception):
    """There is no manifest, or none that can be read."""


def main() -> int:
    """Print what is wrong with the folder that this file is in; return the exit code."""
    folder = Path(__file__).resolve().parent
    try:
        found = list(problems(folder))
        print("\n".join(found) if found else said(folder))
    except NoBundle as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return int(bool(found))


def problems(folder: Path) -> Iterator[str]:
    """What is wrong, a line each. Raises NoBundle, and OSError where a file can't be read."""
    manifest = read(folder)
    if not manifest["complete"]:
        yield "not complete: making it was cut off; run the same `bench bundle` again"
    yield from wrong_files(folder, manifest["files"])
    yield from wrong_machine(manifest)
    yield from too_little_room(manifest["room"])


def said(folder: Path) -> str:
    """What a bundle is where nothing is wrong with it. Raises NoBundle."""
    files = read(folder)["files"]
    size = sum(entry["size"] for entry in files.values()) / 1e9
    manifest = digest(folder / MANIFEST)
    return f"{len(files)} files, {size:.2f} GB: as they were made, and for this machine (manifest {manifest})"


def read(folder: Path) -> dict[str, Any]:
    """The manifest. Raises NoBundle."""
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        form = content["format"]
        entries = [(entry["size"] + 0, entry["sha256"] + "") for entry in content["files"].values()]
        del entries
        content["complete"], content["room"]["environment"] + content["room"]["cache"], content["target"]
    except OSError as error:
        raise NoBundle(f"{folder} is no bundle: {MANIFEST}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoBundle(f"{folder / MANIFEST} is not as `bench bundle` wrote it ({type(error).__name__})") from error
    if form != FORMAT:
        raise NoBundle(f"{folder / MANIFEST} has format {form!r}; this program knows {FORMAT}")
    return content


def wrong_files(folder: Path, files: dict[str, Any]) -> Iterator[str]:
    """Files that are missing, changed, or there beside those of the manifest."""
    there = {path.relative_to(folder).as_posix(): path for path in present(folder)}
    for name, entry in sorted(files.items()):
        path = there.get(name)
        if path is None:
            yield f"missing: {shown(name)}"
        elif path.stat().st_size != entry["size"] or digest(path) != entry["sha256"]:
            yield f"changed: {shown(name)}"
    for name in sorted(there.keys() - files.keys() - {MANIFEST}):
        yield f"{EXTRA}{shown(name)}"


def present(folder: Path) -> Iterator[Path]:
    """Everything in a folder that is no folder; what Python compiled of `check.py` does not count."""
    for root, folders, names in os.walk(folder):
        if "__pycache__" in folders and Path(root) == folder:
            folders.remove("__pycache__")
        links = [name for name in folders if Path(root, name).is_symlink()]
        for name in [*names, *links]:
            yield Path(root, name)


def wrong_machine(manifest: dict[str, Any]) -> Iterator[str]:
    """Why wheels of the bundle can't be installed by this Python; nothing where it has none."""
    target = manifest["target"]
    if target is None:
        return
    here = "{}.{}".format(*sys.version_info[:2]) + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else "")
    if here != target["python"] or sys.implementation.name != "cpython":
        yield f"Python: this is {sys.implementation.name} {here}, and the packages are for cpython {target['python']}"
    found = re.match(r"manylinux_2_(\d+)_(\w+)$", target["platform"])
    minor, machine = (int(found.group(1)), found.group(2)) if found else (0, "")
    if sys.platform != "linux" or platform.machine() != machine:
        yield f"platform: this is {sys.platform} on {platform.machine()}, and the packages are for {target['platform']}"
        return
    library = glibc()
    if library is None or library < minor:
        what = "no glibc" if library is None else f"glibc 2.{library}"
        yield f"platform: this has {what}, and the packages need 2.{minor} at least ({target['platform']})"


def glibc() -> int | None:
    """The x of this machine's glibc 2.x; None where it has another C library."""
    try:
        found = re.match(r"glibc 2\.(\d+)", os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (ValueError, OSError):
        return None
    return int(found.group(1)) if found else None


def too_little_room(room: dict[str, int]) -> Iterator[str]:
    """Whether the packages and what is unpacked into the user's cache fit where the home folder is."""
    needed, place = room["environment"] + room["cache"], Path(os.path.expanduser("~")).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        there = f"{shown(str(place))} has {free / 1e9:.1f} GB free"
        yield f"disk: packages and cache take {needed / 1e9:.1f} GB, and {there}"


def digest(path: Path) -> str:
    """The SHA-256 of a file; empty for what is none."""
    if not path.is_file():
        return ""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def shown(name: str) -> str:
    """A file's name on one line of a terminal."""
    return name if name.isprintable() else ascii(name)


if __name__ == "__main__":
    sys.exit(main())
