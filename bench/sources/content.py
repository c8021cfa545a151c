"""What a folder holds that is read in place of the hub: it is part of a cell's identity, where the folder is is not."""

from pathlib import Path

from bench.config import DataConfig, TransformerConfig
from bench.errors import DataChanged, ModelChanged, UserError
from bench.sources.fingerprint import folder_sha256
from bench.sources.hub import resolve


def folder_of(source: DataConfig | TransformerConfig, mirror_dir: str | None) -> Path | None:
    """The local folder that is read of `source`, `path` or a mirror's; None where it comes from elsewhere.

    Raises UserError where `path` or `mirror_dir` is not there, or is no folder.
    """
    if source.source != "hub" or (source.id is None and source.path is None):
        return None
    is_data = isinstance(source, DataConfig)
    location = resolve("datasets" if is_data else "models", source.id or "", source.path, mirror_dir)
    if source.path is None and location == source.id:
        return None
    if not Path(location).is_dir():
        if is_data:
            raise UserError(f"data {source.name}: data.path={location} is a file; data.source=file reads files")
        raise UserError(f"model.path={location} is a file; give the folder that it is in")
    return Path(location)


def content_of(source: DataConfig | TransformerConfig, mirror_dir: str | None, memo: Path | None = None) -> str | None:
    """The SHA-256 of the folder that stands in for the hub; None where none does. Raises UserError."""
    folder = folder_of(source, mirror_dir)
    if folder is None:
        return None
    try:
        return folder_sha256(folder, memo)
    except OSError as error:
        raise UserError(f"{option(source)}={folder}: {error.filename}: {error.strerror or error}") from error


def check_content(
    source: DataConfig | TransformerConfig, mirror_dir: str | None, memo: Path | None = None
) -> str | None:
    """The SHA-256 of the folder that stands in for the hub, which is the one that the cell was planned with.

    Raises UserError where it is another one. A source that was never planned is as it is.
    """
    now = content_of(source, mirror_dir, memo)
    if source.content is not None and source.content != now:
        raise changed(source, mirror_dir)
    return now


def changed(source: DataConfig | TransformerConfig, mirror_dir: str | None) -> UserError:
    """What to say of files that are not those of the plan."""
    folder = source.path if source.path is not None else folder_of(source, mirror_dir)
    what = f"{option(source)}={folder}" if folder is not None else f"the folder of {source.id}"
    kind = DataChanged if isinstance(source, DataConfig) else ModelChanged
    return kind(f"{what} was changed since this cell was planned; start again")


def option(source: DataConfig | TransformerConfig) -> str:
    """The option that a user gives the place by."""
    if source.path is None:
        return "mirror_dir"
    return "data.path" if isinstance(source, DataConfig) else "model.path"
