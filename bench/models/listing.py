"""The models of `conf/model/`: what they are, where they come from, and about how much GPU memory each method takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from bench.compose import to_cell
from bench.config import METHODS as ALL
from bench.config import ModelConfig, TransformerConfig
from bench.config.method.base import names_of
from bench.errors import UserError
from bench.models.estimate import estimate_cell
from bench.models.tensors import Estimate
from bench.options.folder import CONF

METHODS = tuple(name for method in ALL if method.in_listing for name in names_of(method))
"""The columns of estimates."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A model with its estimates; a method that does not go with it is not in `memory`, null stands for unknown."""

    model: ModelConfig
    memory: dict[str, Estimate | None]


def listed(names: list[str], *, batch_size: int, tokens: int, conf: Path = CONF) -> list[Listed]:
    """The models of `conf` that `names` names, all where it is empty, in the order of their names.

    Left out are those that need an option (answers made elsewhere need their file). Estimates are for training
    batches of `batch_size` texts of `tokens` tokens and every other option at its default. Raises UserError for a
    name that is not there or is left out, and where a file is not valid.
    """
    there = sorted(path.stem for path in (conf / "model").glob("*.yaml"))
    if unknown := [name for name in names if name not in there]:
        raise UserError(f"there is no model {unknown[0]!r} in conf/model; there are {', '.join(there)}")
    with _hydra(conf):
        contents = _files("model", names or there)
        methods = _files("method", METHODS)
        (training,) = _files("training", ["default"]).values()
    training |= {"per_device_train_batch_size": batch_size, "max_length": tokens}
    needy = [name for name, content in contents.items() if "???" in content.values()]
    if names and needy:
        raise UserError(f"the model {needy[0]!r} has no facts to list: what it is depends on options")
    return [_listed(content, methods, training, tokens) for name, content in contents.items() if name not in needy]


def origin(model: ModelConfig) -> str:
    """Where a model comes from: its id on the hub, or the wheel."""
    if not isinstance(model, TransformerConfig):
        return model.origin
    if model.wheel is not None:
        return f"wheel {model.wheel.package}=={model.wheel.version}"
    return model.id or ""


def _listed(
    content: dict[str, Any], methods: dict[str, dict[str, Any]], training: dict[str, Any], tokens: int
) -> Listed:
    memory: dict[str, Estimate | None] = {}
    model = None
    for name, method in methods.items():
        try:
            cell = to_cell({**_TASK, "model": content, "method": method, "training": training})
        except UserError:
            if model is None:
                raise  # it is the model that is not valid: what comes first goes with every model
            continue  # `zero_shot` with an encoder
        model = cell.model
        if isinstance(model, TransformerConfig) and cell.method is not None:
            memory[name] = estimate_cell(cell, tokens=tokens)
    assert model is not None
    return Listed(model, memory)


_TASK = {
    "data": {"name": "any", "source": "hub", "id": "any", "prompt": "{text}"},
    "num_labels": 2,
    "train_size": 2,
    "seed": 0,
    "split": {"name": "nested"},
}
"""Stands in for a task, whose examples do not matter here."""


@contextmanager
def _hydra(conf: Path) -> Iterator[None]:
    with initialize_config_dir(str(conf), version_base="1.3"):
        yield


def _files(group: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Files of one folder of `conf/`, with their defaults, as plain containers; what has to be given stays `???`.

    They are composed at once, each in a package of its own: a composition for each takes five times as long.
    """
    overrides = [f"+{group}@files.f{number}='{name}'" for number, name in enumerate(names)]
    content = OmegaConf.to_container(compose(overrides=overrides))
    assert isinstance(content, dict)
    return {name: content["files"][f"f{number}"] for number, name in enumerate(names)}
