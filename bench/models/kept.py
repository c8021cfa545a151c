"""What loading a kept model takes beside its weights and tokenizer: one small JSON file in its folder."""

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bench.cell import Cell
from bench.config import GradientConfig, LoraConfig, Positive, Precision, TransformerConfig
from bench.errors import UserError

FILE = "classifier.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
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
    max_length: Positive
    """Tokens; longer texts are cut."""
    truncation_side: Literal["left", "right"]
    batch_size: Positive
    """Of the cell's own evaluations."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def is_adapter(self) -> bool:
        """Whether only adapters and head are kept, and the base model has to be had from where it comes."""
        return isinstance(self.method, LoraConfig)

    def write(self, folder: Path) -> None:
        """Put the file into `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")


_KEPT = TypeAdapter(Kept)


def describe(cell: Cell, labels: tuple[str, ...], revision: str | None) -> Kept:
    """The description of the model of `cell`; `revision` is what `bench.models.files.revision` says was loaded."""
    model, training = cell.model, cell.training
    assert isinstance(model, TransformerConfig)
    assert isinstance(cell.method, GradientConfig)
    assert training is not None
    assert training.precision is not None
    commit = revision if revision is not None and re.fullmatch("[0-9a-f]{40}", revision) else None
    return Kept(
        labels=labels,
        model=replace(model, path=None, revision=commit or model.revision),
        model_sha256=revision if revision is not None and re.fullmatch("[0-9a-f]{64}", revision) else None,
        method=cell.method,
        precision=training.precision,
        max_length=training.max_length,
        truncation_side=training.truncation_side,
        batch_size=training.per_device_eval_batch_size,
    )


def read(folder: Path) -> Kept:
    """The description in `folder`. Raises UserError where there is none that can be read."""
    path = folder / FILE
    try:
        return _KEPT.validate_json(path.read_bytes(), strict=False)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "content"
        raise UserError(f"{path} is no description of a kept model: {where}: {first['msg']}") from error
