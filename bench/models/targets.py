"""Which modules adapters can be put on (`method.target_modules`), by the model's family. Imports nothing heavy."""

import re
from collections.abc import Iterable, Sequence

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.errors import UserError, refuse
from bench.models.families import FAMILIES, Family

MAX_LAYERS = 256
"""More blocks than any model has that there is: a folder may hold any."""


def check_targets(cells: Iterable[Cell]) -> None:
    """Raise UserError, with all problems, where methods ask of a model what its family has not."""
    kinds = {(cell.method, cell.model): None for cell in cells if cell.method is not None}
    problems: list[str] = []
    for method, model in kinds:
        if isinstance(model, TransformerConfig):
            problems += method.problems(model)
    refuse(problems)


def absent_targets(
    targets: tuple[str, ...] | str,
    model: TransformerConfig,
    *,
    option: str = "method.target_modules",
    norms: bool = False,
) -> list[str]:
    """What is wrong with the targets that `option` says, for `model`, by its family; `norms`: they are to be norms."""
    if isinstance(targets, str) or model.trust_remote_code:  # whose own code has its own modules
        return []
    if not targets:
        return [f"{option}=[] puts adapters on nothing; `family` takes what is usual"]
    family = FAMILIES[model.family]
    if norms:
        return []  # those above the blocks count as well: what is not there is told when the model is loaded
    there = modules(family)
    absent = [target for target in targets if not matches(target, there)]
    return [str(no_such_modules(absent, model.name, there, option))] if absent else []


def modules(family: Family) -> tuple[str, ...]:
    """The paths of all modules that adapters can be put on; those of a block stand once, with its number as 0."""
    blocks = [f"{family.blocks}.0.{layer}" for layer in family.layers]
    return (*blocks, *family.others)


def every_module(family: Family, layers: int | None) -> list[str]:
    """The paths of all modules that adapters can be put on, of a model with so many `layers`; None: with any number."""
    blocks = range(MAX_LAYERS if layers is None else layers)
    return [f"{family.blocks}.{block}.{layer}" for block in blocks for layer in family.layers] + list(family.others)


def matches(target: str, names: Iterable[str]) -> bool:
    """Whether `target` is a module of `names`, or the end of its path, as peft matches; one block is like another."""
    wanted = _of_a_block(target)
    return any(_of_a_block(name) == wanted or _of_a_block(name).endswith(f".{wanted}") for name in names)


def _of_a_block(path: str) -> str:
    """`path` with the number of its block as 0."""
    return re.sub(r"(?<![^.])\d+(?![^.])", "0", path)


def no_such_modules(
    absent: Sequence[str], model: str, names: Iterable[str], option: str = "method.target_modules"
) -> UserError:
    """What to say of targets that match none of a model's modules `names`."""
    ends = dict.fromkeys(name.rpartition(".")[2] for name in names)
    return UserError(
        f"{option}={','.join(absent)}: model {model} has no such module; it has {', '.join(ends)} "
        "(`family` takes what is usual, `all-linear` all of a block)"
    )
