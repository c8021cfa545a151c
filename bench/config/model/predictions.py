"""`model=predictions`."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.model.alone import ModelAlone
from bench.config.names import FilePath, Name, Separator, Text
from bench.errors import UserError
from bench.kind import MULTI_LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionsConfig(ModelAlone):
    """Answers that were made elsewhere: a CSV file of example id and label, or labels."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    family: Literal["predictions"]
    path: FilePath = field(metadata=NEVER)
    """A CSV file of ids and labels."""
    sha256: Text | None = None
    """The SHA-256 of the file; filled in from what is there."""
    id_column: Name = "id"
    """Its column of ids."""
    label_column: Name = "label"
    """Its column of labels."""
    label_separator: Separator | None = field(default=None, metadata=IF_SET)
    """Where a text may have several labels: what is between them in an answer, as in `bug|urgent`; null: answers are
    lists (`["bug", "urgent"]`), one label, or nothing."""

    __pydantic_config__ = FORBID

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
        separator = self.label_separator if chosen.data.kind == MULTI_LABEL else None
        return replace(self, sha256=found, label_separator=separator)
