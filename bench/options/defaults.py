"""Defaults that hang on other options: on whose data it is, and on what is done for rare labels.

Somebody's own data are taken as they are: all labels, in natural proportions. So are data with several labels a row.

Imports nothing heavy.
"""

from typing import Any

from bench.config.class_weight import EQUAL
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.data.label_count import ALL
from bench.errors import UserError
from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.metrics.table import ACCURACY

AUTO = "auto"
OWN, OTHERS = "natural", "nested"
"""What `split=auto` is, for own data and for published data sets."""
ONLY = {"min_validation_per_label": OTHERS, "min_validation_size": OWN}
"""Options of `split=auto` that one of them has alone."""
FOR_RARE_LABELS = "macro_f1"
"""What chooses on validation where `training.class_weight` or `training.thresholds` is set: accuracy would choose what
passes rare labels over."""


FOR_SEVERAL_LABELS = "average_precision"
"""What chooses on validation where examples have several labels: it needs no threshold, which is found afterwards."""
SHARED: Thresholds = "shared"
"""What `training.thresholds` is there: with many labels, most are below 0.5 everywhere."""


def with_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """The composed content of a cell with what is null, or `auto`, in words. Raises UserError."""
    filled = _with_kind(given)
    own, several = _is_own(filled.get("data")), _has_several(filled.get("data"))
    if "num_labels" in given and given["num_labels"] is None:
        filled["num_labels"] = ALL if own or several else 2
    split = given.get("split")
    if isinstance(split, dict) and split.get("name") == AUTO:
        filled["split"] = _chosen(split, own=own or several)
    training = given.get("training")
    if isinstance(training, dict) and training.get("thresholds", MOST_PROBABLE) is None:
        filled["training"] = {**training, "thresholds": SHARED if several else MOST_PROBABLE}
    return filled | _best_metrics(filled, several=several)


def _with_kind(given: dict[str, Any]) -> dict[str, Any]:
    """With `data.multi_label` as `task` says. Raises UserError where the two say different things."""
    filled, task, data = dict(given), given.get("task"), given.get("data")
    if not isinstance(data, dict):
        return filled
    if task == MULTI_LABEL:
        filled["data"] = {**data, "multi_label": "keep"}
    elif task == SINGLE_LABEL and _has_several(data):
        raise UserError(
            f"task={SINGLE_LABEL}, and data.multi_label=keep takes several labels a row; data.multi_label=single_only "
            "takes the rows with one"
        )
    return filled


def _has_several(data: Any) -> bool:
    return isinstance(data, dict) and data.get("multi_label") == "keep"


def _best_metrics(given: dict[str, Any], *, several: bool) -> dict[str, Any]:
    """The groups whose `best_metric` is null, with what that stands for."""
    training = given.get("training")
    asked = training if isinstance(training, dict) else {}
    is_usual = asked.get("class_weight", EQUAL) == EQUAL and asked.get("thresholds", MOST_PROBABLE) == MOST_PROBABLE
    metric = FOR_SEVERAL_LABELS if several else ACCURACY if is_usual else FOR_RARE_LABELS
    return {
        name: {**group, "best_metric": metric}
        for name in ("training", "method", "model")
        if isinstance(group := given.get(name), dict) and group.get("best_metric", metric) is None
    }


def _is_own(data: Any) -> bool:
    """As `DataConfig.is_own`, of what is not checked yet."""
    if not isinstance(data, dict):
        return False
    source, reader = data.get("source"), data.get("reader")
    is_folder = source == "folder" and reader == "class_folders"
    return source == "file" or is_folder or (source == "hub" and data.get("id") is None)


def _chosen(split: dict[str, Any], *, own: bool) -> dict[str, Any]:
    name = OWN if own else OTHERS
    options = {option: value for option, value in split.items() if option != "name" and value is not None}
    if wrong := [option for option in options if ONLY.get(option, name) != name]:
        whose = "own data are" if own else "this data set is"
        raise UserError(
            f"split.{wrong[0]}={options[wrong[0]]} is an option of split={ONLY[wrong[0]]}, and {whose} drawn by "
            f"split={name} where none is given"
        )
    return {"name": name, **options}
