"""What W&B kept offline: its files are records of LevelDB's log format, each a message of its protocol."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK = 32_768
HEADER = 7
"""Bytes at the beginning of the file, and of each piece: checksum, length, and whether it is a record's last."""
WHOLE, LAST = 1, 4


def messages(path: Path) -> Iterator[Any]:
    """The messages of a `.wandb` file."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, place, parts = path.read_bytes(), HEADER, b""
    while place + HEADER <= len(content):
        if (left := BLOCK - place % BLOCK) < HEADER:
            place += left
            continue
        _, size, kind = struct.unpack("<IHB", content[place : place + HEADER])
        parts += content[place + HEADER : place + HEADER + size]
        place += HEADER + size
        if kind in (WHOLE, LAST):
            record = Record()
            record.ParseFromString(parts)
            yield record
            parts = b""
