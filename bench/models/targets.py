"""Which modules adapters can be put on (`method.target_modules`), by the model's family. Imports nothing heavy."""

import re
from collections.abc import Iterable, Sequence

from bench.cell import Cell
from bench.config import LoraConfig, TransformerConfig
from bench.errors import UserError, refuse
from bench.models.families import FAMILIES, Family


def check_targets(cells: Iterable[Cell]) -> None:
    """Raise UserError, with all problems, where `method.target_modules` names what a model's family has not."""
    problems: list[str] = []
    for cell in cells:
        method, model = cell.method, cell.model
        if not isinstance(method, LoraConfig) or not isinstance(model, TransformerConfig):
            continue
        if isinstance(method.target_modules, str) or model.trust_remote_code:  # whose own code has its own modules
            continue
        family = FAMILIES[model.family]
        if absent := [target for target in method.target_modules if not matches(target, modules(family))]:
            problems.append(str(no_such_modules(absent, model.name, modules(family))))
        elif not method.target_modules:
            problems.append("method.target_modules=[] puts adapters on nothing; `family` takes what is usual")
    refuse(problems)


def modules(family: Family) -> tuple[str, ...]:
    """The paths of all modules that adapters can be put on; those of a block stand once, with its number as 0."""
    blocks = [f"{family.blocks}.0.{layer}" for layer in family.layers]
    return (*blocks, *family.others)


def matches(target: str, names: Iterable[str]) -> bool:
    """Whether `target` is a module of `names`, or the end of its path, as peft matches; one block is like another."""
    wanted = _of_a_block(target)
    return any(_of_a_block(name) == wanted or _of_a_block(name).endswith(f".{wanted}") for name in names)


def _of_a_block(path: str) -> str:
    """`path` with the number of its block as 0."""
    return re.sub(r"(?<![^.])\d+(?![^.])", "0", path)


def no_such_modules(absent: Sequence[str], model: str, names: Iterable[str]) -> UserError:
    """What to say of targets that match none of a model's modules `names`."""
    ends = dict.fromkeys(name.rpartition(".")[2] for name in names)
    return UserError(
        f"method.target_modules={','.join(absent)}: model {model} has no such module; it has {', '.join(ends)} "
        "(`family` takes what is usual, `all-linear` all of a block)"
    )
