"""Tables of the fields of a dataclass or a pydantic model: values by its JSON Schema, sentences by its docstrings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import griffe
from pydantic import TypeAdapter

from docs.tooling.markdown import code, row, sentence

REPOSITORY = Path(__file__).resolve().parents[2]
FILLED_IN = "Filled in."
"""How the docstring of a field ends that is no option: the program gives it."""
CHOSEN = ("name", "family")
"""What the choice of a file gives: `method=lora`."""
KEY = {None: "always", "never": "never", "if_set": "if it is not the default"}
"""What a field's `identity` says of a cell's key."""


@cache
def schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a class, of what may be given."""
    return TypeAdapter(kind).json_schema(mode="validation")


@cache
def docstrings(kind: type) -> dict[str, str]:
    """What is said of each attribute of a class, its own and inherited ones."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("bench."):
            read = _package()[f"{base.__module__.removeprefix('bench.')}.{base.__qualname__}"]
            found |= {name: one.docstring.value for name, one in read.attributes.items() if one.docstring}
    return found


@cache
def _package() -> griffe.Object:
    """`bench`, read and not imported."""
    loaded = griffe.load("bench", search_paths=[REPOSITORY], allow_inspection=False)
    assert isinstance(loaded, griffe.Object)
    return loaded


def table(kind: type, comments: Mapping[str, str] | None = None, *, linked: bool = False) -> Iterator[str]:
    """A table of the fields of `kind`: name, values, default, part of a cell's key (of a dataclass), what it is for.

    `comments` are those of a YAML file: they go before what the docstring says. With `linked`, a value that is an
    object links to the heading of its class; else its fields are named.
    """
    said, content = docstrings(kind), schema(kind)
    keys = {each.name: each.metadata.get("identity") for each in fields(kind)} if is_dataclass(kind) else {}
    in_key = any(keys.values())
    objects = None if linked else content.get("$defs", {})
    yield from head(["name", "values", "default", *(["in the key"] if in_key else []), "meaning"])
    for name, property_ in content["properties"].items():
        text = said.get(name) or property_.get("description", "")
        if not text.endswith(FILLED_IN) and name not in CHOSEN:
            key = [KEY[keys.get(name)]] if in_key else []
            known = (comments or {}).get(name, "")
            yield row([code(name), values(property_, objects), _default(property_), *key, _meaning(known, text)])


def head(titles: list[str]) -> Iterator[str]:
    """The first two lines of a table."""
    yield row(titles)
    yield row(["---"] * len(titles))


def _meaning(comment: str, text: str) -> str:
    """The comment of a file, which is for users, or else the docstring without what is said of a resolved cell."""
    said = comment or re.sub(r"\s*\(A cell has .*?\)", "", text, flags=re.S)
    return sentence(said) if said else ""


def _default(property_: Mapping[str, Any]) -> str:
    if "default" not in property_:
        return ""
    given = property_["default"]
    if given is None:
        return "null"
    return code(str(given).lower() if isinstance(given, bool) else str(given)) if given != "" else '`""`'


def values(of: Mapping[str, Any], objects: Mapping[str, Any] | None) -> str:
    """What a JSON Schema allows, in words; what it refers to is in `objects`, or has a heading where these are None."""
    if "$ref" in of:
        return _referred(of["$ref"].rpartition("/")[2], objects)
    if "const" in of:
        return code(str(of["const"]))
    if "enum" in of:
        return ", ".join(code(str(each)) for each in of["enum"])
    if several := of.get("anyOf") or of.get("oneOf"):
        return " or ".join(dict.fromkeys(values(each, objects) for each in several))
    return _of_type(of, objects)


def _referred(name: str, objects: Mapping[str, Any] | None) -> str:
    if objects is None:
        return f"[{name}](#{name.lower()})"
    named = objects[name]
    return code("{" + ", ".join(named["properties"]) + "}") if "properties" in named else values(named, objects)


def _of_type(of: Mapping[str, Any], objects: Mapping[str, Any] | None) -> str:
    kind = of.get("type", "")
    if kind == "array":
        items = of.get("items") or {}
        return f"list of {values(items, objects)}" if items else "list"
    if kind == "object":
        more = of.get("additionalProperties")
        return f"by name: {values(more, objects)}" if isinstance(more, dict) and more else "values by name"
    names = {"integer": "whole number", "boolean": "`true`, `false`", "string": "text", "": "anything"}
    return f"{names.get(kind, kind)}{_bounds(of)}"


def _bounds(of: Mapping[str, Any]) -> str:
    """Numbers that bound a value; those of the machine (2 ** 63) are left out."""
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    found = [f"{said} {of[name]:g}" for name, said in words.items() if name in of and abs(of[name]) < 2**62]
    return f" ({', '.join(found)})" if found else ""
