"""Data sets of the hub that are on this machine already, read without `datasets`, which takes seconds to import.

For what needs an answer in a moment and can do without one: what is laid out in another way than these two is left to
`bench.data.readers.hub`.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from bench.config import DataConfig
from bench.data.readers.card import has_reading_options
from bench.data.readers.part import Part, chosen_splits, joined, wanted_columns, written_class_names
from bench.data.readers.table import read_table
from bench.sources.hub import resolve

SPLITS = ("train", "validation", "test")
"""In the order in which `datasets` gives them."""
PLAIN = ("parquet", "csv", "tsv", "jsonl")
"""Kinds of files that are read here."""


def read_prepared(data: DataConfig, mirror_dir: str | None) -> list[Part] | None:
    """The splits that `data.splits` names (null: all); None where they are not here, or not in a plain layout.

    A folder (`data.path`, or a mirror's) is plain where it holds tables of one kind, named after their splits; of a
    data set of the hub it is what `datasets` has prepared in its cache. Raises UserError.
    """
    source = resolve("datasets", data.id or "", data.path, mirror_dir)
    folder = None if data.path is None and source == data.id else Path(source)
    files = _cached(data) if folder is None else _plain(folder, data)
    if not files:
        return None
    return [_part(split, files[split], data) for split in chosen_splits(data, files)]


def _plain(folder: Path, data: DataConfig) -> dict[str, list[Path]]:
    """Files of one kind by split; none where there are others than those."""
    if not folder.is_dir():
        return {}
    places = [folder / name for name in (data.config, "data") if name is not None]
    root = next((place for place in places if place.is_dir()), folder)
    files = (path for path in root.iterdir() if path.is_file() and path.suffix != ".md" and path.name[0] != ".")
    found = _by_split(rf"(?P<split>\w+?)(-\d+-of-\d+)?\.({'|'.join(PLAIN)})", files)
    kinds = {path.suffix for paths in found.values() for path in paths}
    return {} if len(kinds) != 1 or (".parquet" not in kinds and has_reading_options(folder)) else found


def _cached(data: DataConfig) -> dict[str, list[Path]]:
    """Arrow files by split, of the revision that `data` asks for or else the one prepared last."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    cache = Path(os.environ.get("HF_DATASETS_CACHE", home / "datasets")).expanduser()
    owner, _, name = (data.id or "").rpartition("/")
    name = _snake_case(name)
    place = cache / (f"{owner}___{name}" if owner else name)
    configs = [place / data.config] if data.config else [path for path in place.glob("*") if path.is_dir()]
    if len(configs) != 1:  # which of several is the default one is not known here
        return {}
    revision = data.revision if re.fullmatch("[0-9a-f]{40}", data.revision or "") else "*"
    prepared = configs[0].glob(f"*/{revision}/dataset_info.json")
    latest = max(prepared, key=lambda path: path.stat().st_mtime, default=None)
    if latest is None:
        return {}
    return _by_split(rf"{re.escape(name)}-(?P<split>\w+?)(-\d+-of-\d+)?\.arrow", latest.parent.glob("*.arrow"))


def _snake_case(name: str) -> str:
    """As `datasets` names its folders: `AgNews` is `ag_news`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", name).lower()


def _by_split(pattern: str, files: Iterable[Path]) -> dict[str, list[Path]]:
    """`files` by the split in their names; none where a name is of another kind."""
    found: dict[str, list[Path]] = {}
    for path in sorted(files):
        match = re.fullmatch(pattern, path.name)
        if match is None or match["split"] not in SPLITS:
            return {}
        found.setdefault(match["split"], []).append(path)
    return {split: found[split] for split in SPLITS if split in found}


def _part(split: str, files: list[Path], data: DataConfig) -> Part:
    if files[0].suffix != ".arrow":
        return joined([read_table(path, split, data) for path in files])
    tables = [_table(path) for path in files]
    schema = tables[0].schema
    wanted = wanted_columns(data, schema.names)
    names = written_class_names(schema.metadata, wanted)
    return Part(split, pa.concat_tables(tables).select(wanted), tuple(schema.names), names)


def _table(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_stream(source).read_all()
