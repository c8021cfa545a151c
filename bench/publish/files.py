"""What is sent: the files of the model's folder, some of them with the base's name on the hub."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.convert import about
from bench.errors import UserError, said
from bench.models import kept, refitted, safely
from bench.publish.model import Model
from bench.publish.options import NO_BASE, Wanted
from bench.results import serving

Content = Path | bytes
"""A file as it lies there, or what is sent in its place."""


def contents(model: Model, card: str, wanted: Wanted) -> dict[str, Content]:
    """What is sent, by its path in the repository. Raises UserError where a file is none, or leads elsewhere."""
    try:
        files = _files(model.folder)
        changed = _renamed(model, wanted)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{model.folder} cannot be read: {said(error)}") from error
    return dict(sorted((files | changed | {kept.CARD: card.encode()}).items()))


def size(content: Content) -> int:
    """In bytes."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _files(folder: Path) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts) or relative.as_posix() == serving.FILE:
            continue  # a measurement of this machine is no part of the model
        if path.is_symlink():
            raise UserError(f"{path} is a link, and what it leads to would be sent: put the file in its place")
        if path.is_file():
            found[relative.as_posix()] = path
    return found


def _renamed(model: Model, wanted: Wanted) -> dict[str, Content]:
    """Files that name the base, where `--base-id` calls it otherwise; with the list of files brought up to date."""
    base = model.base
    if base is None or wanted.base_id in (None, NO_BASE, base.id):
        return {}
    changed: dict[str, Content] = {}
    if (path := model.folder / safely.ADAPTER).is_file():
        names = dict.fromkeys(("base_model_name_or_path", "tokenizer_name_or_path"), wanted.base_id)
        changed[safely.ADAPTER] = _with(path, _without_new(path, {**names, "revision": None}))
    if base.source == "hub":
        other = {"id": wanted.base_id, "revision": None}
        if model.conversion is None:
            path = model.folder / kept.FILE
            changed[kept.FILE] = _with(path, {"model": _part(path, "model") | other})
        else:
            path = model.folder / about.FILE
            whole = _part(path, "kept")
            changed[about.FILE] = _with(path, {"kept": whole | {"model": whole["model"] | other}})
    if model.refit is not None:
        hashes = {name: hashlib.sha256(each).hexdigest() for name, each in changed.items() if isinstance(each, bytes)}
        files = model.refit.model_files | hashes
        changed[refitted.FILE] = _with(model.folder / refitted.FILE, {"model_files": files})
    return changed


def _without_new(path: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that the file has."""
    there = _loaded(path)
    return {name: value for name, value in values.items() if name in there}


def _part(path: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = _loaded(path)[name]
    return found


def _with(path: Path, values: Mapping[str, Any]) -> bytes:
    return json.dumps(_loaded(path) | dict(values), indent=1, ensure_ascii=False).encode()


def _loaded(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} has no names with values")
    return found
