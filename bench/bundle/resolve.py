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

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
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


class Resolver:
    """Chooses wheels for a machine: a pinned version, else the newest that everybody who needs it takes."""

    def __init__(self, pins: Mapping[str, str], target: Target, own: Wheel, scratch: Path) -> None:
        """`pins` are versions by normalized name, `own` is taken as it is; wheels that are made go into `scratch`."""
        self.pins, self.target, self.own, self.scratch = pins, target, own, scratch
        self.limits: dict[str, SpecifierSet] = {}
        """Of packages without a pin: what turned out to be needed of them."""
        self.had: dict[str, Wheel] = {}
        """By requirement: an index is asked once."""

    def resolved(self, roots: Sequence[Requirement]) -> list[Wheel]:
        """The wheels of `roots` and of all that they need, by name.

        Raises UserError where one can't be had, or two needs don't go together.
        """
        while True:
            known, needs = self._closed(roots)
            wrong = [(who, need) for who, need in needs if not _takes(need, known)]
            if not wrong:
                return [known[name] for name in sorted(known)]
            before = dict(self.limits)
            for who, need in wrong:
                name = canonicalize_name(need.name)
                self.limits[name] = self.limits.get(name, SpecifierSet()) & need.specifier
                if name in self.pins or name == self.own.name or self.limits[name] == before.get(name):
                    wanted = f"{need.name}{need.specifier}, and that would be {known[name].version}"
                    raise UserError(f"{who} needs {wanted}: correct the versions (--constraints)")

    def _closed(self, roots: Sequence[Requirement]) -> tuple[dict[str, Wheel], list[tuple[str, Requirement]]]:
        """Wheels by name, and who needs what; whether they go together is not looked at."""
        known, seen, needs = {self.own.name: self.own}, set[tuple[str, str]](), list[tuple[str, Requirement]]()
        ahead = [("the command line", need) for need in roots]
        while ahead:
            names = {canonicalize_name(need.name): need for _, need in ahead}
            known |= self._chosen({name: need for name, need in names.items() if name not in known})
            needs += ahead
            asked = [(known[canonicalize_name(need.name)], extra) for _, need in ahead for extra in ("", *need.extras)]
            new = {(wheel.name, extra): wheel for wheel, extra in asked if (wheel.name, extra) not in seen}
            seen |= new.keys()
            ahead = [(name, need) for (name, extra), wheel in new.items() for need in _needs(wheel, extra, self.target)]
        return known, needs

    def _chosen(self, needs: Mapping[str, Requirement]) -> dict[str, Wheel]:
        """The wheel of each; as few calls of pip as can be. Raises UserError."""
        lines = {name: self._line(name, need) for name, need in needs.items()}
        unknown = [line for line in lines.values() if line not in self.had]
        sources = [line for line in unknown if Requirement(line).name in pip.SOURCES]
        wheels = found([line for line in unknown if line not in sources], self.target) + built(sources, self.scratch)
        by_name = {wheel.name: wheel for wheel in wheels}
        self.had |= {line: by_name[canonicalize_name(Requirement(line).name)] for line in unknown}
        return {name: self.had[line] for name, line in lines.items()}

    def _line(self, name: str, need: Requirement) -> str:
        if name in self.pins:
            return f"{name}=={self.pins[name]}"
        return f"{name}{need.specifier & self.limits.get(name, SpecifierSet())}"


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


def _takes(need: Requirement, known: Mapping[str, Wheel]) -> bool:
    """Whether the wheel that was chosen will do."""
    return need.specifier.contains(known[canonicalize_name(need.name)].version, prereleases=True)


def _needs(wheel: Wheel, extra: str, target: Target) -> list[Requirement]:
    """What a wheel needs on that machine by one of its extras, or (empty) without any."""
    environment = target.environment | {"extra": extra}
    try:
        needed = [Requirement(line) for line in wheel.requires]
    except InvalidRequirement as error:
        raise UserError(f"{wheel.file} is no wheel of today: {' '.join(str(error).split())}") from error
    met = [need for need in needed if need.marker is None or need.marker.evaluate(environment)]
    return [need for need in met if not extra or "extra" in str(need.marker)]


def _reported(entry: Mapping[str, Any]) -> Wheel:
    """An entry of pip's report."""
    url, metadata = entry["download_info"]["url"], entry["metadata"]
    file = unquote(urlsplit(url).path.rpartition("/")[2])
    digest = entry["download_info"]["archive_info"]["hashes"]["sha256"]
    name = canonicalize_name(metadata["name"])
    return Wheel(name, metadata["version"], file, url, digest, tuple(metadata.get("requires_dist", ())))
