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

_PASSED_OVER = re.compile(rb"^\s*- +override +/?(hydra/(?:launcher|sweeper|hydra_logging|job_logging)): *(\S+)", re.M)
"""Overrides that the first configuration has, too: of several, Hydra takes the first."""


@contextmanager
def guarded() -> Iterator[None]:
    """Within it Hydra raises UserError for a YAML file that repeats too much, where it would take it for ever."""
    read = OmegaConf.load

    def load(file: Any) -> Any:
        if isinstance(name := getattr(file, "name", None), str):
            _check(name, Path(name).read_bytes())
        return read(file)

    with mock.patch.object(OmegaConf, "load", load):
        yield


def _check(name: str, content: bytes) -> None:
    """Raise UserError where the file is more than Hydra can read, or says what Hydra would pass over."""
    if (count := _values(content)) > MAX_VALUES:
        raise UserError(f"{name}: its aliases (*name) make {count:,} values of it; at most {MAX_VALUES:,} fit")
    if b"@package _global_" in content and (found := _PASSED_OVER.search(content)) is not None:
        group, choice = (text.decode(errors="replace") for text in found.groups())
        raise UserError(
            f"{name}: an experiment cannot override {group}, for Hydra takes it from the command line: leave it out "
            f"here and add {group}={choice} there"
        )


def _values(content: bytes) -> int:
    """Values that the file stands for; 0 where it has no aliases, or is no YAML (Hydra says so when it is read)."""
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
