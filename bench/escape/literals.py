"""Values as literals: of source code, of a command line."""

import json
from collections.abc import Mapping
from typing import Any

from bench.escape.characters import visible_line


def double_quoted(text: str) -> str:
    """`text` in double quotes, the same in Python, JSON and YAML; characters that are not seen become escapes."""
    made = []
    for character in json.dumps(text, ensure_ascii=False):
        code = ord(character)
        made.append(f"\\u{code:04x}" if visible_line(character) != character and code < 0x10000 else character)
    return "".join(made)


def option_value(value: Any) -> str:
    """`value` as it is given on a command line: "true", "null", "0.0001", "[query,value]", "{query:4}".

    Texts stand without quotes: for reading, beside the option's name.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{option_value(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(option_value, value))}]"
    return str(value)
