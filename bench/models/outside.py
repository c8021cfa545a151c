"""Whether what is written stays out of kept models. Imports nothing heavy."""

from pathlib import Path

from bench.errors import UserError
from bench.models import kept


def check_outside_models(what: str, path: Path) -> None:
    """Raise UserError where `path`, which is `what`, is below a kept model: with one more file it would not load."""
    for around in path.resolve().parents:
        if (around / kept.FILE).is_file():
            raise UserError(f"{what} would be a part of the model that is kept in {around}: give a place outside of it")
