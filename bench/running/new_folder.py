"""What keeps a new folder from its place, told before any work."""

from pathlib import Path

from bench.errors import UserError
from bench.models.outside import check_outside_models
from bench.running.preflight import check_place


def check_new_folder(option: str, folder: Path) -> None:
    """Raise UserError where `whole_folder` could not put a folder in this place, or should not; empty or not there."""
    what, place = f"{option} {folder}", folder.resolve()
    if folder.is_symlink():
        raise UserError(f"{what} is a link, and would be replaced: give the folder that it leads to")
    if place == Path.cwd() or place in Path.cwd().parents:
        raise UserError(f"{what} is the folder that this runs in, and would be replaced: give a folder in it")
    if place.is_mount():
        raise UserError(f"{what} is where a disk is mounted, and can't be replaced: give a folder in it")
    check_outside_models(what, folder)
    check_place(option, str(folder))
    check_place(option, str(place.parent))
