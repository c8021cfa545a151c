"""Finding a cell's kept model, and saying plainly why there is none. Imports nothing heavy."""

import sys
from pathlib import Path

from bench.errors import UserError
from bench.models import kept, refitted, safely
from bench.models.kept import AGAIN, KeptModel
from bench.results import store
from bench.results.record import Record, Status

WHICH = "give the folder of a cell that ran with save_model=true, or what `bench best` kept (models/NAME)"


def find(folder: Path) -> tuple[Path, KeptModel]:
    """The folder of the model that the cell in `folder` kept, or `bench best` in it, and what loading it takes.

    The model's own folder, of a cell or fetched from the hub, does as well. Raises UserError where the folder, its
    record or its model is not there, or the cell did not end `ok`.
    """
    if not folder.is_dir():
        reason = "is no folder" if folder.exists() else "is not there"
        raise UserError(f"{folder} {reason}; {WHICH}")
    if (folder / kept.CONVERSION).is_file():
        raise UserError(
            f"{folder} is what `bench convert` made, and runs without this program: {kept.CARD} there has the code; "
            "give the folder that it was made of"
        )
    if (folder / refitted.FILE).is_file():
        return _refitted(folder)
    if (folder / kept.FILE).is_file():
        return _alone(folder)
    try:
        record = store.read(folder)
    except store.UnreadableRecord as error:
        raise UserError(f"the record cannot be read: {' '.join(str(error).split())}") from error
    if record is None:
        raise UserError(f"{folder} has no {store.RECORD}; {WHICH}")
    if record.status is not Status.OK:
        reason = f": {record.failure.type}: {record.failure.message}" if record.failure else ""
        raise UserError(" ".join(f"the cell in {folder} is not done, its status is {record.status}{reason}".split()))
    return _model(folder, record)


def _refitted(folder: Path) -> tuple[Path, KeptModel]:
    """What `bench best` kept."""
    if not (folder / kept.FILE).is_file():
        raise UserError(f"the saved model in {folder} is not whole: {refitted.AGAIN}")
    safely.refuse_irregular(folder)
    refitted.check(folder, refitted.read(folder))
    return folder, kept.read(folder)


def _alone(folder: Path) -> tuple[Path, KeptModel]:
    """What a cell kept, without the cell around it: its files can be checked where its record lies above them."""
    cell = cell_of(folder)
    if cell is not None:
        return find(cell)
    safely.refuse_irregular(folder)
    description = kept.read(folder)
    print(f"note: no record of {folder} is here, so its files cannot be checked", file=sys.stderr)
    return folder, description


def cell_of(folder: Path) -> Path | None:
    """The folder of the cell whose model lies in `folder`; None where it lies there alone."""
    folder = folder.resolve()
    return folder.parent if folder.name == kept.MODEL and (folder.parent / store.RECORD).is_file() else None


def _model(folder: Path, record: Record) -> tuple[Path, KeptModel]:
    if record.model_folder is None:
        if record.configuration.identity.get("model", {}).get("family") == "predictions":
            raise UserError(f"the predictions in {folder} were made elsewhere: there is no model that could be kept")
        raise UserError(f"the cell in {folder} has no saved model: {AGAIN}")
    model = folder / kept.MODEL
    if record.model_folder != kept.MODEL or model.is_symlink():
        raise UserError(f"the record in {folder} names a model outside of it ({record.model_folder!r}), not followed")
    if not (model / kept.FILE).is_file():
        raise UserError(f"the saved model in {model} is not there, or not whole: {AGAIN}")
    safely.refuse_irregular(model)
    description = kept.read(model)
    if record.model_files is None:
        print(f"note: {model} was kept by an earlier version, so its files cannot be checked", file=sys.stderr)
    else:
        kept.check_files(model, record.model_files)
    return model, description
