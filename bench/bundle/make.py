"""Makes a bundle: says what it will be, fetches what is not there yet, writes what it is by."""

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from bench.bundle import check, manifest
from bench.bundle.asked import Asked, parts_of
from bench.bundle.own_wheel import NAME, own_wheel, pins
from bench.bundle.packages import FOLDER, Packages, unpacked
from bench.bundle.parts import Copied, Item, Part, once
from bench.bundle.readme import REQUIREMENTS, readme
from bench.bundle.resolve import Resolver, Wheel
from bench.errors import UserError, said
from bench.escape.terminal import say
from bench.sources.mirrored import FOLDER as WHEELS
from bench.sources.target import Target
from bench.sweep.wording import gigabytes
from bench.wording import counted

LARGE = 100_000_000
"""Bytes of a file that the list names."""


@dataclass(frozen=True)
class Plan:
    """What a bundle will hold."""

    sweep: Asked
    target: Target | None
    """The machine that its packages are for; None: it has none."""
    parts: Sequence[Part]
    requirements: Sequence[str]
    """Of all packages, each with its hash."""
    extras: Collection[str]

    def missing(self, bundle: Path) -> list[tuple[Part, list[Item]]]:
        """What of each part the folder has not, or not as it should be. Raises OSError."""
        return [(part, [item for item in part.items if not item.is_in(bundle)]) for part in self.parts]


@contextmanager
def planned(sweep: Asked, target: Target | None, extras: Iterable[str], constraints: Path | None) -> Iterator[Plan]:
    """What a bundle of the sweep will hold; valid within. Only names and sizes are asked for. Raises UserError."""
    needed, others = sweep.packages
    extras = sorted(needed | set(extras))
    parts = parts_of(sweep)
    with tempfile.TemporaryDirectory() as folder:
        wheels: list[Wheel] = []
        if target is not None:
            own = own_wheel(Path(folder))
            roots = [Requirement(f"{NAME}[{','.join(extras)}]" if extras else NAME), *map(Requirement, others)]
            wheels = Resolver(pins(constraints), target, own, Path(folder)).resolved(roots)
            made = {f"{FOLDER}/{path.name}": path for path in Path(folder).rglob("*.whl")}
            at_index = [wheel for wheel in wheels if f"{FOLDER}/{wheel.file}" not in made]
            parts = [Copied("packages made here", made), Packages(at_index, target), *parts]
        yield Plan(sweep, target, once(parts), [wheel.requirement for wheel in wheels], extras)


def listed(plan: Plan, bundle: Path) -> str:
    """What the bundle will hold, how big it is, and what of it is still to be fetched. Raises OSError."""
    lines, missing = [], plan.missing(bundle)
    for part in plan.parts:
        lines.append(f"{_size(part.items):>10}  {part.title}: {counted(len(part.items), 'file')}")
        lines += [
            f"{'':12}{gigabytes(item.size)} {item.path}"
            for item in sorted(part.items, key=lambda item: -(item.size or 0))
            if item.size is not None and item.size >= LARGE
        ]
    every = [item for part in plan.parts for item in part.items]
    wanted = [item for _, items in missing for item in items]
    return "\n".join([*lines, f"{_size(every):>10}  in all, {_size(wanted)} of it to be fetched into {bundle}"])


def make(plan: Plan, bundle: Path) -> str:
    """Fetch what is missing and write the manifest; returns its SHA-256. Raises UserError and OSError."""
    missing = plan.missing(bundle)
    _check_place(bundle, sum(item.size or 0 for _, items in missing for item in items))
    room = {"environment": 0, "cache": 0}
    manifest.write(bundle, plan, {}, room, complete=False)
    for part, wanted in missing:
        if wanted:
            say(f"{part.title}: fetching {counted(len(wanted), 'file')}, {_size(wanted)} ...")
            _bring(part, wanted, bundle)
    _tidy(bundle)
    (bundle / "README.md").write_text(readme(plan.sweep.words, plan.target, bool(plan.sweep.own.copies)), "utf-8")
    shutil.copyfile(check.__file__, bundle / "check.py")
    names = ["README.md", "check.py", *(item.path for part in plan.parts for item in part.items)]
    if plan.target is not None:
        (bundle / REQUIREMENTS).write_text("".join(f"{line}\n" for line in plan.requirements), "utf-8")
        names.append(REQUIREMENTS)
    wheels = {folder: [bundle / name for name in names if name.startswith(f"{folder}/")] for folder in (FOLDER, WHEELS)}
    room = {"environment": unpacked(wheels[FOLDER]), "cache": unpacked(wheels[WHEELS])}
    return manifest.write(bundle, plan, manifest.entries(bundle, names), room, complete=True)


def extra(bundle: Path) -> list[str]:
    """Files in a bundle's folder that its manifest has not: of another version of it, say. Raises OSError."""
    found = check.wrong_files(bundle, check.read(bundle)["files"])
    return [line.removeprefix(check.EXTRA) for line in found if line.startswith(check.EXTRA)]


def _bring(part: Part, wanted: Sequence[Item], bundle: Path) -> None:
    """Raises UserError where a file has not come, or another one."""
    for item in wanted:
        (bundle / item.path).unlink(missing_ok=True)
    part.bring(wanted, bundle)
    for item in wanted:
        if not (bundle / item.path).is_file() or (item.digest is not None and not item.is_in(bundle)):
            raise UserError(f"{part.title}: {item.path} did not come as it should; run the same command again")


def _tidy(bundle: Path) -> None:
    """Remove what fetching left, now or when it was cut off: pieces, and what huggingface_hub notes of files."""
    for path in (*bundle.glob(".wheel-*"), *bundle.rglob(".cache")):
        shutil.rmtree(path)
    for path in bundle.glob(f".{check.MANIFEST}.*"):
        path.unlink()


def _check_place(bundle: Path, needed: int) -> None:
    """Make the folder. Raises UserError where it is somebody else's, can't be written, or has too little room."""
    try:
        if bundle.is_dir() and any(bundle.iterdir()) and not (bundle / check.MANIFEST).is_file():
            raise UserError(f"--to {bundle} holds other files: give an empty folder, or that of an earlier bundle")
        bundle.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(bundle).free
    except OSError as error:
        raise UserError(f"--to {bundle}: {said(error)}") from error
    if free < needed:
        raise UserError(
            f"--to {bundle}: {gigabytes(free)} are free, and {gigabytes(needed)} are to be fetched: make room"
        )


def _size(items: Iterable[Item]) -> str:
    """Bytes of the files, at least: those whose size is not known count as nothing."""
    sizes = [item.size for item in items]
    known = sum(size or 0 for size in sizes)
    text = gigabytes(known) if known >= LARGE else f"{known / 1e6:.1f} MB" if known >= 1e5 else f"{known / 1e3:.1f} kB"
    return f"{text}+" if None in sizes else text
