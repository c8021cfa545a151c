"""What a bundle is made of: parts that know their files before these are fetched."""

import hashlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bench.errors import UserError, said
from bench.sources.fingerprint import file_sha256, files_below

GIT = "git:"
"""Before the hash of a file that git keeps as it is: SHA-1 of a header and the content."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a bundle, as it will be."""

    path: str
    """Below the bundle's folder, with slashes."""
    size: int | None
    """Bytes, where they are known."""
    digest: str | None
    """SHA-256 in hexadecimal digits, or `GIT` and git's own hash; None where nobody says."""

    def is_in(self, bundle: Path) -> bool:
        """Whether the bundle has exactly this file; one whose hash nobody says may be another. Raises OSError."""
        path = bundle / self.path
        if self.digest is None or path.is_symlink() or not path.is_file():
            return False
        if self.size is not None and path.stat().st_size != self.size:
            return False
        return self.digest == (git_hash(path) if self.digest.startswith(GIT) else file_sha256(path))


class Part(ABC):
    """Files that come from one place."""

    title: str
    """What they are, as `model minilm`."""
    items: tuple[Item, ...]

    @abstractmethod
    def bring(self, missing: Sequence[Item], bundle: Path) -> None:
        """Put those of its files that are missing into the folder. Raises UserError where they can't be had."""


class Copied(Part):
    """Files of this machine."""

    def __init__(self, title: str, sources: Mapping[str, Path]) -> None:
        """`sources` are the files, by their path in the bundle. Raises UserError where one can't be read, or named."""
        self.title, self.sources = title, dict(sources)
        if strange := [path for path in sources.values() if not is_utf_8(str(path))]:
            raise UserError(
                f"{title}: the name of {strange[0]} is not UTF-8, and would be another one elsewhere: rename it"
            )
        try:
            self.items = tuple(
                Item(path, source.stat().st_size, file_sha256(source)) for path, source in self.sources.items()
            )
        except OSError as error:
            raise UserError(said(error)) from error

    def bring(self, missing: Sequence[Item], bundle: Path) -> None:
        """Copy them."""
        for item in missing:
            target = bundle / item.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.sources[item.path], target)


def once(parts: Sequence[Part]) -> list[Part]:
    """The parts, each file in the first that has it: models that differ by an option are the same files.

    Raises UserError where a file would be two.
    """
    taken: dict[str, Item] = {}
    for part in parts:
        if other := next((item for item in part.items if taken.get(item.path, item) != item), None):
            raise UserError(
                f"{part.title}: {other.path} is wanted in two versions, and a bundle has one: make two bundles"
            )
        part.items = tuple(item for item in part.items if item.path not in taken)
        taken |= {item.path: item for item in part.items}
    return [part for part in parts if part.items]


def below(folder: Path, place: str) -> dict[str, Path]:
    """The files below a folder, but hidden ones, by their path in a bundle that has it at `place`. Raises OSError."""
    files = sorted(files_below(folder))
    return {str(PurePosixPath(place, path.relative_to(folder).as_posix())): path for path in files}


def is_utf_8(name: str) -> bool:
    """Whether a file's name is text."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def git_hash(path: Path) -> str:
    """What git calls a file's content, behind `GIT`. Raises OSError."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return f"{GIT}{digest.hexdigest()}"
