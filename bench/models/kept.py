"""What loading a kept model takes beside its weights and tokenizer: one small JSON file in its folder."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bench.bounds import PositiveFloat, Width
from bench.cell import Cell
from bench.config import GradientConfig, Precision, TransformerConfig
from bench.config.method.gradient import GradientMethod
from bench.errors import UserError
from bench.models.truncation import Side
from bench.results.regular import MEGABYTE, Repeated, read_regular, validated
from bench.sources.fingerprint import file_sha256

MODEL = "model"
"""The folder of a kept model, in the cell's folder."""
FILE = "classifier.json"
CARD = "README.md"
"""The model card, which its reader may edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A fine-tuned classifier, in words that hold on every machine: no path is in it."""

    version: Literal[1] = 1
    labels: tuple[str, ...]
    """In the order of the logits."""
    model: TransformerConfig
    """The base model, with the hub's commit as its revision where one was loaded."""
    model_sha256: str | None
    """Of the base's files, where they came from a folder or a wheel."""
    method: GradientConfig
    precision: Precision
    max_length: Width
    """Tokens; longer texts are cut, or read in windows."""
    truncation_side: Side
    batch_size: Width
    """Of the cell's own evaluations."""
    max_windows: Width | None = None
    """Windows of `max_length` tokens in which a longer text is read, its probabilities being the mean of theirs; None
    where it is cut."""
    text_columns: tuple[str, ...] = ()
    """Columns of the data that a text was made of, in their order. None where an earlier version kept the model."""
    text_template: str | None = None
    """How they were joined (`data.text_template`)."""
    label_weights: tuple[PositiveFloat, ...] | None = None
    """What each label's probability is multiplied by (`training.thresholds`), in the order of the labels; None where
    the most probable label is decided for."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def is_adapter(self) -> bool:
        """Whether only adapters and head are kept, and the base model has to be had from where it comes."""
        return self.method.kept_as == "adapter"

    def write(self, folder: Path) -> None:
        """Put the file into `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise ValueError("labels must be two or more, each once")
        if self.label_weights is not None and len(self.label_weights) != len(self.labels):
            raise ValueError("label_weights must be as many as labels")


_KEPT = TypeAdapter(KeptModel)


def file_hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below `folder` that loading it may read, by relative name. Raises OSError.

    The card and hidden files do not count.
    """
    hashes = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.is_file() and not hidden and relative.as_posix() != CARD:
            hashes[relative.as_posix()] = file_sha256(path)
    return hashes


def check_files(folder: Path, expected: Mapping[str, str]) -> None:
    """Raise UserError where the files of a kept model are not those that were kept, naming them."""
    try:
        there = file_hashes(folder)
    except OSError as error:
        raise UserError(f"the saved model in {folder} cannot be read: {error.strerror or error}") from error
    states = {
        "missing": [name for name in expected if name not in there],
        "changed": [name for name in expected if there.get(name, expected[name]) != expected[name]],
        "added": [name for name in there if name not in expected],
    }
    if problems := [f"{state}: {', '.join(names)}" for state, names in states.items() if names]:
        raise UserError(f"the saved model in {folder} is not as its cell kept it ({'; '.join(problems)})")


def describe(cell: Cell, labels: tuple[str, ...], revision: str | None) -> KeptModel:
    """The description of the model of `cell`; `revision` is what `bench.models.files.revision` says was loaded."""
    model, training = cell.model, cell.training
    assert isinstance(model, TransformerConfig)
    assert isinstance(cell.method, GradientMethod)
    assert training is not None
    assert training.precision is not None
    commit = revision if revision is not None and re.fullmatch("[0-9a-f]{40}", revision) else None
    return KeptModel(
        labels=labels,
        model=replace(model, path=None, revision=commit or model.revision),
        model_sha256=revision if revision is not None and re.fullmatch("[0-9a-f]{64}", revision) else None,
        method=cell.method,  # type: ignore[arg-type]  # one of those
        precision=training.precision,
        max_length=training.max_length,
        truncation_side=training.side,
        batch_size=training.per_device_eval_batch_size,
        max_windows=training.max_windows,
        text_columns=cell.task.data.text_columns,
        text_template=cell.task.data.text_template,
    )


def read(folder: Path) -> KeptModel:
    """The description in `folder`. Raises UserError where there is none that can be read."""
    path = folder / FILE
    try:
        return validated(_KEPT, read_regular(path, MEGABYTE * 16), strict=False)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except Repeated as error:
        raise UserError(f"{path} is no description of a kept model: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "content"
        raise UserError(f"{path} is no description of a kept model: {where}: {first['msg']}") from error
