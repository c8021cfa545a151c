"""Words of a command that is copied into a shell."""

import re
import shlex
from collections.abc import Iterable

from bench.escape.characters import visible_line

_CODES = {"\n": r"\n", "\t": r"\t", "\\": r"\\", "'": r"\'"}


def word(text: str) -> str:
    """`text` as one word, on one line; control characters stand as in POSIX 2024, bash and zsh ($'...')."""
    if visible_line(text) == text:
        return shlex.quote(text)
    return "$'" + "".join(_code(character) for character in text) + "'"


def command(words: Iterable[str]) -> str:
    """The words, each quoted, with blanks between."""
    return " ".join(map(word, words))


def _code(character: str) -> str:
    if character in _CODES:
        return _CODES[character]
    if re.fullmatch(r"[\x00-\x1f\x7f]", character):
        return f"\\{ord(character):03o}"
    if visible_line(character) == character:
        return character
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
