"""Whether a bundle is whole, and for this machine: `python3 check.py`, before anything is installed.

Nothing but Python's own library is needed, any Python from 3.6 on will do (so types are in quotes), and nothing is
written. Exit codes: 0 all is well, 1 something is not, 2 there is no bundle, or it can't be read, 130 interrupted.
(A copy of bench/bundle/check.py, which `bench bundle --check` runs.)
"""

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
from typing import Any, TextIO, cast

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
        say("\n".join(found) if found else said(folder), sys.stdout)
    except KeyboardInterrupt:
        return 130
    except (NoBundle, OSError) as error:
        say(f"error: {error}", sys.stderr)
        return 2
    return int(bool(found))


def problems(folder: Path) -> "Iterator[str]":
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


def read(folder: Path) -> "dict[str, Any]":
    """The manifest. Raises NoBundle."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] == FORMAT:
            _check_form(content)
    except OSError as error:
        raise NoBundle(f"{shown(str(folder))} is no bundle: {MANIFEST}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = type(error).__name__
        raise NoBundle(f"{shown(str(path))} is not as `bench bundle` wrote it ({what})") from error
    if content["format"] != FORMAT:
        form = ascii(content["format"])[:20]
        raise NoBundle(f"{shown(str(path))} has format {form}; this program knows {FORMAT}")
    return cast("dict[str, Any]", content)


def _check_form(content: Any) -> None:
    """Raise TypeError or KeyError where a manifest has not what is read of it."""
    room, target = content["room"], content["target"]
    pairs = [(content["complete"], bool), (room["environment"], int), (room["cache"], int)]
    pairs += [] if target is None else [(target["python"], str), (target["platform"], str)]
    for entry in content["files"].values():
        pairs += [(entry["size"], int), (entry["sha256"], str)]
    if not all(type(value) is kind for value, kind in pairs):
        raise TypeError


def wrong_files(folder: Path, files: "dict[str, Any]") -> "Iterator[str]":
    """Files that are missing, changed, not to be read, or there beside those of the manifest. Raises OSError where a
    folder can't be read."""
    there = {name_of(path.relative_to(folder)): path for path in present(folder)}
    for name, entry in sorted(files.items()):
        path = there.get(name)
        if path is None:
            yield f"missing: {shown(name)}"
            continue
        try:
            if path.stat().st_size != entry["size"] or digest(path) != entry["sha256"]:
                yield f"changed: {shown(name)}"
        except OSError as error:
            yield f"unreadable: {shown(name)}: {error.strerror}"
    for name in sorted(there.keys() - files.keys() - {MANIFEST}):
        yield f"{EXTRA}{shown(name)}"


def present(folder: Path) -> "Iterator[Path]":
    """Everything in a folder that is no folder; what Python compiled of `check.py` does not count. Raises OSError."""

    def refused(error: OSError) -> None:
        raise error

    for root, folders, names in os.walk(str(folder), onerror=refused):
        if "__pycache__" in folders and Path(root) == folder:
            folders.remove("__pycache__")
        links = [name for name in folders if Path(root, name).is_symlink()]
        for name in [*names, *links]:
            yield Path(root, name)


def name_of(path: Path) -> str:
    """A path as a manifest has it, whatever encoding this terminal's language has."""
    return os.fsencode(path.as_posix()).decode("utf-8", "surrogateescape")


def wrong_machine(manifest: "dict[str, Any]") -> "Iterator[str]":
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


def glibc() -> "int | None":
    """The x of this machine's glibc 2.x; None where it has another C library."""
    try:
        found = re.match(r"glibc 2\.(\d+)", os.confstr("CS_GNU_LIBC_VERSION") or "")
    except (ValueError, OSError):
        return None
    return int(found.group(1)) if found else None


def too_little_room(room: "dict[str, int]") -> "Iterator[str]":
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
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def shown(name: str) -> str:
    """A file's name on one line of a terminal."""
    return name if name.isprintable() else ascii(name)


def say(text: str, stream: TextIO) -> None:
    """Print it, whatever the terminal's encoding; where nobody reads any more, nothing."""
    try:
        print(text, file=stream, flush=True)
    except UnicodeEncodeError:
        print(text.encode("ascii", "backslashreplace").decode(), file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or Python says so when it ends


if __name__ == "__main__":
    sys.exit(main())
