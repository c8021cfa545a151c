"""What a record was made with that would be otherwise today, and is no part of what its cell is.

Such a record is kept, for nothing that was asked for has changed; it is said, for numbers may.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.cell import Cell
from bench.config import DataConfig, TransformerConfig
from bench.results.record import Status
from bench.running.bf16 import fast_by_flags
from bench.running.precision import as_computed, precision_of
from bench.running.provenance import packages
from bench.settings import Settings
from bench.sweep.index import Entry
from bench.wording import counted

MAX_NAMED = 4
SHOWN = 12
"""Characters of a commit."""


def aged(cell: Cell, entry: Entry, settings: Settings, commits: dict[object, str | None] | None = None) -> list[str]:
    """In a few words each, in what the record of `cell` differs from one that would be made now, as far as is known.

    `commits` are those of models and data sets that were looked up before.
    """
    if entry.status is not Status.OK:
        return []
    commits = {} if commits is None else commits
    own = ("scikit-learn",) if cell.method is None else tuple(entry.packages)
    here = packages()
    found = [
        f"{name} {entry.packages[name]} (now {here[name]})"
        for name in own
        if name in entry.packages and name in here and entry.packages[name] != here[name]
    ]
    for kind, source, read in (
        ("models", cell.model, entry.model_revision),
        ("datasets", cell.task.data, entry.data_revision),
    ):
        if read is None:
            continue
        if source not in commits:
            commits[source] = _commit_of(kind, source)
        commit = commits[source]
        if commit is not None and read != commit:
            found.append(f"{source.name} of commit {read[:SHOWN]} (now {commit[:SHOWN]})")
    return found + _precision(cell, entry, settings)


def said_of_kept(kept: Iterable[tuple[Cell, Entry]], settings: Settings) -> str | None:
    """One line on finished cells that are left as they are; None where nothing is to be said."""
    counts: Counter[str] = Counter()
    commits: dict[object, str | None] = {}
    number = 0
    for cell, entry in kept:
        found = aged(cell, entry, settings, commits)
        counts.update(found)
        number += bool(found)
    if not number:
        return None
    named = ", ".join(f"{what} in {count:,}" for what, count in counts.most_common(MAX_NAMED))
    more = f", and {len(counts) - MAX_NAMED} more" if len(counts) > MAX_NAMED else ""
    return (
        f"kept, but made otherwise than it would be now: {counted(number, 'cell')}: {named}{more} "
        "(overwrite=always runs them again)"
    )


def _precision(cell: Cell, entry: Entry, settings: Settings) -> list[str]:
    """Where a default is computed in another precision here than it was there."""
    if entry.precision is None or precision_of(cell) is None or fast_by_flags() is None:
        return []
    if entry.device != "cpu" or settings.device == "cuda":
        return []
    now = precision_of(as_computed(cell, "cpu"))
    return [] if now == entry.precision else [f"precision {entry.precision} (now {now})"]


def _commit_of(kind: str, source: object) -> str | None:
    """The commit that a name on the hub stands for in the hub's cache; None where it is pinned or not known."""
    if not isinstance(source, DataConfig | TransformerConfig) or source.source != "hub" or source.id is None:
        return None
    if source.content is not None or re.fullmatch("[0-9a-f]{40}", source.revision or ""):
        return None  # a folder, or a commit: part of what the cell is
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()
    place = cache / f"{kind}--{source.id.replace('/', '--')}" / "refs" / (source.revision or "main")
    try:
        commit = place.read_text(encoding="ascii").strip()
    except (OSError, ValueError):  # there is none: it was never fetched, or there is another cache
        return None
    return commit if re.fullmatch("[0-9a-f]{40}", commit) else None
