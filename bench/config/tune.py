"""What is tried within a cell, on validation alone: a grid of learning rates, or a search of any hyperparameters."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import PlainValidator

from bench.bounds import FLOAT32, Few, PositiveFloat
from bench.config.common import FORBID, IF_SET

GROUPS = ("training", "method", "model")
"""Those whose options can be searched."""
RATE = "training.learning_rate"
DEFAULT_TRIALS = 20
Value = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """All numbers from `low` to `high`; whole ones, for an option that takes no others."""

    low: int | float
    high: int | float
    log: bool | None = None
    """Whether their logarithms are searched evenly; null: as is usual for the option. (A cell has it itself.)"""


def searched_names(given: object) -> dict[str, Any]:
    """What `tune.search` holds by the full names of options, as it is written."""
    return dict(_flat(given)) if isinstance(given, Mapping) else {}


def _search(given: object) -> dict[str, Range | tuple[Value, ...]]:
    """Ranges and lists by the full names of options; groups may be nested. Raises ValueError."""
    if not isinstance(given, Mapping):
        raise ValueError("ranges and lists by options are needed: {training.learning_rate: {low: 1e-5, high: 1e-3}}")
    return {name: _entry(name, entry) for name, entry in searched_names(given).items()}


def _flat(given: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, entry in given.items():
        name = f"{above}{key}"
        if isinstance(entry, Mapping) and not {"low", "high"} & set(entry):
            yield from _flat(entry, f"{name}.")
        else:
            yield name, entry


def _entry(name: str, entry: object) -> Range | tuple[Value, ...]:
    if isinstance(entry, Range):
        return entry
    if isinstance(entry, Mapping):
        return _range(name, entry)
    if not isinstance(entry, list | tuple):
        raise ValueError(f"{name} is searched in a range, {{low: ..., high: ...}}, or a list of values: [..., ...]")
    if not all(isinstance(value, str) or (isinstance(value, int | float) and abs(value) <= FLOAT32) for value in entry):
        raise ValueError(f"the list of {name} may hold numbers of no more than {FLOAT32:g}, words, true and false")
    if len(entry) < 2 or len({repr(value) for value in entry}) < len(entry):
        raise ValueError(f"the list of {name} needs two values or more, each once")
    return tuple(entry)


def _range(name: str, entry: Mapping[Any, Any]) -> Range:
    if set(entry) - {"low", "high", "log"} or not {"low", "high"} <= set(entry):
        raise ValueError(f"a range has low and high, and may have log; that of {name} has {', '.join(map(str, entry))}")
    low, high, log = entry["low"], entry["high"], entry.get("log")
    if not all(type(end) in (int, float) and abs(end) <= FLOAT32 for end in (low, high)):
        raise ValueError(f"the ends of the range of {name} have to be numbers of no more than {FLOAT32:g}")
    if not low < high:
        raise ValueError(f"the range of {name} has to go up: {low} is not below {high}")
    if log not in (None, True, False):
        raise ValueError(f"log of {name} is true or false, not {log}")
    return Range(low=low, high=high, log=log)


Search = Annotated[dict[str, Range | tuple[Value, ...]], PlainValidator(_search)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """What is tried within a cell, on validation alone; the best is kept and judged on the test set."""

    learning_rate: tuple[PositiveFloat, ...] = ()
    """Each of them is tried. Empty: none is, and `training.learning_rate` holds."""
    search: Search = field(default_factory=dict, metadata=IF_SET)
    """Where Optuna looks for hyperparameters: a range or a list for each option (`method.r`). A cell has those of its
    options alone."""
    trials: Few | None = field(default=None, metadata=IF_SET)
    """Of a search; fewer where lists have fewer combinations. 0: there is no search. Null: DEFAULT_TRIALS. (A cell has
    the number itself.)"""
    prune: bool = field(default=True, metadata=IF_SET)
    """Whether a trial ends early that is worse on validation than the median of the earlier ones."""

    __pydantic_config__ = FORBID

    @property
    def finds_rate(self) -> bool:
        """Whether `training.learning_rate` is found by trying."""
        return bool(self.learning_rate) or RATE in self.search

    @property
    def combinations(self) -> int | None:
        """Of the values of lists; None where there is a range."""
        lists = [entry for entry in self.search.values() if isinstance(entry, tuple)]
        return None if len(lists) < len(self.search) else math.prod(map(len, lists))

    @property
    def max_trials(self) -> int:
        """Trials of the search, none of them twice."""
        trials = DEFAULT_TRIALS if self.trials is None else self.trials
        return trials if self.combinations is None else min(trials, self.combinations)

    @property
    def fits(self) -> int:
        """Trainings of a cell, at most: after a search the chosen one is trained once more."""
        return self.max_trials + 1 if self.search else max(1, len(self.learning_rate))


def with_values(config: Any, values: Mapping[str, Any]) -> Any:
    """A dataclass with the groups `training`, `method` and `model`, with other values of their options (`method.r`).

    An option that takes several values (`C`) has the one.
    """
    for group in GROUPS:
        own = {name.partition(".")[2]: value for name, value in values.items() if name.startswith(f"{group}.")}
        if own:
            part = getattr(config, group)
            own = {name: (value,) if isinstance(getattr(part, name), tuple) else value for name, value in own.items()}
            config = replace(config, **{group: replace(part, **own)})
    return config
