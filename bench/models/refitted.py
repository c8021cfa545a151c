"""What is kept with a model that was trained on all rows of a task: what it is of, and which files make it up.

A model of this kind is no cell's: there is no record, and no test score of its own.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bench.errors import UserError
from bench.models.kept import check_files
from bench.results.regular import MEGABYTE, Repeated, read_regular, validated
from bench.sources.fingerprint import file_sha256

FOLDER = Path("models")
"""Where models are kept that `--out` does not place."""
FILE = "refit.json"
AGAIN = "`bench best ... --overwrite` makes it again"
"""What to do about a folder that is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """A model that was trained on training, validation and test examples together, as cells had chosen."""

    version: Literal[1] = 1
    experiment: str
    row: str
    """What the report calls it."""
    cells: dict[str, str]
    """When each of the cells that chose was started, by key."""
    examples_sha256: str
    """Of the examples of the first of them."""
    num_rows: int
    """Examples that it was trained on; 0: nothing was learnt."""
    epochs: float | None
    """Passes over them."""
    learning_rate: float | None
    chosen: dict[str, str]
    """What validation chose, in words."""
    metric: str
    expected: dict[str, float]
    """The cells' mean in the metric, and its 95 % interval: `estimate`, `low`, `high`."""
    packages: dict[str, str]
    model_files: dict[str, str]
    """SHA-256 of each file, by name."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def write(self, folder: Path) -> None:
        """Put the file into `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")

    def is_as(self, other: "Refitted") -> bool:
        """Whether the two are of the same cells, and trained alike."""
        return self._made_of() == other._made_of()

    def _made_of(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name not in ("packages", "model_files")}


_REFITTED = TypeAdapter(Refitted)


def check(folder: Path, found: Refitted) -> None:
    """Raise UserError where the files in `folder` are not those that were kept, naming them."""
    check_files(folder, found.model_files | {FILE: file_sha256(folder / FILE)}, AGAIN)


def read(folder: Path) -> Refitted:
    """What is in `folder`. Raises UserError where it can't be read."""
    path = folder / FILE
    try:
        return validated(_REFITTED, read_regular(path, MEGABYTE * 16), strict=False)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except (Repeated, ValidationError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}; {AGAIN}") from error
