"""The optimizers that `training.optim` may name: transformers' names, and the package that each needs."""

import difflib
from collections.abc import Iterable, Iterator

from bench.cell import Cell
from bench.errors import refuse

OPTIMIZERS: dict[str, str | None] = {
    **dict.fromkeys(("adamw_torch", "adamw_torch_fused", "adafactor", "sgd", "adagrad", "rmsprop"), None),
    **dict.fromkeys(
        (
            "adamw_bnb_8bit", "adamw_8bit", "ademamix", "ademamix_8bit", "lion_8bit", "lion_32bit",
            "paged_adamw_32bit", "paged_adamw_8bit", "paged_ademamix_32bit", "paged_ademamix_8bit",
            "paged_lion_32bit", "paged_lion_8bit", "rmsprop_bnb", "rmsprop_bnb_8bit", "rmsprop_bnb_32bit",
        ),
        "bitsandbytes",
    ),
    **dict.fromkeys(("adamw_torch_4bit", "adamw_torch_8bit"), "torchao"),
    **dict.fromkeys(("schedule_free_radam", "schedule_free_adamw", "schedule_free_sgd"), "schedulefree"),
    **dict.fromkeys(("lomo", "adalomo"), "lomo_optim"),
    "grokadamw": "grokadamw",
    "stable_adamw": "optimi",
    "adamw_anyprecision": "torchdistx",
    "adamw_torch_xla": "torch_xla",
    "adamw_torch_npu_fused": "torch_npu",
}  # fmt: skip
"""Names in transformers, and what has to be installed beyond the program's own packages; `tests/test_early.py` compares
them with those of the installed version."""
UNSUITED = ("galore_", "apollo_")
"""Beginnings of names in transformers that need to be told which matrices to project, for which there is no option."""


def problem(name: str) -> str | None:
    """What is wrong with an optimizer's name; None where transformers knows it and it can be used here."""
    if name.startswith(UNSUITED):
        return f"training.optim={name} projects gradients of modules that no option here names; adamw_8bit saves memory"
    if name in OPTIMIZERS:
        return None
    close = difflib.get_close_matches(name, OPTIMIZERS, n=3, cutoff=0.4)
    like = f"; like it are {', '.join(close)}" if close else ""
    return f"training.optim={name} is no optimizer of transformers{like}; there are {', '.join(sorted(OPTIMIZERS))}"


def check_optimizers(cells: Iterable[Cell]) -> None:
    """Raise UserError, with all problems, where a cell's optimizer is not known."""
    refuse(found for name in _names(cells) if (found := problem(name)) is not None)


def of_optimizer(cell: Cell) -> Iterator[tuple[str, str]]:
    """The package that a cell's optimizer needs, if any: what needs it, and its name."""
    name = None if cell.training is None else cell.training.optim
    if (package := OPTIMIZERS.get(name or "")) is not None:
        yield f"training.optim={name}", package


def _names(cells: Iterable[Cell]) -> list[str]:
    optimizers = (cell.training.optim for cell in cells if cell.training is not None)
    return list(dict.fromkeys(name for name in optimizers if name is not None))
