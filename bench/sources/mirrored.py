"""Pinned wheels in a mirror, beside its models and data sets: pip is not needed for them, nor an index."""

from pathlib import Path

from packaging.utils import canonicalize_name, canonicalize_version

from bench.config import WheelConfig

FOLDER = "wheels"
"""In a mirror: files as a package index has them."""


def mirrored(wheel: WheelConfig, mirror_dir: str | None) -> Path | None:
    """The wheel's file in a mirror; None where it is not there. It may hold anything: its hash is not looked at."""
    if mirror_dir is None:
        return None
    files = sorted(Path(mirror_dir).expanduser().glob(f"{FOLDER}/*.whl"))
    return next((path for path in files if _named(path) == key(wheel.package, wheel.version)), None)


def _named(path: Path) -> tuple[str, str] | None:
    """Package and version that a wheel's name says; None where it is no such name."""
    parts = path.name.split("-")
    return key(parts[0], parts[1]) if len(parts) > 2 else None


def key(package: str, version: str) -> tuple[str, str]:
    """A package and version, however they are spelled."""
    return canonicalize_name(package), canonicalize_version(version)
