"""One file of features: rows of several texts, written whole, and checked text by text when they are read."""

import os
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from bench.rights import share

SUFFIX = ".safetensors"
TEMPORARY = ".writing-"

Key = bytes
"""Of a text: a digest of its token ids."""


class Damaged(Exception):
    """The file does not hold what was written."""


class Segment:
    """A file that was written by `write`, open for reading. It can be read on when somebody removes it."""

    def __init__(self, path: Path) -> None:
        """Raises Damaged where it is cut off or no such file, and FileNotFoundError."""
        self.path = path
        try:
            self._file: Any = safe_open(path, "pt").__enter__()
            keys, ends, sums = (self._file.get_tensor(name) for name in ("keys", "ends", "sums"))
            self._rows = self._file.get_slice("rows")
        except (SafetensorError, KeyError, RuntimeError) as error:
            if not path.exists():  # torch, which maps the file a moment after it was found, calls that a RuntimeError
                raise FileNotFoundError(path) from error
            raise Damaged(f"{path}: {error}") from error
        starts = [0, *ends.tolist()]
        found = zip((bytes(key) for key in keys.numpy()), starts, ends.tolist(), sums.tolist(), strict=False)
        self.places: dict[Key, tuple[int, int, int]] = {key: place for key, *place in found}  # type: ignore[misc]

    def read(self, key: Key) -> torch.Tensor:
        """The rows of a text, shape (rows, width). Raises Damaged."""
        start, end, expected = self.places[key]
        rows: torch.Tensor = self._rows[start:end].clone()
        if checksum(rows) != expected:
            raise Damaged(f"{self.path}: a checksum does not fit")
        return rows


def write(folder: Path, features: Mapping[Key, torch.Tensor]) -> Segment:
    """A new file in `folder` with the rows of texts, each of shape (rows, width), on the CPU, all of one type.

    Another process sees it whole or not at all. It comes back open, so nobody can remove it too early for the caller.
    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = list(features.values())
    content = {
        "keys": torch.frombuffer(bytearray(b"".join(features)), dtype=torch.uint8).reshape(len(tensors), -1),
        "ends": torch.tensor([len(rows) for rows in tensors]).cumsum(0),
        "sums": torch.tensor([checksum(rows) for rows in tensors]),
        "rows": torch.cat(tensors),
    }
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=TEMPORARY)
    os.close(descriptor)
    temporary = Path(name)
    try:
        save_file(content, temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        share(temporary)
        written = Segment(temporary)
        written.path = folder / f"{temporary.name.removeprefix(TEMPORARY)}{SUFFIX}"
        temporary.rename(written.path)
    except SafetensorError as error:  # a full disk, which the library calls so
        raise OSError(str(error)) from error
    finally:
        temporary.unlink(missing_ok=True)
    return written


def checksum(rows: torch.Tensor) -> int:
    """CRC-32 of the values as stored."""
    return zlib.crc32(rows.contiguous().view(torch.uint8).numpy().data)
