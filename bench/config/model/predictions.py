"""`model=predictions`."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from bench.config.common import FORBID, NEVER
from bench.config.method.base import Chosen
from bench.config.model.alone import ModelAlone
from bench.config.names import FilePath, Name, Text
from bench.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionsConfig(ModelAlone):
    """Answers that were made elsewhere: a CSV file of example id and label."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    family: Literal["predictions"]
    path: FilePath = field(metadata=NEVER)
    sha256: Text | None = None
    """The SHA-256 of the file; filled in from what is there."""
    id_column: Name = "id"
    label_column: Name = "label"

    __pydantic_config__ = FORBID

    knows_several_labels = False
    module = "bench.methods.predictions"
    role = "elsewhere"
    learns = False
    summary = "predictions that were made elsewhere"

    def resolve(self, chosen: Chosen) -> Self:
        """With the file's SHA-256: an edited file is another cell, a moved one is not. Raises UserError."""
        from bench.sources.fingerprint import file_sha256

        path = Path(self.path).expanduser()
        if path.exists() and not path.is_file():
            raise UserError(f"model.path={self.path} is no file; give a CSV file of ids and labels")
        try:
            found = file_sha256(path)
        except OSError as error:
            raise UserError(f"model.path={self.path}: {error.strerror or error}") from error
        if self.sha256 is not None and self.sha256 != found:
            raise UserError(
                f"model.sha256={self.sha256}: model.path={self.path} has {found}; leave it out to take that"
            )
        return replace(self, sha256=found)
