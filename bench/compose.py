"""From the composed Hydra configuration, as plain containers, to cells and settings.

All problems of a configuration are found together. Nothing here knows Hydra or imports anything heavy.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.cell import Cell
from bench.config import (
    DEDUPLICATING,
    CellConfig,
    DataConfig,
    GradientConfig,
    LinearProbeConfig,
    LoraConfig,
    PredictionsConfig,
    PublishedSplitConfig,
    SetfitConfig,
    SplitConfig,
    TfidfSgdConfig,
    TrainingConfig,
    TransformerConfig,
    ZeroShotConfig,
)
from bench.data.label_count import ALL, all_labels
from bench.data.naming import with_name
from bench.data.read import pinned
from bench.data.task import Task
from bench.errors import UserError, refuse
from bench.escape.characters import visible_line
from bench.escape.shell import word
from bench.models.families import FAMILIES
from bench.settings import Settings
from bench.sources.cache import cache_folder
from bench.sources.content import content_of
from bench.sources.fingerprint import FOLDER as HASHES
from bench.sources.fingerprint import file_sha256

T = TypeVar("T")

LONGEST_SHOWN = 200
"""Characters of a value in a message."""

CELL_KEYS = ("data", "num_labels", "train_size", "seed", "split", "model", "method", "training", "tune")
_CELL = TypeAdapter(CellConfig)
_SETTINGS = TypeAdapter(Settings)


def check(content: dict[str, Any]) -> None:
    """Raise UserError, with all problems of cell, settings and unknown options in one message."""
    known = (*CELL_KEYS, *Settings.__dataclass_fields__)
    problems = [f"{key}: there is no such option; there are {', '.join(known)}" for key in content if key not in known]
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
    every = content.get("num_labels") == ALL
    config = _to_config(content)
    mirror_dir, cache = content.get("mirror_dir"), cache_folder(content.get("cache_dir"))
    memo = cache / HASHES
    data = pinned(config.data, mirror_dir, memo)
    split = _resolve_split(config.split, content.get("split"))
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
    model = config.model
    if isinstance(model, PredictionsConfig):
        return Cell(task=task.for_testing(), model=_resolve_predictions(model), method=None, training=None)
    if isinstance(model, TfidfSgdConfig):
        return Cell(task=task, model=_resolve_baseline(model, config), method=None, training=None)
    if model.source == "wheel" and model.path is not None:
        raise UserError(f"model.path={model.path} does not go with model.source=wheel")
    model = replace(model, content=content_of(model, mirror_dir, memo))
    if isinstance(config.method, ZeroShotConfig):
        asked = _resolve_zero_shot(config.method, model, data)
        return Cell(task=task.for_testing(), model=model, method=asked, training=None)
    if isinstance(config.method, SetfitConfig):
        _require(not FAMILIES[model.family].causal, "method=setfit needs an encoder", model)
        return Cell(task=task, model=model, method=_resolve_setfit(config.method), training=None)
    if isinstance(config.method, LinearProbeConfig):
        return Cell(task=task, model=model, method=_resolve_probe(config.method, model), training=None)
    method = _resolve_lora(config.method, model) if isinstance(config.method, LoraConfig) else config.method
    tune = config.tune if config.tune.learning_rate else None
    training = _resolve_training(config.training, model, method, tuned=tune is not None)
    return Cell(task=task, model=model, method=method, training=training, tune=tune)


def _to_config(content: dict[str, Any]) -> CellConfig:
    """What is given, checked by itself; in place of all labels stand two. Raises UserError."""
    given = {key: _with_length(content[key]) for key in CELL_KEYS if key in content}
    if given.get("num_labels") == ALL:
        given["num_labels"] = 2
    config = _validate(_CELL, given | {"data": with_name(given.get("data"))})
    training = config.training
    if training.max_length_asked:
        return config
    return replace(config, training=replace(training, max_length=training.default_max_length))


def to_settings(content: dict[str, Any]) -> Settings:
    """Where and how to run. Raises UserError."""
    names = Settings.__dataclass_fields__
    return _validate(_SETTINGS, {key: value for key, value in content.items() if key in names})


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


def _validate(adapter: TypeAdapter[T], content: dict[str, Any]) -> T:
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        raise UserError("; ".join(_sentence(detail) for detail in error.errors())) from None


def _sentence(detail: Any) -> str:
    """One pydantic problem as `option=value: what is wrong`."""
    # the middle of a location may name the variant of a union, which is no option
    path = [_shown(part) for part in detail["loc"]]
    if len(path) > 1 and path[0] in ("model", "method", "split"):
        del path[1:2]
    option, value = ".".join(path), detail["input"]
    given = "" if detail["type"] in ("missing", "extra_forbidden") else f"={_shown(value)}"
    problem = detail["msg"].removeprefix("Value error, ")
    listed = re.sub(r"(\.\d+)+$", "", option)
    if detail["type"] == "string_type" and isinstance(value, bool | float):
        quoted = word(f'{option}="..."' if listed == option else f'{listed}=["..."]')
        problem += f" (in quotes it is one: {quoted})"
    elif detail["type"] == "unexpected_keyword_argument":
        problem = "there is no such option"
    elif detail["type"] == "tuple_type":
        problem = f"a list is needed: {word(f'{option}=[...]')}"
    elif path == ["num_labels"]:
        problem += f" ({ALL}: every label of the data set)"
    return f"{option}{given}: {problem[0].lower()}{problem[1:]}"


def _shown(value: Any) -> str:
    """A value of the configuration on one line, cut where it is long."""
    try:
        text = str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return visible_line(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def _require(fits: bool, needs: str, model: TransformerConfig) -> None:
    """Raise UserError unless the model fits the method."""
    if not fits:
        raise UserError(f"{needs}; {model.name} is of family {model.family}")


def _resolve_predictions(model: PredictionsConfig) -> PredictionsConfig:
    """With the file's SHA-256, so that an edited file is another cell, and a moved one is not."""
    path = Path(model.path).expanduser()
    if path.exists() and not path.is_file():
        raise UserError(f"model.path={model.path} is no file; give a CSV file of ids and labels")
    try:
        found = file_sha256(path)
    except OSError as error:
        raise UserError(f"model.path={model.path}: {error.strerror or error}") from error
    if model.sha256 is not None and model.sha256 != found:
        raise UserError(f"model.sha256={model.sha256}: model.path={model.path} has {found}; leave it out to take that")
    return replace(model, sha256=found)


def _resolve_baseline(model: TfidfSgdConfig, config: CellConfig) -> TfidfSgdConfig:
    """A published protocol has scikit-learn's words, unless something else is asked for."""
    published = isinstance(config.split, PublishedSplitConfig)
    return replace(model, analyzer="word") if published and model.analyzer == "auto" else model


def _resolve_zero_shot(method: ZeroShotConfig, model: TransformerConfig, data: DataConfig) -> ZeroShotConfig:
    family = FAMILIES[model.family]
    _require(family.causal, "method=zero_shot needs a causal model", model)
    prompt = data.prompt if method.prompt is None else method.prompt
    if prompt.count("{text}") != 1:
        raise UserError(
            f"method=zero_shot needs data.prompt (or method.prompt) with {{text}} once, where the text of {data.name} "
            f"goes; it is {prompt!r}"
        )
    return replace(
        method,
        prompt=prompt,
        label_words=data.label_words if method.label_words is None else method.label_words,
        precision=method.precision or model.precision or family.precision,
        precision_asked=method.precision is not None,
    )


def _resolve_probe(method: LinearProbeConfig, model: TransformerConfig) -> LinearProbeConfig:
    family = FAMILIES[model.family]
    return replace(
        method,
        pooling=family.pooling if method.pooling == "family" else method.pooling,
        precision=method.precision or model.precision or family.precision,
        precision_asked=method.precision is not None,
    )


def _resolve_setfit(method: SetfitConfig) -> SetfitConfig:
    """With epochs and limits as they are trained. Raises UserError where one option would silence another."""
    if method.sampling_strategy is not None and method.num_iterations is not None:
        raise UserError(
            f"method.sampling_strategy={method.sampling_strategy} has no effect with method.num_iterations="
            f"{method.num_iterations}: add method.num_iterations=null"
        )
    return replace(
        method,
        sampling_strategy=method.sampling_strategy or "oversampling",
        num_epochs=method.epochs,
        max_steps=method.most_steps,
    )


def _resolve_lora(method: LoraConfig, model: TransformerConfig) -> LoraConfig:
    if method.name == "lora":  # nothing is in 4 bits, so options of that have no effect and are no other cell
        method = replace(method, quant_type="nf4", double_quant=True)
    if method.target_modules != "family":
        return method
    return replace(method, target_modules=FAMILIES[model.family].lora_targets)


def _resolve_training(
    training: TrainingConfig, model: TransformerConfig, method: GradientConfig, *, tuned: bool
) -> TrainingConfig:
    """Fill in what is left to the model, its family and the method."""
    family = FAMILIES[model.family]
    lora = isinstance(method, LoraConfig)
    if tuned and training.learning_rate is not None:
        raise UserError(
            f"training.learning_rate={training.learning_rate:g} has no effect where tune.learning_rate gives rates to "
            "try: give one of the two (training.learning_rate=null)"
        )
    rate = training.learning_rate or (lora and model.learning_rate) or family.learning_rates[method.name]
    precision = training.precision or ("bf16" if method.name == "qlora" else model.precision or family.precision)
    return replace(
        training,
        num_train_epochs=training.epochs,
        min_steps=training.least_steps,
        default_epochs=TrainingConfig().default_epochs,  # they have done their part
        default_min_steps=TrainingConfig().default_min_steps,
        default_max_length=TrainingConfig().default_max_length,
        # what is tuned has no value of its own
        learning_rate=None if tuned else rate,
        precision=precision,
        precision_asked=training.precision is not None,
        optim=training.optim or ("adamw_bnb_8bit" if method.name == "qlora" else "adamw_torch"),
    )
