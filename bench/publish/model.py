"""The model that is published: that of a cell, of `bench best`, or a folder with a card."""

from dataclasses import dataclass
from pathlib import Path

from bench.config import TransformerConfig
from bench.convert import about
from bench.convert.about import About
from bench.errors import UserError
from bench.models import kept, refitted, safely
from bench.models.kept import KeptModel
from bench.models.refitted import Refitted
from bench.predict.cell import cell_of, find
from bench.results import store
from bench.results.record import Record


@dataclass(frozen=True, slots=True)
class Model:
    """A folder, and what is known of the model in it."""

    folder: Path
    kept: KeptModel | None
    """None where another program made it."""
    record: Record | None
    """Of its cell."""
    refit: Refitted | None
    """Where `bench best` trained it, on all rows."""
    conversion: About | None = None
    """Where `bench convert` made it of a kept one."""

    @property
    def base(self) -> TransformerConfig | None:
        """The pretrained model that it is made of."""
        is_pretrained = self.kept is not None and isinstance(self.kept.model, TransformerConfig)
        return self.kept.model if is_pretrained else None  # type: ignore[union-attr, return-value]

    @property
    def needs_base(self) -> bool:
        """Whether loading it takes the base, which is not in the folder."""
        return self.conversion is None and self.kept is not None and self.kept.base is not None

    @property
    def is_of_a_folder(self) -> bool:
        """Whether the base was read from a folder, and not from the hub that its id is of."""
        base = self.base
        return (
            base is not None and base.source == "hub" and self.kept is not None and self.kept.model_sha256 is not None
        )


def found(folder: Path) -> Model:
    """The model that `folder` names. Raises UserError where there is none, or its files have changed."""
    if (folder / about.FILE).is_file():
        safely.refuse_irregular(folder)
        made = about.read(folder)
        _check_card(folder, about.AGAIN)
        return Model(folder, made.kept, None, None, made)
    has_ours = any((folder / name).is_file() for name in (kept.FILE, refitted.FILE, store.RECORD))
    if folder.is_dir() and not has_ours and (folder / kept.CARD).is_file():
        safely.refuse_irregular(folder)
        return Model(folder, None, None, None)
    model, description = find(folder)
    if (model / refitted.FILE).is_file():
        _check_card(model, refitted.AGAIN)
        return Model(model, description, None, refitted.read(model))
    cell = cell_of(model)
    record = None if cell is None else store.read(cell)
    _check_card(model, kept.AGAIN)
    return Model(model, description, record, None)


def _check_card(folder: Path, again: str) -> None:
    """Raise UserError where there is no card; `again` is what makes one."""
    if not (folder / kept.CARD).is_file():
        raise UserError(f"{folder} has no card ({kept.CARD}), which a published model needs: {again}")
