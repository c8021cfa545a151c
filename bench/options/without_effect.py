"""Why an option would have no effect on a cell, or on how it is run: what was given there must not pass in silence.

Options that are not named here change the cell, or are listed in `HOW` (`tests/options/test_every_option.py` walks them
all). Imports nothing heavy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.config import DEDUPLICATING, METHODS, TransformerConfig
from bench.config.method.base import has_option, names_of
from bench.config.model.tfidf import TfidfModel
from bench.config.thresholds import threshold_metric
from bench.config.tune import searched_names
from bench.data.readers.files import DELIMITERS
from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.methods.fused.groups import can_fuse
from bench.models.windows import WHOLE
from bench.options.search import searchable_names
from bench.running.steps import planned_steps

RATED = tuple(name for method in METHODS if method.reads_model_rate for name in names_of(method))
"""Methods that learn at `model.learning_rate`."""
FOR_EVERY_ROW = ("class_weight", "truncation", "windows", "max_windows", "thresholds")
"""Options of training that methods it does not train take over."""
UNUSED = {
    "class_weight": "does not learn from weighted labels",
    "thresholds": "chooses nothing on validation examples",
}
"""Those that every method has which can use them, and what is said of others."""
SEARCHED = "tune.search."
FILLED_IN = ("content", "test_revision", "defaults", "precision_asked", "max_length_asked")
"""Fields that the program fills in, whatever is given."""
HOW = {
    **dict.fromkeys(("num_labels", "train_size", "seed"), "axes: what learns nothing has one cell for all of them"),
    **dict.fromkeys(("model.licence", "data.description"), "are shown"),
    **dict.fromkeys(
        ("model.parameters", "model.hidden_size", "model.intermediate_size", "model.num_layers",
         "model.vocabulary_size", "model.gated", "data.num_classes"),
        "say what is known of a source before it is read: estimates and early refusals",
    ),
    **dict.fromkeys(("model.name", "data.name"), "name rows, and are part of the key"),
}  # fmt: skip
"""Options that are no part of what a cell does, and why; those of `Settings` say where and how it is run."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a grid, as it was composed and as it is run."""

    content: Mapping[str, Any]
    cell: Cell
    sweep: bool = True

    def written(self, option: str) -> Any:
        """The value of a dotted option in the configuration; None where there is none."""
        if option.startswith(SEARCHED):
            return searched_names(self.written("tune.search")).get(option.removeprefix(SEARCHED))
        value: Any = self.content
        for name in option.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    @property
    def row(self) -> str:
        """Model, or method, as it is chosen."""
        return self.cell.approach.choice


def why_without_effect(option: str, point: Point) -> str | None:
    """Why `option` has no effect at `point`; None where it has one."""
    group, _, name = option.partition(".")
    if name.split(".")[0] in FILLED_IN:
        return "the program fills it in"
    if group == "tune":
        return _tune(name, point)
    if point.cell.tune is not None and point.cell.tune.search:
        if option in point.cell.tune.search:
            return "tune.search looks for it"
        if name == "best_metric" and _chooses(group, point.cell):
            return None
    if name in FOR_EVERY_ROW and group != "training":
        return f"training.{name} says it, for every row"
    rule = RULES.get(group)
    return None if rule is None else rule(name.split(".")[0], point)


def _training(name: str, point: Point) -> str | None:
    cell, training = point.cell, point.cell.training
    if name in UNUSED:
        is_used = training is not None or has_option(cell.approach, name)
        of_several = cell.approach.label in ("majority", "zero_shot")
        if name == "thresholds" and of_several and cell.task.kind == SINGLE_LABEL:
            is_used = False
        return None if is_used else f"{point.row} {UNUSED[name]}"
    if name in ("truncation", "windows", "max_windows") and has_option(cell.approach, name):
        return _without_windows(name, point)
    if training is None:
        own = " (it has options of its own, method.*)" if cell.approach.role == "fine-tuning" else ""
        return f"{point.row} is not trained by training.*{own}"
    for default, given in (
        ("default_epochs", "num_train_epochs"), ("default_min_steps", "min_steps"),
        ("default_min_steps", "num_train_epochs"), ("default_max_length", "max_length"),
        ("truncation_side", "truncation"),
    ):  # fmt: skip
        if name == default and point.written(f"training.{given}") is not None:
            return f"training.{given} says it"
    steps = planned_steps(training, cell.task.train_size)
    found_by = threshold_metric(training, cell.task.kind)  # after the last step, too
    finds_thresholds = found_by is not None and found_by.name == training.best_metric
    of_validation = ("eval_steps", "early_stopping_patience", *(() if finds_thresholds else ("best_metric",)))
    if name in of_validation and (training.eval_steps or 0) > steps:
        return f"{steps} steps are trained, and training.eval_steps={training.eval_steps} validates after none of them"
    return _without_windows(name, point)


def _without_windows(name: str, point: Point) -> str | None:
    is_whole = point.written("training.windows") in (None, WHOLE)
    return "training.windows=none reads no text in windows" if name == "max_windows" and is_whole else None


def _tune(name: str, point: Point) -> str | None:
    tune = point.cell.tune
    if name == "learning_rate":
        return None if point.cell.training is not None else f"{point.row} has no learning rate to try"
    asked, is_off = searched_names(point.written("tune.search")), point.written("tune.trials") == 0
    if is_off:
        return "tune.search names nothing to search" if not asked else None if name == "trials" else "tune.trials=0"
    if tune is None or not tune.search:
        can = ", ".join(searchable_names(point.cell)) or "none that can be"
        none = f"{point.row} has none of its options (it has {can})"
        return none if asked else "tune.search names nothing to search"
    option = f"tune.{name}".removeprefix(SEARCHED)
    is_other = name.startswith("search.") and not any(f"{option}.".startswith(f"{own}.") for own in tune.search)
    return f"{point.row} has no such option to search" if is_other else None


def _chooses(group: str, cell: Cell) -> bool:
    """Whether `best_metric` of this group chooses among the trials of a search."""
    return cell.training is not None if group == "training" else has_option(cell.approach, "best_metric")


def _method(name: str, point: Point) -> str | None:
    method = point.cell.method
    if method is None:
        return f"{point.row} has no method" if name else None  # a model without one ignores the choice
    return method.idle_options().get(name)


def _model(name: str, point: Point) -> str | None:
    model = point.cell.model
    if isinstance(model, TfidfModel):
        if name in model.idle_options():
            return model.idle_options()[name]
        asked = name == "analyzer" and point.written("model.analyzer")
        return "split=published counts words" if asked == "auto" and model.analyzer == "word" else None
    if not isinstance(model, TransformerConfig):
        is_idle = name == "label_separator" and point.cell.task.kind == SINGLE_LABEL
        return f"it goes with task={MULTI_LABEL}" if is_idle else None
    if name in ("learning_rate", "precision"):
        return _rate(point) if name == "learning_rate" else _precision(point)
    if name == "revision" and model.content is not None:
        return "a folder is read"
    of_wheels = name == "wheel" or name.startswith("gguf")
    return "model.source=hub reads no wheel" if of_wheels and model.source != "wheel" else None


def _precision(point: Point) -> str | None:
    cell = point.cell
    if not cell.approach.reads_model_precision:
        return f"{point.row} does not ask for it"
    option, _ = cell.option("precision") or ("", None)
    return None if point.written(option) is None else f"{option} says it"


def _rate(point: Point) -> str | None:
    if not point.cell.approach.reads_model_rate:
        return f"it is that of method={' and '.join(RATED)}, not of {point.row}"
    if point.cell.tune is not None and point.cell.tune.finds_rate:
        return "tune.learning_rate says it" if point.cell.tune.learning_rate else "tune.search looks for it"
    return None if point.written("training.learning_rate") is None else "training.learning_rate says it"


def _data(name: str, point: Point) -> str | None:
    data = point.cell.task.data
    if name in ("prompt", "question", "label_words"):
        return _asking(name, point)
    if name in ("delimiter", "quoting", "encoding"):
        return _layout(name, point)
    no_hub = f"data.source={data.source} reads no data set of the hub" if data.source != "hub" else None
    no_columns = f"data.reader={data.reader} reads no columns" if data.reader != "columns" else None
    reasons = {
        "label_column": no_columns or (None if data.label_columns is None else "data.label_columns takes its place"),
        "label_sets": "split or num_labels take other labels" if point.cell.task.labels is None else None,
        "id": no_hub,
        "config": no_hub,
        "revision": "what a file or folder holds says it" if no_hub or data.content is not None else None,
        "wheel": f"data.source={data.source} reads no wheel" if data.source != "wheel" else None,
        "text_part": "data.reader=class_folders has parts of a text" if data.reader != "class_folders" else None,
        **dict.fromkeys(
            (
                "text_column",
                "text_template",
                "id_column",
                "label_names",
                "split_column",
                "group_column",
                "time_column",
            ),
            no_columns,
        ),
    }
    return reasons.get(name)


def _asking(name: str, point: Point) -> str | None:
    if point.cell.method is None or not has_option(point.cell.method, name):
        return f"only method=zero_shot reads it, not {point.row}"
    if (idle := point.cell.method.idle_options().get(name)) is not None:
        return idle
    return None if point.written(f"method.{name}") is None else f"method.{name} says it"


def _layout(name: str, point: Point) -> str | None:
    data = point.cell.task.data
    if data.reader == "trec":
        return "emails say their encoding"
    if data.reader == "class_folders" and name != "encoding":
        return "data.reader=class_folders reads no columns"
    if data.source == "hub" and data.content is None:
        return "the hub's library reads its tables"
    suffixes = [suffix.lower() for suffix in Path(data.path or "").suffixes]
    if data.source not in ("file", "package") or not suffixes:
        return None
    if ".parquet" in suffixes:
        return "a Parquet file has none"
    is_delimited = any(suffix in DELIMITERS for suffix in suffixes)
    return None if is_delimited or name == "encoding" else f"{Path(data.path or '').name} has no delimiters"


def _split(name: str, point: Point) -> str | None:
    split = point.cell.task.split
    if name in ("same_text", "conflicts") and isinstance(split, DEDUPLICATING) and not split.deduplicate:
        return "split.deduplicate=false compares no texts"
    is_of_validation = name.startswith(("validation_", "min_validation_"))
    task, fixed = point.cell.task, ("nested", "stratified", "official", "natural")
    if is_of_validation and task.test_only and not task.validates and split.name in fixed:
        return f"{point.row} learns nothing, and nothing is validated"
    return None


def _save_model(name: str, point: Point) -> str | None:
    if not point.written("save_model") or point.cell.approach.kept_as is not None:
        return None
    return f"{point.row} has no model that could be kept"


def _engine(name: str, point: Point) -> str | None:
    if point.written("engine") != "fused":
        return None
    if not point.sweep:
        return "it stacks the cells of a sweep (-m)"
    return None if can_fuse(point.cell) is not None else f"{point.row} as it is asked for cannot be stacked; LoRA can"


def _fused(name: str, point: Point) -> str | None:
    if point.written("engine") != "fused":
        return "engine=single stacks no cells; engine=fused does"
    is_alone = name == "compile" and point.written("fused.compile") != "none" and point.written("fused.max_cells") == 1
    return "fused.max_cells=1 stacks no cells" if is_alone else None


def _shard(name: str, point: Point) -> str | None:
    return None if point.sweep else "one cell is no grid that has parts (-m sweeps one)"


RULES: dict[str, Callable[[str, Point], str | None]] = {
    "training": _training,
    "method": _method,
    "model": _model,
    "data": _data,
    "split": _split,
    "save_model": _save_model,
    "engine": _engine,
    "fused": _fused,
    "shard": _shard,
}
"""By the group of an option, or the option itself."""
