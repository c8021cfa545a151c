"""What a cell loads of its model, or finds loaded by an earlier cell of the same process (`bench.running.warm`)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from transformers import PreTrainedTokenizerBase

from bench.cell import Cell
from bench.config import LinearProbeConfig, TransformerConfig, ZeroShotConfig
from bench.methods.fitted import Context, Stored
from bench.models import files, load
from bench.models.base import BaseModel
from bench.models.kept import KeptModel
from bench.models.truncation import Side, tokenizer_side
from bench.running.precision import kept_precision
from bench.running.warm import base_of
from bench.sources.content import changed, check_content
from bench.sources.fingerprint import FOLDER as HASHES

T = TypeVar("T")
Frozen = TypeVar("Frozen", LinearProbeConfig, ZeroShotConfig)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of a cell's model, as they are now."""

    model: TransformerConfig
    location: str
    """A folder, or a hub id."""
    content: str | None
    """The SHA-256 of what is in the folder, or the hub's revision that is asked for."""

    @classmethod
    def find(cls, model: TransformerConfig, context: Context) -> "ModelFiles":
        """Where they are; fetched first where need be.

        Raises UserError where they can't be had, or are not those that the cell was planned with.
        """
        content = check_content(model, context.mirror_dir, context.cache / HASHES)
        location = files.locate(model, cache=context.cache, mirror_dir=context.mirror_dir)
        return cls(model, location, content or files.revision(model, location, None))

    def loaded(self, load: Callable[[], T], context: Context) -> T:
        """What `load` makes of the files. Raises UserError where they were changed meanwhile."""
        made = load()
        if ModelFiles.find(self.model, context) != self:
            raise changed(self.model, context.mirror_dir)
        return made


def tokenizer_of(found: ModelFiles, context: Context, side: Side = "right") -> PreTrainedTokenizerBase:
    """The model's tokenizer (`load.load_tokenizer`), loaded where it is not held; `warm.tokens` are of its making."""
    warm = context.warm

    def loaded() -> PreTrainedTokenizerBase:
        warm.tokens.clear()
        return found.loaded(lambda: load.load_tokenizer(found.model, found.location), context)

    tokenizer: PreTrainedTokenizerBase = warm.tokenizer.get(found, loaded)
    tokenizer.truncation_side = tokenizer_side(side)
    return tokenizer


def base_model(cell: Cell, found: ModelFiles, context: Context, loaded: Callable[[], BaseModel]) -> BaseModel:
    """The frozen model that `cell` works on, `loaded` where it is not held; what was held instead is dropped before.

    A cell that changes the weights it loads (`base_of` is None) gets a base of its own, which is not held.
    """
    base = base_of(cell, context.device)

    def checked() -> BaseModel:
        return found.loaded(loaded, context)

    return checked() if base is None else context.warm.base.get((base, found), checked)


def kept_frozen(
    kept: KeptModel, stored: Stored, method_type: type[Frozen]
) -> tuple[ModelFiles, Frozen, PreTrainedTokenizerBase]:
    """Of a kept cell whose method leaves its model as it was: the model's files, the options with the precision and
    batch that predictions are made with here, and the tokenizer. Raises UserError where that can't be loaded."""
    model, method = kept.model, kept.method
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, method_type)
    assert method.precision is not None
    assert stored.base is not None
    load.quiet()
    tokenizer = load.load_tokenizer(model, stored.base)
    tokenizer.truncation_side = "right"
    method = replace(method, precision=kept_precision(method.precision, stored.device), batch_size=kept.batch_size)
    return ModelFiles(model, stored.base, content=None), method, tokenizer
