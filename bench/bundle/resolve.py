"""Which wheels a machine needs for some requirements: pinned versions, and by markers of that machine, not of this one.

pip's own resolver would ask the markers about the Python that it runs on.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.errors import UserError
from bench.sources import pip
from bench.sources.fingerprint import file_sha256
from bench.sources.target import Target
from bench.wording import counted


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel, here or at an index."""

    name: str
    version: str
    file: str
    """Its file's name."""
    url: str
    """Where it is: `https:` or `file:`."""
    sha256: str
    requires: tuple[str, ...]
    """As `Requires-Dist` says."""

    @property
    def requirement(self) -> str:
        """The wheel and its hash, as a line of requirements."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


def wheel_at(path: Path) -> Wheel:
    """A wheel on this machine. Raises OSError."""
    with ZipFile(path) as archive:
        name = next(
            name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        )
        fields = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    requires = tuple(fields.get_all("Requires-Dist", ()))
    name = canonicalize_name(fields["Name"])
    return Wheel(name, fields["Version"], path.name, path.as_uri(), file_sha256(path), requires)


def resolved(
    roots: Sequence[Requirement], pins: Mapping[str, str], target: Target, own: Wheel, scratch: Path
) -> list[Wheel]:
    """The wheels of `roots` and of all that they need, by name; `own` is taken as it is.

    `pins` are versions by normalized name; what has none is the newest that fits. Wheels that have to be made are put
    into `scratch`. Raises UserError where one can't be had, or two needs don't go together.
    """
    known, seen, checked = {own.name: own}, set[tuple[str, str]](), list[tuple[str, Requirement]]()
    ahead = [("the command line", need) for need in roots]
    while ahead:
        names = {canonicalize_name(need.name): need for _, need in ahead}
        unknown = {name: need for name, need in names.items() if name not in known}
        known |= {
            wheel.name: wheel for wheel in _had([_pinned(*pair, pins) for pair in unknown.items()], target, scratch)
        }
        checked += ahead
        asked = [(known[canonicalize_name(need.name)], extra) for _, need in ahead for extra in ("", *need.extras)]
        new = {(wheel.name, extra): wheel for wheel, extra in asked if (wheel.name, extra) not in seen}
        seen |= new.keys()
        ahead = [(name, need) for (name, extra), wheel in new.items() for need in _needs(wheel, extra, target)]
    for name, need in checked:
        version = known[canonicalize_name(need.name)].version
        if not need.specifier.contains(version, prereleases=True):
            raise UserError(f"{name} needs {need}, and that would be {version}: correct the versions (--constraints)")
    return [known[name] for name in sorted(known)]


def found(requirements: Sequence[str], target: Target | None) -> list[Wheel]:
    """The wheels that pip would take for these, each by itself, for a machine; None: for any. Raises UserError."""
    if not requirements:
        return []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--only-binary=:all:", "--ignore-requires-python"] if target is None else target.pip_options
        quiet = ["--quiet", "--dry-run", "--ignore-installed", "--no-deps", "--report", str(report)]
        words = ["install", *quiet, "--target", str(Path(folder, "none")), *options, *requirements]
        pip.run([*pip.PIP, *words], counted(len(requirements), "package"))
        content = json.loads(report.read_text("utf-8"))
    return [_reported(entry) for entry in content["install"]]


def built(sources: Sequence[str], scratch: Path) -> list[Wheel]:
    """Wheels made here, in `scratch`, of packages that have none, or of a folder with sources. Raises UserError."""
    wheels = []
    for source in sources:
        folder = Path(tempfile.mkdtemp(dir=scratch))
        pip.run(pip.build_command([source], folder), source)
        wheels += [wheel_at(path) for path in folder.glob("*.whl")]
    return wheels


def _had(requirements: Sequence[str], target: Target, scratch: Path) -> list[Wheel]:
    sources = [each for each in requirements if Requirement(each).name in pip.SOURCES]
    return [*found([each for each in requirements if each not in sources], target), *built(sources, scratch)]


def _pinned(name: str, need: Requirement, pins: Mapping[str, str]) -> str:
    return f"{name}=={pins[name]}" if name in pins else f"{name}{need.specifier}"


def _needs(wheel: Wheel, extra: str, target: Target) -> list[Requirement]:
    """What a wheel needs on that machine by one of its extras, or (empty) without any."""
    environment = target.environment | {"extra": extra}
    needed = [Requirement(line) for line in wheel.requires]
    met = [need for need in needed if need.marker is None or need.marker.evaluate(environment)]
    return [need for need in met if not extra or "extra" in str(need.marker)]


def _reported(entry: Mapping[str, Any]) -> Wheel:
    """An entry of pip's report."""
    url, metadata = entry["download_info"]["url"], entry["metadata"]
    file = unquote(urlsplit(url).path.rpartition("/")[2])
    digest = entry["download_info"]["archive_info"]["hashes"]["sha256"]
    name = canonicalize_name(metadata["name"])
    return Wheel(name, metadata["version"], file, url, digest, tuple(metadata.get("requires_dist", ())))
