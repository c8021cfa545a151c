"""Texts as literals of source code and of YAML."""

import json
import re

from bench.escape.characters import visible_line


def double_quoted(text: str) -> str:
    """`text` in double quotes, the same in Python, JSON and YAML; characters that are not seen become escapes."""
    made = []
    for character in json.dumps(text, ensure_ascii=False):
        code = ord(character)
        made.append(f"\\u{code:04x}" if visible_line(character) != character and code < 0x10000 else character)
    return "".join(made)


def yaml(text: str) -> str:
    """`text` as a scalar of YAML: plain where it looks like a hub id, else in double quotes."""
    return text if re.fullmatch(r"[A-Za-z][\w.-]*/[A-Za-z0-9][\w./-]*", text, re.ASCII) else double_quoted(text)
