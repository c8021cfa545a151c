"""The program's own wheel: built of a checkout, or put together again of an installation."""

import base64
import csv
import hashlib
import io
import sys
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.utils import canonicalize_name

from bench.bundle.resolve import Wheel, built, wheel_at
from bench.errors import UserError

NAME = "finetune-bench"
CHECKOUT = Path(__file__).resolve().parents[2]
PIP_WRITES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
"""Files of an installation that are no part of a wheel."""


def own_wheel(scratch: Path) -> Wheel:
    """The wheel of the program that runs, made in `scratch`. Raises UserError."""
    if is_checkout():
        (wheel,) = built([str(CHECKOUT)], scratch)
        return wheel
    return wheel_at(packed(distribution(NAME), scratch))


def is_checkout() -> bool:
    """Whether the program runs from its sources."""
    return (CHECKOUT / "pyproject.toml").is_file()


def packed(installed: Distribution, folder: Path) -> Path:
    """The wheel that `installed` came from, but for the order of its files. Raises UserError where some are gone."""
    name = installed.metadata["Name"].replace("-", "_")
    files = [path for path in installed.files or () if ".." not in path.parts and path.suffix != ".pyc"]
    kept = [path for path in files if not (path.parts[0].endswith(".dist-info") and path.name in PIP_WRITES)]
    target, rows = folder / f"{name}-{installed.version}-py3-none-any.whl", list[list[str | int]]()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in sorted(kept, key=str):
            try:
                content = path.read_binary()
            except OSError as error:
                raise UserError(f"{NAME} is not installed as it was: {error.filename}: {error.strerror}") from error
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append([path.as_posix(), f"sha256={digest}", len(content)])
            archive.writestr(ZipInfo(path.as_posix()), content, ZIP_DEFLATED)
        record = f"{name}-{installed.version}.dist-info/RECORD"
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*rows, [record, "", ""]])
        archive.writestr(ZipInfo(record), text.getvalue(), ZIP_DEFLATED)
    return target


def pins(constraints: Path | None) -> dict[str, str]:
    """Versions by package, of a file of `NAME==VERSION`; None: of the checkout's, or else what is installed here.

    Raises UserError.
    """
    if constraints is None and is_checkout():
        constraints = CHECKOUT / "constraints.txt"
    if constraints is None:
        found: dict[str, str] = {}
        for each in distributions(path=sys.path):
            if name := each.metadata["Name"]:  # (a half removed one has none)
                found.setdefault(canonicalize_name(name), each.version.partition("+")[0])
        return found
    try:
        lines = constraints.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--constraints {constraints}: {error}") from error
    pairs = (line.partition("#")[0].strip().partition("==") for line in lines)
    return {canonicalize_name(name): version for name, is_pin, version in pairs if is_pin}
