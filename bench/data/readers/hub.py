"""Data sets of the hub, or folders that stand in for them, through `datasets`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.files import kind_of
from bench.data.readers.part import Part, chosen_splits, class_names, joined, refuse_repeated, wanted_columns
from bench.data.readers.table import read_table
from bench.sources.fingerprint import folder_sha256
from bench.sources.hub import explain, resolve

TEXT_FILES = (".csv", ".tsv", ".json", ".jsonl")


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
    if folder is not None and (files := _text_files(data, folder)):
        parts = [
            joined([read_table(path, split, data) for path in files[split]]) for split in chosen_splits(data, files)
        ]
        return parts, folder_sha256(folder)
    loaded = _load(data, source, folder)
    chosen = chosen_splits(data, loaded)
    parts = [_part(split, loaded[split], data) for split in chosen]
    return parts, folder_sha256(folder) if folder is not None else _revision(data, loaded[chosen[0]])


def _text_files(data: DataConfig, folder: Path) -> dict[str, list[Path]]:
    """Files by split of a folder of CSV, TSV or JSON; none where it holds others, or says how they are to be read.

    `datasets` tells which files belong to a split. It would read them in a way of its own: NA as no label, 01 as 1.
    """
    import datasets
    from datasets.packaged_modules.csv.csv import CsvConfig
    from datasets.packaged_modules.json.json import JsonConfig

    if not any(kind_of(path) in TEXT_FILES for path in folder.rglob("*") if path.is_file()):
        return {}
    with _explained(data, str(folder)):
        config = data.config if data.config in datasets.get_dataset_config_names(str(folder)) else None
        asked = datasets.load_dataset_builder(str(folder), name=config).config
    # (.tsv files come with a `sep` that their reader here knows)
    plain = {CsvConfig: ("delimiter", "names", "column_names"), JsonConfig: ("field",)}
    options = next((names for kind, names in plain.items() if isinstance(asked, kind)), None)
    if options is None or any(getattr(asked, name) != getattr(type(asked)(), name) for name in options):
        return {}
    files = {str(split): [Path(path) for path in paths] for split, paths in asked.data_files.items()}
    kinds = {kind_of(path) for paths in files.values() for path in paths}
    if isinstance(asked, CsvConfig) and asked.sep != ("\t" if kinds == {".tsv"} else CsvConfig().sep):
        return {}
    return files


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
        if explained is None:
            raise
        raise explained from error


def _part(split: str, dataset: Any, data: DataConfig) -> Part:
    columns = tuple(dataset.column_names)
    refuse_repeated(list(columns), data)
    wanted = wanted_columns(data, list(columns))
    table = dataset.select_columns(wanted).with_format("arrow")[:]
    return Part(split, table, columns, class_names(dataset.features.get(data.label_column)))


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
