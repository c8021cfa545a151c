"""What a cell was trained with: options of its configuration, what was chosen on validation, and how it really ran."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from bench.escape.literals import option_value
from bench.escape.secrets import masked
from bench.report.inputs.searches import searched, with_chosen
from bench.results.measurements import Measurements
from bench.results.record import Record, Status

FLOATS = (
    "learning_rate", "epochs", "share_cut_train", "share_cut_test", "median_lost", "lora_alpha", "lora_dropout", "C",
)  # fmt: skip
INTEGERS = (
    "batch_size", "gradient_accumulation_steps", "steps", "max_steps", "best_step", "max_length", "rank", "fused_cells",
)  # fmt: skip
COLUMNS = (
    "learning_rate", "learning_rates_tried", "batch_size", "gradient_accumulation_steps", "halved", "epochs", "steps",
    "max_steps", "best_step", "max_length", "share_cut_train", "share_cut_test", "median_lost", "rank", "lora_alpha",
    "lora_dropout", "target_modules", "C", "C_tried", "label_weights", "precision", "fused_cells", "other_options",
)  # fmt: skip
"""The columns of `cells_frame` that are made here."""
TYPES = {name: "float64" if name in FLOATS else "Int64" if name in INTEGERS else "string" for name in COLUMNS}
"""Of what type each is, also where all of it is null."""

NAMED = {
    "training": {
        "learning_rate", "per_device_train_batch_size", "gradient_accumulation_steps", "num_train_epochs", "max_length",
        "precision", "thresholds",
    },
    "method": {
        "name", "r", "alpha", "dropout", "target_modules", "C", "learning_rate", "max_length", "precision",
        "thresholds",
    },
    "tune": {"learning_rate", "search", "trials", "prune"},
    "choices": {
        "learning_rate", "tries", "C", "max_length", "steps", "thresholds", "hyperparameters", "chosen_by", "trials",
    },
}  # fmt: skip
"""What has a column of its own, by the part of the record that it stands in; the rest is in `other_options`."""
FILES = {"name", "family", "source", "id", "config", "path", "revision", "content", "sha256", "wheel", "gguf"}
"""Of a model: which it is, and no option of how it is fitted."""


def hyperparameters(record: Record) -> dict[str, Any]:
    """The hyperparameters of a cell by the names of `COLUMNS`, null where it has none; `other_options` and
    `label_weights` are mappings.

    What was chosen on validation and what gave way (`choices`, `provenance.precision`) goes before what was asked for.
    A cell that is not `ok` has what was asked for alone, and rows of predictions made elsewhere have nothing.
    """
    measured = record.measurements if record.status is Status.OK else None
    choices = {} if measured is None else measured.choices
    identity = with_chosen(record.configuration.identity, choices)
    training, method, tune, model = (_part(identity, name) for name in ("training", "method", "tune", "model"))
    if model.get("family") == "predictions":
        return dict.fromkeys(COLUMNS)
    looked = searched(identity)
    by_gradients = training or ("learning_rate" in method and method)
    found = {
        "learning_rate": _first("learning_rate", choices, {} if tune.get("learning_rate") else training, method),
        "learning_rates_tried": looked.get("training.learning_rate") or _rates_tried(choices, tune),
        "batch_size": _first("per_device_train_batch_size", training) or _first("batch_size", by_gradients or {}),
        "gradient_accumulation_steps": _first("gradient_accumulation_steps", training),
        "epochs": _first("num_train_epochs", training) or _first("num_epochs", method),
        "max_length": _first("max_length", choices, training, method),
        "rank": _first("r", method),
        "lora_alpha": _first("alpha", method),
        "lora_dropout": _first("dropout", method),
        "target_modules": _listed(_first("target_modules", method)),
        "C": _first("C", choices),
        "C_tried": looked.get(f"{'method' if method else 'model'}.C") or _listed(_first("C", method or model)),
        "label_weights": _label_weights(choices),
        "precision": _listed(record.provenance.precision or _first("precision", training, method)),
        "other_options": dict(_others(training, method, tune, choices, {} if method else model)),
    }
    if measured is not None:
        found |= _as_it_ran(measured)
    return {name: _checked(name, found.get(name)) for name in COLUMNS}


def _checked(name: str, value: Any) -> Any:
    """The value if it is of the column's type, else None: a record may hold anything as an option."""
    if name in FLOATS:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if name in INTEGERS:
        return value if type(value) is int and abs(value) < 2**63 else None
    return value


def options_text(options: Mapping[str, Any]) -> str | None:
    """ "optim=adamw_torch, weight_decay=0.01"; None for none."""
    return ", ".join(f"{name}={value}" for name, value in options.items()) or None


def _as_it_ran(measured: Measurements) -> dict[str, Any]:
    """What an `ok` cell measured of its training; entries that are not known are left out."""
    found: dict[str, Any] = {"steps": measured.choices.get("steps")}
    if measured.training is not None:
        done = measured.training
        found |= {"steps": done.steps, "max_steps": done.max_steps, "best_step": done.best_step}
        found |= {} if done.epochs is None else {"epochs": done.epochs}
    if (halved := measured.halved) is not None:
        size, accumulated = halved.train_batch_size, halved.gradient_accumulation_steps
        trained = "" if size is None else f"{batch_text(size, accumulated)}, "
        again = ", activations computed again" if halved.activation_checkpointing else ""
        found["halved"] = f"{trained}evaluated in {halved.eval_batch_size}{again}"
    if measured.cut is not None:
        train, test = measured.cut.train, measured.cut.test
        known = [part.median_lost for part in (train, test) if part is not None and part.median_lost is not None]
        found |= {"share_cut_train": None if train is None else train.share_cut, "share_cut_test": test.share_cut}
        found |= {"median_lost": max(known, default=None)}
    if measured.fused is not None:
        found["fused_cells"] = measured.fused.cells
    return found


def batch_text(size: int, accumulated: int | None) -> str:
    """Examples in a batch, times the batches of an optimizer step: "16", "8 × 2"."""
    return str(size) if accumulated in (1, None) else f"{size} × {accumulated}"


def _part(identity: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = identity.get(name)
    return part if isinstance(part, Mapping) else {}


def _first(name: str, *parts: Mapping[str, Any]) -> Any:
    """The value of the first part that has one."""
    return next((part[name] for part in parts if part.get(name) is not None), None)


def _listed(value: Any) -> str | None:
    """A list as one text: "query, value"; without secrets."""
    if value is None:
        return None
    return masked(", ".join(map(option_value, value)) if isinstance(value, list | tuple) else option_value(value))


def _rates_tried(choices: Mapping[str, Any], tune: Mapping[str, Any]) -> str | None:
    """The learning rates that were tried, or are to be: "0.0001, 0.001 (diverged)"."""
    tries = choices.get("tries")
    if not isinstance(tries, list):
        return _listed(tune.get("learning_rate"))
    known = [each for each in tries if isinstance(each, Mapping)]
    ended = [(each.get("learning_rate"), " (diverged)" if "diverged" in each else "") for each in known]
    return ", ".join(f"{option_value(rate)}{how}" for rate, how in ended)


def _label_weights(choices: Mapping[str, Any]) -> dict[str, float] | None:
    """What each label's probability is multiplied by (`training.thresholds`); None where there are no such weights."""
    weights = _part(_part(choices, "thresholds"), "label_weights")
    return {
        masked(label): float(weight)
        for label, weight in weights.items()
        if isinstance(weight, int | float) and 0 < weight < math.inf
    } or None


def weights_text(weights: Mapping[str, float]) -> str | None:
    """ "ham 1, spam 3.2"; None for none."""
    return ", ".join(f"{label} {weight:.3g}" for label, weight in weights.items()) or None


def _others(
    training: Mapping[str, Any],
    method: Mapping[str, Any],
    tune: Mapping[str, Any],
    choices: Mapping[str, Any],
    model: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    """The options without a column of their own, as text; `model` is one that is a method by itself.

    Where one was chosen on validation, its configuration is what it was chosen from.
    """
    parts = {"training": training, "method": method, "tune": tune, "choices": choices, "model": model}
    left_out = NAMED | {"model": FILES | {"C", "thresholds"}}
    for part, options in parts.items():
        for name, value in flat(options):
            if name.split(".")[0] not in left_out[part] and value is not None and value != []:
                yield f"{name}_tried" if part != "choices" and name in choices else name, _listed(value) or ""


def flat(options: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested options under dotted names."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
