"""Searches of hyperparameters (`tune.search`), as records tell of them: every trial, and what was chosen."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.escape.literals import option_value
from bench.escape.secrets import masked
from bench.results.record import Record, Status

STATES = ("complete", "pruned", "diverged")
Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Trial:
    """A training with hyperparameters of a search."""

    parameters: Mapping[str, Value]
    state: str
    """One of `STATES`."""
    score: float | None
    """On validation, by the metric that chose; None where it is not known."""
    steps: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class CellSearch:
    """The search of one cell."""

    metric: str
    """Of `bench.metrics.table`: by it, validation chose."""
    chosen: Mapping[str, Value]
    trials: tuple[Trial, ...]


def search_of(record: Record) -> CellSearch | None:
    """The search of a cell; None where it ended otherwise than `ok`, had none, or does not tell of it as they do."""
    measured = record.measurements if record.status is Status.OK else None
    choices = {} if measured is None else measured.choices
    chosen, by, trials = (choices.get(name) for name in ("hyperparameters", "chosen_by", "trials"))
    if not isinstance(chosen, Mapping) or not isinstance(by, str) or not isinstance(trials, list):
        return None
    found = tuple(_trial(entry, by) for entry in trials if isinstance(entry, Mapping))
    return CellSearch(by.removeprefix("validation_"), _parameters(chosen), found)


def _trial(entry: Mapping[str, Any], by: str) -> Trial:
    state, steps = entry.get("state"), entry.get("steps")
    return Trial(
        parameters=_parameters(entry.get("parameters")),
        state=state if state in STATES else STATES[0],
        score=_number(entry.get(by)),
        steps=steps if type(steps) is int else None,
        seconds=_number(entry.get("seconds")),
    )


def _parameters(given: Any) -> dict[str, Value]:
    known = given.items() if isinstance(given, Mapping) else ()
    return {
        str(name): masked(value) if isinstance(value, str) else value
        for name, value in known
        if isinstance(value, bool | int | float | str)
    }


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None


def with_chosen(identity: Mapping[str, Any], choices: Mapping[str, Any]) -> dict[str, Any]:
    """`identity` of a cell with what a search chose where something stands for it; null where nothing was chosen."""
    changed = dict(identity)
    for name, value in {**dict.fromkeys(searched(identity)), **_parameters(choices.get("hyperparameters"))}.items():
        group, _, option = name.partition(".")
        if isinstance(part := changed.get(group), Mapping):
            changed[group] = {**part, option: [value] if isinstance(part.get(option), list | tuple) else value}
    return changed


def searched(identity: Mapping[str, Any]) -> dict[str, str]:
    """Where a cell looks for hyperparameters, in words by option: "1e-05 to 0.001 (log)", "4, 8, 16"."""
    tune = identity.get("tune")
    search = tune.get("search") if isinstance(tune, Mapping) else None
    return dict(_ranges(search)) if isinstance(search, Mapping) else {}


def _ranges(search: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry in search.items():
        if isinstance(entry, Mapping):
            ends = " to ".join(masked(option_value(entry.get(end))) for end in ("low", "high"))
            yield str(name), f"{ends} (log)" if entry.get("log") is True else ends
        elif isinstance(entry, list | tuple):
            yield str(name), masked(", ".join(map(option_value, entry)))
