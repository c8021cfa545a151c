"""The optimizers that `training.optim` may name: transformers' names, and the package that each needs."""

import difflib
from collections.abc import Iterable

from bench.cell import Cell
from bench.errors import refuse
from bench.extras import how_to_install, is_here

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
INSTALLED_AS = {"lomo_optim": "lomo-optim", "optimi": "torch-optimi"}
"""Packages whose name for pip is another than the one in Python."""
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


def check_installed(cells: Iterable[Cell]) -> None:
    """Raise UserError where a cell's optimizer needs a package that is not installed."""
    needed = {name: package for name in _names(cells) if (package := OPTIMIZERS.get(name)) is not None}
    refuse(
        f"training.optim={name} needs a package that is not installed: "
        f"{how_to_install(INSTALLED_AS.get(package, package))}"
        for name, package in needed.items()
        if not is_here(package)
    )


def _names(cells: Iterable[Cell]) -> list[str]:
    optimizers = (cell.training.optim for cell in cells if cell.training is not None)
    return list(dict.fromkeys(name for name in optimizers if name is not None))
