"""Configuration files of a user, looked at before Hydra reads them: what would take it for ever is refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import yaml  # type: ignore[import-untyped]
from omegaconf import OmegaConf

from bench.errors import UserError

MAX_VALUES = 100_000
"""Values in a file, each counted as often as aliases repeat it."""


@contextmanager
def guarded() -> Iterator[None]:
    """Within it Hydra raises UserError for a YAML file that repeats too much, where it would take it for ever."""
    read = OmegaConf.load

    def load(file: Any) -> Any:
        if isinstance(name := getattr(file, "name", None), str) and (count := _values(Path(name))) > MAX_VALUES:
            raise UserError(f"{name}: its aliases (*name) make {count:,} values of it; at most {MAX_VALUES:,} fit")
        return read(file)

    with mock.patch.object(OmegaConf, "load", load):
        yield


def _values(path: Path) -> int:
    """Values that the file stands for; 0 where it has no aliases, or is no YAML (Hydra says so when it is read)."""
    content = path.read_bytes()
    if b"&" not in content or not re.search(rb"[\s\[,:]\*\w", content):
        return 0
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return 0
    return _count(node, {}, ()) if node is not None else 0


def _count(node: yaml.Node, known: dict[int, int], above: tuple[int, ...]) -> int:
    if id(node) in above:  # a list within itself
        return MAX_VALUES + 1
    if id(node) not in known:
        below = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        parts = below if isinstance(node, yaml.CollectionNode) else ()
        known[id(node)] = 1 + sum(_count(part, known, (*above, id(node))) for part in parts)
    return known[id(node)]
