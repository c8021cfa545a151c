"""Data sets of the hub, or folders that stand in for them, through `datasets`."""

import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.card import as_card_says
from bench.data.readers.files import JSON_FILES, kind_of
from bench.data.readers.part import Part, chosen_splits, class_names, joined, refuse_repeated, wanted_columns
from bench.data.readers.table import read_table
from bench.sources.fingerprint import folder_sha256
from bench.sources.hub import explain, resolve

TEXT_FILES = (".csv", ".tsv", *JSON_FILES)


def read_hub(data: DataConfig, mirror_dir: str | None) -> tuple[list[Part], str | None]:
    """The splits that `data.splits` names (null: all, in their published order), and the revision read.

    The revision is the commit on the hub where it is known, else the one asked for; for a folder, the
    SHA-256 of its files. Raises UserError.
    """
    if data.id is None and data.path is None:
        raise data_error(data, "data.source=hub needs data.id=HUB_ID or data.path=FOLDER")
    source = resolve("datasets", data.id or "", data.path, mirror_dir)
    folder = None if data.path is None and source == data.id else Path(source)
    if folder is not None and not folder.is_dir():
        raise data_error(data, f"data.path={source} is a file; data.source=file reads files")
    if folder is not None:
        files, own, columns = _text_files(data, folder)
        if files:
            chosen = chosen_splits(data, files)
            parts = [joined([read_table(path, split, own, columns) for path in files[split]]) for split in chosen]
            return parts, folder_sha256(folder)
    loaded = _load(data, source, folder)
    chosen = chosen_splits(data, loaded)
    parts = [_part(split, loaded[split], data) for split in chosen]
    return parts, folder_sha256(folder) if folder is not None else _revision(data, loaded[chosen[0]])


def _text_files(data: DataConfig, folder: Path) -> tuple[dict[str, list[Path]], DataConfig, tuple[str, ...] | None]:
    """Files by split of a folder of CSV, TSV or JSON, `data` as its card says that they are read, and names of columns.

    No files where it holds others. `datasets` tells which files belong to a split, and what the card (README.md) says.
    It would read them in a way of its own: NA as no label, 01 as 1. Raises UserError.
    """
    from datasets.packaged_modules.csv.csv import CsvConfig
    from datasets.packaged_modules.json.json import JsonConfig

    if not any(kind_of(path) in TEXT_FILES for path in folder.rglob("*") if path.is_file()):
        return {}, data, None
    asked, files = _asked(data, folder)
    if not isinstance(asked, CsvConfig | JsonConfig) or getattr(asked, "field", None) is not None:
        return {}, data, None
    if isinstance(asked, JsonConfig):
        return files, data, None
    # (.tsv files come with a `sep` that their reader here knows)
    usual = "\t" if {kind_of(path) for paths in files.values() for path in paths} == {".tsv"} else ","
    return files, *as_card_says(data, asked, usual)


def unread_tables(data: DataConfig, folder: Path, endings: Collection[str]) -> list[Path]:
    """Tables in and below a folder that `datasets` passes over, by the names of files and folders. Raises UserError."""
    _, files = _asked(data, folder)
    read = {path.resolve() for paths in files.values() for path in paths}
    tables = (path for path in sorted(folder.rglob("*")) if path.is_file() and kind_of(path) in endings)
    return [path for path in tables if path.resolve() not in read]


def files_read(data: DataConfig, folder: Path) -> list[Path]:
    """The files of a folder that `datasets` would read, by names and the card alone. Raises UserError."""
    return [path for paths in _asked(data, folder)[1].values() for path in paths]


def _asked(data: DataConfig, folder: Path) -> tuple[Any, dict[str, list[Path]]]:
    """How `datasets` would read a folder, and which files by split. Raises UserError."""
    import datasets

    with _explained(data, str(folder)), _plainly_named(folder) as place:
        config = data.config if data.config in datasets.get_dataset_config_names(place) else None
        asked = datasets.load_dataset_builder(place, name=config).config
    inside = {str(split): [Path(path) for path in paths] for split, paths in asked.data_files.items()}
    return asked, {
        split: [folder / path.relative_to(place) if path.is_relative_to(place) else path for path in paths]
        for split, paths in inside.items()
    }


def _load(data: DataConfig, source: str, folder: Path | None) -> Any:
    """The `datasets.DatasetDict`. Raises UserError where the hub, the folder or its files do not give it."""
    import datasets

    datasets.disable_progress_bars()
    with _explained(data, source):
        config, revision = data.config, data.revision
        if folder is not None:
            revision = None
            # Whole copies of a hub repository have its configurations, bare folders of tables have none.
            config = config if config in datasets.get_dataset_config_names(source) else None
        return datasets.load_dataset(source, name=config, revision=revision, split=None)


@contextmanager
def _plainly_named(folder: Path) -> Iterator[str]:
    """The folder, or links to its files in another one where `datasets` would take its name for a pattern."""
    if not re.search(r"[*?\[\]]", str(folder)):
        yield str(folder)
        return
    with tempfile.TemporaryDirectory() as made:
        for path in folder.rglob("*"):  # (a link to the folder would be resolved)
            if path.is_file():
                link = Path(made, path.relative_to(folder))
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path.absolute())
        yield str(Path(made).resolve())


@contextmanager
def _explained(data: DataConfig, source: str) -> Iterator[None]:
    """Raise UserError for what `datasets` raises where the hub, the folder or its files are not as they should be."""
    import datasets
    import pyarrow as pa

    try:
        yield
    except (datasets.exceptions.DatasetGenerationError, pa.ArrowException) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise data_error(data, f"a file of {source} cannot be read: {reason}") from error
    except Exception as error:
        explained = explain(error, f"data set {source}")
        if explained is None and Path(source).is_dir():  # whatever `datasets` makes of a user's files
            reason = " ".join(str(error).split())
            advice = "a folder holds tables of one kind: .csv or .tsv, .json or .jsonl, or .parquet"
            raise data_error(data, f"the files of data.path={source} cannot be read: {reason}; {advice}") from error
        if explained is None:
            raise
        raise explained from error


def _part(split: str, dataset: Any, data: DataConfig) -> Part:
    columns = tuple(dataset.column_names)
    refuse_repeated(list(columns), data)
    wanted = wanted_columns(data, list(columns))
    table = dataset.select_columns(wanted).with_format("arrow")[:]
    found = {name: class_names(dataset.features.get(name)) for name in wanted}
    known = {name: names for name, names in found.items() if names}
    return Part(split, table, columns, known, row=lambda row: f"row {row}", counts_from_0=True)


def _revision(data: DataConfig, dataset: Any) -> str | None:
    """The commit that was loaded, as the folder in the `datasets` cache is named; else the one asked for.

    Without network, `datasets` falls back on whatever it has in its cache: refuse what is not the commit
    that was asked for.
    """
    commit = Path(dataset.cache_files[0]["filename"]).parent.name if dataset.cache_files else ""
    if not re.fullmatch("[0-9a-f]{40}", commit):
        return data.revision
    if re.fullmatch("[0-9a-f]{40}", data.revision or "") and data.revision != commit:
        raise data_error(
            data,
            f"asked for data.revision={data.revision}, but the cache holds {commit} and the "
            "hub was not reached; connect, or set data.path=FOLDER",
        )
    return commit
