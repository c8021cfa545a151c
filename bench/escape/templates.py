"""Templates: what they print must exist, and lines of blocks leave no blank lines."""

from pathlib import Path
from typing import Any

import jinja2


def environment(folder: str | Path, *, autoescape: bool, **options: Any) -> jinja2.Environment:
    """Templates of `folder`; `autoescape` for HTML. Further options are jinja2's (`finalize`, `extensions`)."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
