"""Keyword arguments as the words of a command line."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from bench.errors import UserError
from bench.escape.literals import override_text


def words_of(options: Mapping[str, Any], *, several: bool) -> list[str]:
    """The overrides that `options` stand for: a mapping is a group's options, by dotted names.

    A list is one value; with `several` it is values to cross, and a tuple is one value that is a list. Raises UserError
    for what is none of str, Path, int, float, bool, None, list, tuple and mapping.
    """
    return [f"{name}={_value(name, value, several)}" for name, value in _flat(options)]


def _flat(options: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if not isinstance(name, str) or not name:
            raise UserError(f"{name!r} is no name of an option")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _value(name: str, value: Any, several: bool) -> str:
    if callable(tolist := getattr(value, "tolist", None)):  # of numpy, pandas, torch
        value = tolist()
    elif isinstance(value, range):
        value = list(value)
    if several and isinstance(value, list):
        if not value:
            raise UserError(f"{name}: an empty list is no value to run")
        return ",".join(_single(name, each) for each in value)
    return _single(name, value)


def _single(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{','.join(_single(name, each) for each in value)}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str | PurePath):
        return override_text(str(value))
    if callable(tolist := getattr(value, "tolist", None)):
        return _single(name, tolist())
    raise UserError(f"{name}={value!r}: an option is a text, a number, true or false, None, or a list of them")
