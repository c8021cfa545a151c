"""Files that were made once and are used for months: whether they are still what was put there.

The hash of a folder is kept beside it, in `seals`; it is compared each time the folder is used, which reads the files
again only where something about them has changed (`bench.sources.fingerprint`).
"""

from pathlib import Path

from bench.sources.fingerprint import FOLDER, folder_sha256


def seal(content: Path, folder: Path) -> None:
    """Keep what is in `content`, which will be renamed to `folder`, as what has to be in it. Raises OSError."""
    place = _place(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}")  # the caller holds the folder's lock
    temporary.write_text(folder_sha256(content, hidden=True), encoding="ascii")
    temporary.replace(place)


def is_intact(folder: Path) -> bool:
    """Whether `folder` is there and holds exactly what was sealed."""
    try:
        sealed = _place(folder).read_text(encoding="ascii")
        return folder.is_dir() and folder_sha256(folder, folder.parent.parent / FOLDER, hidden=True) == sealed
    except (OSError, ValueError):
        return False


def _place(folder: Path) -> Path:
    return folder.parent.parent / "seals" / folder.parent.name / f"{folder.name}.sha256"
