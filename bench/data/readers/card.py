"""How a folder's card (the YAML above its README.md) says that its CSV files are read, for the one reader."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from bench.config import DataConfig
from bench.data.errors import data_error

DEFAULT_ENCODING = next(str(field.default) for field in fields(DataConfig) if field.name == "encoding")
UNDERSTOOD = ("sep", "delimiter", "names", "column_names", "encoding", "header")
ABOUT_FILES = ("name", "config_name", "version", "data_dir", "data_files", "description", "default", "features")
WITHOUT_EFFECT = (
    "engine", "memory_map", "chunksize", "keep_default_na", "na_filter", "float_precision", "verbose",
    "error_bad_lines", "warn_bad_lines", "mangle_dupe_cols",
)  # fmt: skip
"""What is about how pandas does it, or says what is done here anyway."""


def as_card_says(data: DataConfig, asked: Any, usual: str) -> tuple[DataConfig, tuple[str, ...] | None]:
    """`data` with delimiter and encoding of the card, where none are given, and names of columns without a line.

    `asked` is the `CsvConfig` that `datasets` makes of the card, `usual` the delimiter of files like these. Raises
    UserError for what would be read otherwise than it says.
    """
    names = None if asked.names is None else tuple(map(str, asked.names))
    default = type(asked)()
    known = (*UNDERSTOOD, *ABOUT_FILES, *WITHOUT_EFFECT)
    odd = {
        field.name: getattr(asked, field.name)
        for field in fields(asked)
        if field.name not in known and getattr(asked, field.name) != getattr(default, field.name)
    }
    if asked.header not in (("infer", None) if names else ("infer", 0)):
        odd["header"] = asked.header
    if odd:
        said = ", ".join(f"{name}={value!r}" for name, value in odd.items())
        raise data_error(
            data, f"its README.md wants files read with {said}, which is not done here: take it out, or write them so"
        )
    if data.delimiter is None and asked.sep != usual:
        data = replace(data, delimiter=asked.sep)
    if data.encoding == DEFAULT_ENCODING and asked.encoding is not None:
        data = replace(data, encoding=asked.encoding)
    return data, names


def has_reading_options(folder: Path) -> bool:
    """Whether a folder's card says more of its files than which ones they are; also where it can't be read."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    except (OSError, UnicodeError):
        return True
    _, _, rest = text.partition("---\n")
    try:
        card = yaml.safe_load(rest.partition("\n---")[0]) if text.startswith("---\n") else None
    except (yaml.YAMLError, RecursionError):
        return True
    configs = card.get("configs") if isinstance(card, dict) else None
    if not isinstance(configs, list):
        return False
    return any(not isinstance(config, dict) or not set(config) <= set(ABOUT_FILES) for config in configs)
