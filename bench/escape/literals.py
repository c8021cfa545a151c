"""Values as literals: of source code, of a command line."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bench.escape.characters import visible_line

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)
_RESERVED = {"null", "true", "false", "none", "yes", "no", "on", "off", "nan", "inf"}


def double_quoted(text: str) -> str:
    """`text` in double quotes, the same in Python, JSON and YAML; characters that are not seen become escapes."""
    made = []
    for character in json.dumps(text, ensure_ascii=False):
        code = ord(character)
        made.append(f"\\u{code:04x}" if visible_line(character) != character and code < 0x10000 else character)
    return "".join(made)


def override_text(text: str) -> str:
    """`text` as the value of one of Hydra's overrides, which reads it as it stands: in quotes, unless it is a word."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    doubled = re.sub(r"(\\+)(?='|$)", r"\1\1", text)  # before a quote, a backslash stands for itself twice
    return "'" + doubled.replace("'", r"\'") + "'"


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
