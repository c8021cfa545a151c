"""Wheels without what only takes room: their own tests, and 4-bit kernels for other devices than one CUDA's."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

KERNELS = re.compile(r"bitsandbytes/libbitsandbytes_(\w+)\.so")
"""One library a device and version, each with the same functions: `cuda130`, `rocm72`, `cpu`."""
TESTS = re.compile(r"(^|/)tests/")


def slim(wheel: Path, to: Path, cuda: str) -> Path:
    """Write `wheel` anew into the folder `to`, packed tighter; of bitsandbytes' libraries those for the CPU and `cuda`.

    The list of files in it (RECORD) is of what is left. Raises ValueError where there is no library for `cuda`.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        _check_kernels(names, cuda)
        kept = [name for name in names if _is_kept(name, cuda)]
        record = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/RECORD", name))
        with zipfile.ZipFile(to / wheel.name, "w") as target:
            for name in kept:
                content = archive.read(name)
                if name == record:
                    content = _record(content.decode(), kept).encode()
                entry = archive.getinfo(name)
                new = zipfile.ZipInfo(name, entry.date_time)
                new.external_attr = entry.external_attr  # whether it may be run
                target.writestr(new, content, compress_type=zipfile.ZIP_LZMA)
    return to / wheel.name


def _is_kept(name: str, cuda: str) -> bool:
    kernels = KERNELS.fullmatch(name)
    return (kernels is None or kernels[1] in ("cpu", f"cuda{cuda}")) and TESTS.search(name) is None


def _check_kernels(names: Sequence[str], cuda: str) -> None:
    there = [found[1].removeprefix("cuda") for name in names if (found := KERNELS.fullmatch(name)) and "cuda" in name]
    if there and cuda not in there:
        raise ValueError(f"bitsandbytes has no kernels for CUDA={cuda}; there are {', '.join(sorted(there))}")


def _record(text: str, kept: Sequence[str]) -> str:
    """The lines of those files that are left."""
    target = io.StringIO()
    rows = [row for row in csv.reader(io.StringIO(text)) if row and row[0] in set(kept)]
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()
