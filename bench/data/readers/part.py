"""What the readers hand on, and how they decode text files."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.config import DataConfig
from bench.data.errors import data_error


@dataclass(frozen=True, slots=True)
class Part:
    """One published split (or file) as it was read."""

    split: str
    """Empty where the rows are files of their own, known by their ids."""
    table: pa.Table
    """Those of the wanted columns that are there."""
    columns: tuple[str, ...]
    """All columns of the source, for messages."""
    class_names: tuple[str, ...] | None = None
    """What the source says its integer labels stand for."""


def wanted_columns(data: DataConfig, available: list[str]) -> list[str]:
    """The columns of `available` that `data` speaks of, without repetition."""
    wanted = (data.text_column, data.label_column, data.id_column)
    return [name for name in dict.fromkeys(wanted) if name is not None and name in available]


def chosen_splits(data: DataConfig, available: Collection[str]) -> tuple[str, ...]:
    """What `data.splits` names of the splits there are, all where it is null. Raises UserError."""
    chosen = data.splits or tuple(available)
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(available):
        there = ", ".join(available) or "none"
        raise data_error(data, f"data.splits={list(chosen)} must name splits that are there ({there}), each once")
    return chosen


def class_names(feature: Any) -> tuple[str, ...] | None:
    """The names behind a `datasets` feature that is a ClassLabel or a list of them; None for others."""
    names = getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)
    return tuple(names) if names else None


def written_class_names(metadata: Mapping[bytes, bytes] | None, column: str) -> tuple[str, ...] | None:
    """The same out of the metadata that `datasets` writes into a table's schema, without importing `datasets`.

    Lists are written as `[feature]` by old versions, as `{"feature": feature, "_type": ...}` by others.
    """
    written = json.loads((metadata or {}).get(b"huggingface", b"{}"))
    feature = written.get("info", {}).get("features", {}).get(column)
    if isinstance(feature, list):
        feature = feature[0]
    if isinstance(feature, dict):
        feature = feature.get("feature", feature)
    names = feature.get("names") if isinstance(feature, dict) else None
    return tuple(names) if names else None


def read_text(path: Path, data: DataConfig) -> str:
    """The file's text in the first encoding of `data.encoding` that fits. Raises UserError."""
    content = path.read_bytes()
    for encoding in data.encoding.split(","):
        try:
            return content.decode(encoding.strip()).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        except LookupError as error:
            raise data_error(data, f"data.encoding={data.encoding}: {error}") from error
    raise data_error(
        data,
        f"{path.name} is not {data.encoding} text; give data.encoding (several, separated by "
        "commas, are tried in turn)",
    )
