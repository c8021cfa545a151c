"""Which files of a report are served: those that a report writes, and nothing by another way."""

from pathlib import Path
from urllib.parse import unquote

from bench.results.regular import read_regular

TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "text/plain; charset=utf-8",
}
"""By ending; nothing else is served, but for the page."""
FOLDERS = ("tables",)
"""Of a report."""


class NotServed(Exception):
    """There is no such file, or it is none of the report's."""


def file_of(folder: Path, address: str) -> tuple[bytes, str]:
    """Content and type of the file below `folder` that an address names, relative to it and percent-encoded.

    Hidden files, other endings, other folders, and all that a link leads to are not served. Raises NotServed.
    """
    name = unquote(address, errors="surrogateescape")
    parts = name.split("/")
    kind = TYPES.get(Path(parts[-1]).suffix)
    if kind is None or tuple(parts[:-1]) not in ((), FOLDERS) or any(part.startswith(".") for part in parts):
        raise NotServed(name)
    path = Path(*parts)
    try:
        top = folder.resolve()
        if (top / path).resolve() != top / path:
            raise NotServed(name)
        return read_regular(top / path), kind
    except (OSError, ValueError) as error:  # there is none; a name that none can have
        raise NotServed(name) from error
