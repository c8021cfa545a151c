"""Which hyperparameters a cell searches (`tune.search`): those of its own options, as they can be searched.

One search may name options of several rows; each takes its own. Imports nothing heavy.
"""

import difflib
import types
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from bench.cell import Cell
from bench.config import METHODS, CellConfig, TrainingConfig
from bench.config.method.base import Method
from bench.config.model import ALONE, ModelAlone
from bench.config.tune import RATE, Range, Value, with_values
from bench.errors import refuse

Entry = Range | tuple[Value, ...]


def with_search(config: CellConfig) -> CellConfig:
    """`config` with the part of its search that its row has; nothing is searched where it has none of it.

    In the place of each option that is searched stands the greatest value, or the first of a list of words: that is
    what plans and estimates count with, and what was given there is no other cell. Raises UserError with all problems.
    """
    tune = config.tune
    if not tune.search or tune.trials == 0:
        return replace(config, tune=replace(tune, search={}, trials=None, prune=True))
    refuse(_problems(config))
    parts = _parts(config)
    own = {name: entry for name, entry in sorted(tune.search.items()) if _kind(name, parts) is not None}
    problems, search = list[str](), dict[str, Entry]()
    for name, entry in own.items():
        try:
            search[name] = _checked(name, entry, parts)
        except ValueError as error:
            problems.append(f"tune.search.{name}: {error}")
    refuse(problems)
    tune = replace(tune, search=search)
    tune = replace(tune, trials=tune.max_trials) if search else replace(tune, trials=None, prune=True)
    highest = {name: _highest(entry) for name, entry in search.items() if name != RATE}
    return replace(with_values(config, highest), tune=tune)


def searchable(part: type) -> Mapping[str, str]:
    """The options of a group's class that can be searched, and the scale of each."""
    tunable: Mapping[str, str] = getattr(part, "tunable", {})
    return tunable


def searchable_names(cell: Cell) -> list[str]:
    """The options of a cell that could be searched."""
    parts = {"training": cell.training, "model" if cell.method is None else "method": cell.approach}
    return [f"{group}.{name}" for group, part in parts.items() if part is not None for name in searchable(type(part))]


def _problems(config: CellConfig) -> Iterator[str]:
    """What is wrong with a search whatever the row is."""
    if config.tune.learning_rate:
        yield (
            "tune.learning_rate tries each of its rates, and tune.search searches: give one of the two "
            f"(tune.search.{RATE}={{low: 1e-5, high: 1e-3}})"
        )
    if RATE in config.tune.search and config.training.learning_rate is not None:
        yield (
            f"{RATE}={config.training.learning_rate:g} has no effect where tune.search looks for it: give one of the "
            f"two ({RATE}=null)"
        )
    known = _every_option()
    for name in config.tune.search:
        if name not in known:
            alike = difflib.get_close_matches(name, known, 1) or [k for k in known if k.endswith(f".{name}")]
            meant = f"; did you mean {alike[0]}" if alike else ""
            yield f"tune.search.{name}: no such option can be searched{meant}; there are {', '.join(known)}"


def _every_option() -> list[str]:
    kinds: dict[str, tuple[type, ...]] = {"training": (TrainingConfig,), "method": METHODS, "model": ALONE}
    names = (f"{group}.{name}" for group, parts in kinds.items() for part in parts for name in searchable(part))
    return list(dict.fromkeys(names))


def _parts(config: CellConfig) -> dict[str, Any]:
    """The groups whose options say how the row learns."""
    if isinstance(config.model, ModelAlone):
        return {"model": config.model}
    method: Method = config.method
    return {"method": method} | ({"training": config.training} if method.by_gradients else {})


def _kind(name: str, parts: Mapping[str, Any]) -> str | None:
    """The scale of an option that the row has; None for one that it has not, or that can't be searched."""
    group, _, option = name.partition(".")
    return searchable(type(parts[group])).get(option) if group in parts else None


def _checked(name: str, entry: Entry, parts: Mapping[str, Any]) -> Entry:
    """`entry` with values as the option takes them. Raises ValueError where it takes none such."""
    group, _, option = name.partition(".")
    hint = get_type_hints(type(parts[group]), include_extras=True)[option]
    if isinstance(entry, tuple):
        return tuple(_value(hint, value) for value in entry)
    numbers = _plain_types(hint) & {int, float}
    if not numbers:
        raise ValueError("it is no number, and has no range: list its values")
    log = _kind(name, parts) == "log" if entry.log is None else entry.log
    if log and entry.low <= 0:
        raise ValueError(f"a range that is searched by logarithms begins above 0, not at {entry.low:g} (log: false)")
    kind = float if float in numbers else int
    low, high = (_value(hint, end) for end in (entry.low, entry.high))
    return Range(low=kind(low), high=kind(high), log=log)


def _value(hint: Any, value: Value) -> Any:
    """`value` as an option of this type takes it, or one of those that it takes several of. Raises ValueError."""
    several = tuple in _plain_types(hint, into_tuples=False)
    try:
        found = TypeAdapter(hint).validate_python((value,) if several else value)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{value}: {message[0].lower()}{message[1:]}") from None
    return found[0] if several else found


def _plain_types(hint: Any, *, into_tuples: bool = True) -> set[Any]:
    """The types that a hint allows, without their bounds; of a tuple those of its values, or the tuple."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _plain_types(get_args(hint)[0], into_tuples=into_tuples)
    if origin in (Union, types.UnionType):
        return {plain for part in get_args(hint) for plain in _plain_types(part, into_tuples=into_tuples)}
    if origin is tuple:
        return _plain_types(get_args(hint)[0]) if into_tuples else {tuple}
    return {hint if origin is None else origin}


def _highest(entry: Entry) -> Value:
    if isinstance(entry, Range):
        return entry.high
    is_numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in entry)
    return max(entry) if is_numeric else entry[0]
