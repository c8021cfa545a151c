"""Defaults that hang on other options: on whose data it is, and on what is done for rare labels.

Somebody's own data are taken as they are: all labels, in natural proportions.

Imports nothing heavy.
"""

from typing import Any

from bench.config.class_weight import EQUAL
from bench.config.thresholds import MOST_PROBABLE
from bench.data.label_count import ALL
from bench.errors import UserError
from bench.metrics.table import ACCURACY

AUTO = "auto"
OWN, OTHERS = "natural", "nested"
"""What `split=auto` is, for own data and for published data sets."""
ONLY = {"min_validation_per_label": OTHERS, "min_validation_size": OWN}
"""Options of `split=auto` that one of them has alone."""
FOR_RARE_LABELS = "macro_f1"
"""What chooses on validation where `training.class_weight` or `training.thresholds` is set: accuracy would choose what
passes rare labels over."""


def with_defaults(given: dict[str, Any]) -> dict[str, Any]:
    """The composed content of a cell with what is null, or `auto`, in words. Raises UserError."""
    own = _is_own(given.get("data"))
    filled = dict(given)
    if "num_labels" in given and given["num_labels"] is None:
        filled["num_labels"] = ALL if own else 2
    split = given.get("split")
    if isinstance(split, dict) and split.get("name") == AUTO:
        filled["split"] = _chosen(split, own=own)
    return filled | _best_metrics(given)


def _best_metrics(given: dict[str, Any]) -> dict[str, Any]:
    """The groups whose `best_metric` is null, with what that stands for."""
    training = given.get("training")
    asked = training if isinstance(training, dict) else {}
    is_usual = asked.get("class_weight", EQUAL) == EQUAL and asked.get("thresholds", MOST_PROBABLE) == MOST_PROBABLE
    metric = ACCURACY if is_usual else FOR_RARE_LABELS
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
