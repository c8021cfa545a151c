"""Options of peft that name modules by regular expressions or parts of paths: what fits nothing has no effect.

peft says nothing of it, or warns in each cell. Imports nothing heavy.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.bounds import MAX_NUMBER

COUNTS = ("rank_pattern", "block_size_pattern", "n_frequency_pattern")
"""Patterns whose values are counts."""
_OPTION = "method.options."


def is_pattern(key: str) -> bool:
    """Whether an option gives modules values of their own (`rank_pattern`); `layers_pattern` is no such option."""
    return key.endswith("_pattern") and key != "layers_pattern"


def pattern_problems(name: str, given: Mapping[str, Any]) -> list[str]:
    """What is wrong with patterns of the type `name`, whatever the model."""
    problems = []
    for key in filter(is_pattern, given):
        values = given[key]
        if not isinstance(values, Mapping):
            continue
        if name == "ADALORA" and values:
            problems.append(f"{_OPTION}{key}: AdaLoRA chooses the ranks of modules itself; leave it out")
            continue
        for pattern, value in values.items():
            problems += _entry_problems(name, key, pattern, value)
    for key in ("target_modules", "exclude_modules"):
        if isinstance(given.get(key), str):
            problems += _regex_problems(key, given[key])
    if given.get("layers_pattern") and given.get("layers_to_transform") in (None, []):
        problems.append(f"{_OPTION}layers_pattern has no effect without {_OPTION}layers_to_transform=[0,1,...]")
    return problems


def _entry_problems(name: str, key: str, pattern: Any, value: Any) -> list[str]:
    option = f"{_OPTION}{key}"
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_NUMBER:
        return [f"{option}={{{pattern}: {value}}}: a number from -{MAX_NUMBER:,} to {MAX_NUMBER:,} is needed"]
    is_count = key in COUNTS and name != "OSF"  # whose ranks may be shares of the full one
    if is_count and (value < 1 or not isinstance(value, int)):
        return [f"{option}={{{pattern}: {value}}}: it is a whole number, at least 1"]
    return _regex_problems(key, str(pattern))


def _regex_problems(key: str, pattern: str) -> list[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        return [f"{_OPTION}{key}={pattern}: this is no regular expression ({error})"]
    return []


def absent_patterns(name: str, options: Mapping[str, Any], modules: Sequence[str], model: str) -> list[str]:
    """What is wrong with patterns that fit none of a model's `modules`, all of their paths, or none with adapters."""
    there = f"model {model} has no such module; it has {_ends(modules)}"
    problems = []
    targets, excluded = options.get("target_modules"), options.get("exclude_modules")
    if isinstance(targets, str) and not any(map(re.compile(targets).fullmatch, modules)):
        problems.append(f"{_OPTION}target_modules={targets}: {there} (a regular expression fits whole paths)")
    if unfit := [part for part in _parts(excluded) if not any(_excludes([part], path) for path in modules)]:
        problems.append(f"{_OPTION}exclude_modules={','.join(unfit)}: {there}")
    elif isinstance(excluded, str) and excluded and not any(_excludes(excluded, path) for path in modules):
        problems.append(f"{_OPTION}exclude_modules={excluded}: {there} (a regular expression fits whole paths)")
    if problems:
        return problems
    adapted = [path for path in modules if _is_adapted(path, options)]
    if not adapted:
        return [f"{_OPTION}target_modules: with the other options no module of model {model} is left for adapters"]
    for key in filter(is_pattern, options):
        fits = re.search if name == "OSF" else _fits
        unfit = [str(pattern) for pattern in options[key] or {} if not any(fits(str(pattern), p) for p in adapted)]
        if unfit:
            problems.append(
                f"{_OPTION}{key}={','.join(unfit)}: model {model} has no such module with adapters; they are on "
                f"{_ends(adapted)}"
            )
    return problems


def _is_adapted(path: str, options: Mapping[str, Any]) -> bool:
    """Whether a module gets adapters, as peft decides it."""
    targets = options["target_modules"]
    if _excludes(options.get("exclude_modules"), path):
        return False
    if isinstance(targets, str):
        return re.fullmatch(targets, path) is not None
    return path in targets or (any(path.endswith(f".{end}") for end in targets) and _is_in_layers(path, options))


def _is_in_layers(path: str, options: Mapping[str, Any]) -> bool:
    """Whether a module is in one of `layers_to_transform`, if there are any."""
    wanted = options.get("layers_to_transform")
    if wanted is None or wanted == []:
        return True
    lists = options.get("layers_pattern") or [r"[^.]*"]
    for pattern in [lists] if isinstance(lists, str) else lists:
        if (block := re.match(rf"(?:^|.*?\.){pattern}\.(\d+)\.", path)) is not None:
            return int(block.group(1)) in ([wanted] if isinstance(wanted, int) else wanted)
    return False


def _fits(pattern: str, path: str) -> bool:
    return re.match(rf"(.*\.)?({pattern})$", path) is not None


def _parts(excluded: Any) -> list[str]:
    return list(excluded) if isinstance(excluded, list) else []


def _excludes(excluded: str | list[str] | None, path: str) -> bool:
    if isinstance(excluded, str):
        return bool(excluded) and re.fullmatch(excluded, path) is not None
    return any(path == part or path.endswith(f".{part}") for part in excluded or [])


def _ends(paths: Iterable[str]) -> str:
    """The last parts of paths, each once."""
    return ", ".join(dict.fromkeys(path.rpartition(".")[2] for path in paths))
