"""What a method has to say of itself, checked: what one lacks is named."""

import importlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

from bench.config import METHODS, ModelAlone
from bench.config.method.base import Method, Role, names_of
from bench.config.method.frozen import FrozenMethod
from bench.config.method.gradient import AdapterMethod, GradientMethod
from bench.config.model import ModelConfig

CONF = Path(__file__).parents[2] / "conf"
MODELS_ALONE: tuple[type[ModelAlone], ...] = tuple(
    model for model in get_args(get_args(ModelConfig)[0]) if issubclass(model, ModelAlone)
)
"""Models that are their own method."""
CLASSICAL = tuple(model for model in MODELS_ALONE if model.role == "classical")
ALL: tuple[type[Method], ...] = (*METHODS, *MODELS_ALONE)


def family_of(kind: type[ModelAlone]) -> str:
    """What chooses a model of this kind (`model=...`)."""
    (family,) = get_args(get_type_hints(kind)["family"])
    return str(family)


def lacks(kind: type[Method]) -> list[str]:
    """What `kind` does not say, or has not, and should."""
    found = [f"`{name}` ({why})" for name, why in _wanted(kind).items() if not _says(kind, name)]
    if getattr(kind, "role", None) not in (None, *get_args(Role)):
        found.append(f"a `role` out of {', '.join(get_args(Role))}")
    if not is_dataclass(kind):
        return [*found, "a dataclass of its options (frozen, slots, kw_only)"]
    options = {option.name for option in fields(kind)}
    for option in ("max_length", "precision"):
        if option in options and f"{option}_asked" not in options:
            found.append(
                f"the option `{option}_asked` beside `{option}` (a default gives way, what is asked for holds)"
            )
    if issubclass(kind, FrozenMethod):
        found += [f"the option `{name}`" for name in ("batch_size", "precision") if name not in options]
    if issubclass(kind, Method) and not issubclass(kind, ModelAlone):
        found += [f"conf/method/{name}.yaml" for name in names_of(kind) if not (CONF / f"method/{name}.yaml").is_file()]
    if issubclass(kind, ModelAlone) and not (CONF / f"model/{family_of(kind)}.yaml").is_file():
        found.append(f"conf/model/{family_of(kind)}.yaml")
    return found + _lacks_of_module(kind)


def _lacks_of_module(kind: type[Method]) -> list[str]:
    if not _says(kind, "module"):
        return []
    try:
        module = importlib.import_module(kind.module)
    except ModuleNotFoundError:
        return [f"the module {kind.module}"]
    wanted = {"fit": "fit(cell, splits, context)"}
    if kind.kept_as is not None and not kind.by_gradients:
        wanted["load"] = "load(kept, stored)"
    return [f"`{call}` in {kind.module}" for name, call in wanted.items() if not callable(getattr(module, name, None))]


def _wanted(kind: type[Method]) -> dict[str, str]:
    """What has to be said, and what for."""
    wanted = {
        "module": "whose fit does the work",
        "role": "what a report counts it as",
        "summary": "what a model card calls it",
    }
    if issubclass(kind, FrozenMethod):
        return wanted | {"runs": "what the model is loaded as"}
    if issubclass(kind, AdapterMethod):
        return wanted | {"rates": "learning rates", "trainable": "its memory", "adapter": "peft's configuration"}
    if issubclass(kind, GradientMethod):
        return wanted | {"trains": "what is trained", "rates": "learning rates", "trainable": "its memory"}
    if issubclass(kind, ModelAlone):
        return wanted
    return wanted | {"memory": "plans estimate it", "work": "plans estimate how long it takes"}


def _says(kind: type[Method], name: str) -> bool:
    """Whether `kind`, or a base of it that knows, says something of its own."""
    silent = (Method, GradientMethod, AdapterMethod)
    unsaid = [vars(base).get(name) for base in silent]
    value = getattr(kind, name, None)
    return value is not None and not any(value is other for other in unsaid if callable(other))
