"""Expanding a grid into points, and points into configurations without composing each from scratch.

An experiment gives axes (`hydra.sweeper.params`) that every point crosses, and rows (`hydra.sweeper.rows`), each a
grid of its own, so grids need not be rectangular. The command line narrows or replaces both.
"""

import copy
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.errors import UserError
from bench.options.open import is_open, with_plus

Choices = Mapping[str, Sequence[str]]
"""Values to try by configuration key, as written on a command line."""
Point = dict[str, str]
MAX_POINTS = 100_000
"""Of a grid: more is a slip, and would take hours to compose."""


def check_count(axes: Choices, rows: Sequence[Choices], given: Choices) -> None:
    """Raise UserError where the grid that `expand` makes of the same would have too many points, or none."""
    if empty := [key for choices in (axes, *rows, given) for key, values in choices.items() if not values]:
        raise UserError(f"{', '.join(dict.fromkeys(empty))}: what is given has no value, so there is nothing to run")
    crossed = {**axes, **{key: values for key, values in given.items() if not any(key in row for row in rows)}}
    counts = [math.prod(len(values) for values in {**row, **crossed}.values()) for row in rows or [{}]]
    if sum(counts) > MAX_POINTS or any(len(values) > MAX_POINTS for values in given.values()):
        key = max(crossed, key=lambda name: len(crossed[name]), default="")
        raise UserError(
            f"the grid has {sum(counts):,} points or more ({key} alone has {len(crossed.get(key, ())):,} values); a "
            f"sweep takes at most {MAX_POINTS:,}"
        )


def check_keys(overrides: Sequence[str]) -> None:
    """Raise UserError where an experiment's grid would give cells different options of Hydra's own."""
    for override in overrides:
        if (key := override.lstrip("+~").partition("=")[0]).startswith(("hydra.", "hydra/")):
            raise UserError(
                f"{key} in hydra.sweeper: it has one value for the whole sweep, and stands beside the grid "
                "(below hydra: launcher:); the launcher itself is chosen on the command line"
            )


def without_signs(given: Choices, grid: Sequence[Choices]) -> Choices:
    """`given` with `++seed` called `seed` where the experiment's grid has that key: it takes its place, too.

    So, too, what gets its sign when it is composed (`with_plus`).
    """
    known = {key for choices in grid for key in choices}
    plain = {key: key.lstrip("+") for key in given}
    return {name if name in known or is_open(name) else key: given[key] for key, name in plain.items()}


def expand(axes: Choices, rows: Sequence[Choices], given: Choices) -> list[Point]:
    """All points of the grid, rows one after the other, without repetitions.

    `given` (the command line) wins over the experiment. For an axis its values take the place of the
    experiment's. For a key of the rows it keeps the rows' values that it names; a value that no row has takes
    the key's place in every row; where that is a model, options of the row's own model (`model.path`) go with it.
    """
    axes = {**axes, **{key: values for key, values in given.items() if not any(key in row for row in rows)}}
    narrowed = [dict(row) for row in rows] or [{}]
    for key, values in given.items():
        if any(key in row for row in rows):
            narrowed = _narrow(narrowed, key, values, given)
    points: list[Point] = []
    for row in narrowed:
        grid = {**row, **axes}
        points += [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    unique = {tuple(sorted(point.items())): point for point in points}
    return list(unique.values())


def _narrow(
    rows: list[dict[str, Sequence[str]]], key: str, values: Sequence[str], given: Choices
) -> list[dict[str, Sequence[str]]]:
    known = {value for row in rows for value in row.get(key, ())}
    narrowed = []
    for row in rows:
        kept = [value for value in row.get(key, values) if value in values]
        if kept:
            narrowed.append({**row, key: kept})
    new = [value for value in values if value not in known]
    if key == "model":
        rows = [{k: kept for k, kept in row.items() if k in given or not k.startswith("model.")} for row in rows]
    return narrowed + [{**row, key: new} for row in rows if new]


def compose_points(
    points: Sequence[Sequence[str]],
    compose: Callable[[Sequence[str]], dict[str, Any]],
    is_group: Callable[[str], bool],
    parse: Callable[[str], Any],
) -> list[dict[str, Any]]:
    """The configuration of each point, given as Hydra overrides.

    `compose` (Hydra's, some 50 ms a call) runs once per choice of configuration groups; plain values are then
    put in place. That gives what Hydra gives, for Hydra applies values after groups too; a configuration with
    interpolations, which a value may reach elsewhere, is composed in full. Points share the groups that no value of
    theirs changes: they are for reading.
    """
    values: dict[str, Any] = {}
    bases: dict[tuple[str, ...], tuple[dict[str, Any], bool]] = {}
    groups: dict[str, bool] = {}
    plain: dict[str, str | None] = {}
    composed = []
    for overrides in points:
        for text in overrides:
            if text not in plain:
                plain[text] = _plain_key(text, groups, is_group)
        structure = tuple(text for text in overrides if plain[text] is None)
        if structure not in bases:
            base = compose(structure)
            bases[structure] = base, _interpolates(base)
        base, whole = bases[structure]
        config = dict(base)
        for text in overrides:
            if whole or (key := plain[text]) is None:
                continue
            if text not in values:
                values[text] = parse(text)
            whole = not _put(config, base, key, values[text])
        composed.append(compose(overrides) if whole else config)
    return composed


def _plain_key(text: str, groups: dict[str, bool], is_group: Callable[[str], bool]) -> str | None:
    """The key of an override that gives a value in place; None where it chooses a group, adds, removes or merges."""
    if with_plus(text) != text:
        return None
    key = text.partition("=")[0]
    if key not in groups:
        groups[key] = is_group(key)
    return key if text[:1].isalpha() and "@" not in key and not groups[key] else None


def _interpolates(config: Any) -> bool:
    if isinstance(config, dict):
        return any(map(_interpolates, config.values()))
    if isinstance(config, list):
        return any(map(_interpolates, config))
    return isinstance(config, str) and "${" in config


def _put(config: dict[str, Any], base: dict[str, Any], key: str, value: Any) -> bool:
    """Set a dotted key that is there, at most two levels deep; else False: Hydra's own message says what is wrong.

    Below the top level, what `config` still shares with `base` is copied first.
    """
    *path, last = key.split(".")
    if len(path) > 1:
        return False
    target = config.get(path[0]) if path else config
    if not isinstance(target, dict) or last not in target or isinstance(target[last], dict):
        return False
    if path and target is base[path[0]]:
        target = config[path[0]] = dict(target)
    target[last] = copy.copy(value)
    return True
