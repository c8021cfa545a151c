"""What `bench serve --measure` left of models of a grid: in its cells' folders, in models/NAME, and where one says."""

import os
from collections.abc import Sequence, Set
from pathlib import Path

from bench.errors import UserError, refuse
from bench.escape.terminal import say
from bench.models.kept import MODEL
from bench.models.refitted import FOLDER
from bench.report.inputs.records import ExpectedCell
from bench.results.serving import FILE, Serving, read
from bench.settings import Settings


def servings(expected: Sequence[ExpectedCell], settings: Settings) -> tuple[Serving, ...]:
    """Each once, those of `serving` first. Raises UserError, with all problems, where a folder that `serving` names has
    none, one that can't be read, or one of other cells; elsewhere what can't be read costs a warning."""
    keys = {cell.key for cell in expected}
    found = named_servings(keys, settings)
    # strings: ten thousand paths would take a second
    cells = (os.path.join(cell.folder, MODEL) for cell in expected)
    for place in (str(FOLDER / settings.title), *cells):
        if not os.path.exists(os.path.join(place, FILE)):
            continue
        try:
            one = read(Path(place))
        except UserError as error:
            say(f"warning: {error}", error=True)
            continue
        if one is not None and keys.intersection(one.cells):
            found.append(one)
    return tuple({one.identity: one for one in found}.values())


def named_servings(keys: Set[str], settings: Settings) -> list[Serving]:
    """Those of the folders that `serving` names, for a grid of cells with these keys. Raises UserError, with all
    problems."""
    found, problems = [], []
    for folder in settings.serving:
        try:
            found.append(_named(folder, keys))
        except UserError as error:
            problems.append(str(error))
    refuse(problems)
    return found


def _named(folder: str, keys: Set[str]) -> Serving:
    for place in (Path(folder), Path(folder, MODEL)):
        one = read(place)
        if one is not None:
            break
    else:
        raise UserError(f"serving: {folder} has no {FILE}: `bench serve {folder} --measure` writes it")
    if keys.isdisjoint(one.cells):
        raise UserError(f"serving: the model in {folder} is of none of these cells")
    return one
