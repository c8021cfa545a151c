"""From the composed Hydra configuration, as plain containers, to cells and settings.

All problems of a configuration are found together. Nothing here knows Hydra or imports anything heavy.
"""

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from bench.cell import Cell
from bench.config import (
    DEDUPLICATING,
    CellConfig,
    DataConfig,
    ModelAlone,
    PublishedSplitConfig,
    SplitConfig,
    TransformerConfig,
    TuneConfig,
)
from bench.config.method.base import Chosen
from bench.config.method.gradient import GradientMethod
from bench.config.thresholds import MOST_PROBABLE, check_thresholds
from bench.data.label_count import ALL, all_labels, size_of
from bench.data.naming import with_name
from bench.data.read import pinned
from bench.data.task import Task
from bench.errors import UserError, refuse
from bench.models.windows import windows_at_most
from bench.options.defaults import with_defaults
from bench.options.kind import check_kind
from bench.options.renamed import renamed_in_file
from bench.options.search import with_search
from bench.options.sides import check_sides
from bench.options.validation import validated
from bench.options.windows import check_windows
from bench.settings import Settings
from bench.sources.cache import cache_folder
from bench.sources.content import content_of
from bench.sources.fingerprint import FOLDER as HASHES

CELL_KEYS = ("data", "num_labels", "train_size", "seed", "split", "model", "method", "training", "tune", "task")
_CELL = TypeAdapter(CellConfig)
_SETTINGS = TypeAdapter(Settings)


def check(content: dict[str, Any]) -> None:
    """Raise UserError, with all problems of cell, settings and unknown options in one message."""
    known = (*CELL_KEYS, *Settings.__dataclass_fields__)
    problems = [
        said
        for key in content
        if key not in known
        for said in renamed_in_file(key, content[key])
        or [f"{key}: there is no such option; there are {', '.join(known)}"]
    ]
    found: list[str] = []
    for turn in (to_settings, to_cell):
        try:
            # nothing is looked up in folders that are none
            _to_config(content) if found else turn(content)
        except UserError as error:
            found.append(str(error))
    problems += reversed(found)
    refuse(problems)


def to_cell(content: dict[str, Any]) -> Cell:
    """The cell that a composed configuration describes; keys other than a cell's are ignored.

    Raises UserError, with all problems in one message, where the configuration is not valid.
    """
    cell = _resolved(with_defaults(content))
    if cell.training is not None:
        check_thresholds(cell.training, "training", cell.task.kind)
    else:
        check_thresholds(cell.approach, "model" if cell.method is None else "method", cell.task.kind)
    check_kind(cell)
    return cell


def _resolved(content: dict[str, Any]) -> Cell:
    """The cell, with every default resolved; `with_defaults` has been at `content`. Raises UserError."""
    every, share = content.get("num_labels") == ALL, _share(content.get("train_size"))
    config = with_search(_to_config(content))
    mirror_dir, cache = content.get("mirror_dir"), cache_folder(content.get("cache_dir"))
    memo = cache / HASHES
    data = pinned(config.data, mirror_dir, memo)
    split = _resolve_split(config.split, content.get("split"))
    check_sides(data, split)
    if every:
        config = replace(config, num_labels=all_labels(data, split, cache, mirror_dir))
    task = Task(
        data=data,
        num_labels=config.num_labels,
        train_size=config.train_size,
        seed=config.seed,
        split=split,
        labels=_labels(data, config),
    )
    if share is not None:
        task = replace(task, train_size=size_of(share, task, cache, mirror_dir))
    model = config.model
    if isinstance(model, TransformerConfig):
        if model.source == "wheel" and model.path is not None:
            raise UserError(f"model.path={model.path} does not go with model.source=wheel")
        model = replace(model, content=content_of(model, mirror_dir, memo))
    chosen = Chosen(
        model,
        data,
        config.split,
        class_weight=config.training.class_weight,
        truncation=config.training.truncation or "head",
        windows=config.training.windows,
        max_windows=windows_at_most(config.training.windows, config.training.max_windows),
        thresholds=config.training.thresholds,
    )
    if isinstance(model, ModelAlone):
        task = task if model.learns else task.for_testing()
        return Cell(task=task, model=model.resolve(chosen), method=None, training=None, tune=_searched(config))
    if (needed := config.method.needs(model)) is not None:
        raise UserError(f"{config.method.choice} needs {needed}; {model.name} is of family {model.family}")
    method = config.method.resolve(chosen)
    check_windows(config.training, method, model)
    if not isinstance(method, GradientMethod):
        validates = getattr(method, "thresholds", MOST_PROBABLE) != MOST_PROBABLE
        task = task if method.learns else task.for_testing(validates=validates)
        return Cell(task=task, model=model, method=method, training=None, tune=_searched(config))
    tune = config.tune if config.tune.learning_rate else _searched(config)
    if config.tune.learning_rate and config.training.learning_rate is not None:
        raise UserError(
            f"training.learning_rate={config.training.learning_rate:g} has no effect where tune.learning_rate gives "
            "rates to try: give one of the two (training.learning_rate=null)"
        )
    training = method.resolve_training(config.training, model, tuned=config.tune.finds_rate)
    return Cell(task=task, model=model, method=method, training=training, tune=tune)


def _searched(config: CellConfig) -> TuneConfig | None:
    """What is searched; None where nothing is. (A grid of learning rates is nothing to a row that has no such rate.)"""
    return replace(config.tune, learning_rate=()) if config.tune.search else None


def _to_config(content: dict[str, Any]) -> CellConfig:
    """What is given, checked by itself; in place of all labels, and of all examples, stand two. Raises UserError."""
    given = with_defaults({key: _with_length(content[key]) for key in CELL_KEYS if key in content})
    if given.get("num_labels") == ALL:
        given["num_labels"] = 2
    if _share(given.get("train_size")) is not None:
        given["train_size"] = 2
    config = validated(_CELL, given | {"data": with_name(given.get("data"))})
    training = config.training
    if training.max_length_asked:
        return config
    return replace(config, training=replace(training, max_length=training.default_max_length))


def _share(train_size: Any) -> float | None:
    """The part of what there is for training that `train_size` asks for; None where it is a number of examples."""
    if train_size == ALL:
        return 1.0
    return train_size if isinstance(train_size, float) and 0 < train_size <= 1 else None


def to_settings(content: dict[str, Any]) -> Settings:
    """Where and how to run. Raises UserError."""
    names = Settings.__dataclass_fields__
    return validated(_SETTINGS, {key: value for key, value in content.items() if key in names})


def _with_length(written: Any) -> Any:
    """A group, and whether its `max_length` was asked for or is a default."""
    if not isinstance(written, dict) or "max_length" not in written:
        return written
    asked = written["max_length"] is not None
    group = {name: value for name, value in written.items() if asked or name != "max_length"}
    return group | {"max_length_asked": asked}


def _resolve_split(split: SplitConfig, written: Any) -> SplitConfig:
    """With today's idea of the same text where none is written; where nothing is deduplicated, none has an effect."""
    if not isinstance(split, DEDUPLICATING) or not isinstance(written, dict):
        return split
    if not split.deduplicate:
        return replace(split, same_text="exact", conflicts="keep_first")
    wanted = {"same_text": "normalized", "conflicts": "drop"}
    return replace(split, **{name: value for name, value in wanted.items() if name not in written})  # type: ignore[arg-type]


def _labels(data: DataConfig, config: CellConfig) -> tuple[str, ...] | None:
    """The labels that the data's sets give this label count; None where the split chooses. Raises UserError."""
    if isinstance(config.split, PublishedSplitConfig):  # draws its own
        return None
    labels = (data.label_sets or {}).get(config.num_labels)
    if labels is not None and len(set(labels)) != config.num_labels:
        raise UserError(f"data.label_sets.{config.num_labels}: {len(set(labels))} labels, not {config.num_labels}")
    return labels
