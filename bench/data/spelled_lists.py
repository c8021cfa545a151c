"""Lists of labels that a cell of a text file spells out, as JSON, Python, pandas and numpy write them."""

import ast
import io
import json
import tokenize
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from bench.data.sametext import is_blank

OPENING = ("[", "(", "{")
"""Of lists, tuples and sets: labels have no order, so that these are the same."""
VALUES = {tokenize.STRING, tokenize.NUMBER}
UNSEEN = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def list_in(text: str) -> list[str] | None:
    """The list of labels that a cell spells out; None where it is none of texts and integers."""
    text = text.strip()
    if text == "set()":
        return []
    if text[:1] not in OPENING:
        return None
    for parse in (json.loads, _python):
        try:
            found: Any = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError):
            continue
        if isinstance(found, list) and all(type(item) in (str, int) and not is_blank(str(item)) for item in found):
            return [str(item) for item in found]
    return None


def _python(text: str) -> list[Any] | None:
    """The items of a literal, or of an array that numpy wrote without commas: `['a' 'b']`.

    Python takes two texts with nothing between them for one (`'ab'`), which nobody meant.
    """
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in UNSEEN]
    beside = [(one, other) for one, other in pairwise(tokens) if {one.type, other.type} <= VALUES]
    if not beside:
        found = ast.literal_eval(text)
        return list(found) if isinstance(found, list | tuple | set) else None
    is_array = len(beside) == len(tokens) - 3 and tokens[0].string == "[" and tokens[-1].string == "]"
    if not is_array or any(one.end == other.start for one, other in beside):
        return None
    return [ast.literal_eval(token.string) for token in tokens[1:-1]]


def are_places(rows: Iterable[Sequence[Any]]) -> bool:
    """Whether lists are 0 and 1, one place a label (`[0, 1, 1]`), and not lists of labels, which do not repeat."""
    filled = [row for row in rows if len(row)]
    return (
        len({len(row) for row in filled}) == 1
        and all(value in (0, 1, "0", "1") for row in filled for value in row)
        and any(len(set(row)) < len(row) for row in filled)
    )
