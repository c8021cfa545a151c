"""Checking a composed configuration against its schema: what is wrong is said by the names of options."""

import re
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.bounds import NUMBER
from bench.data.label_count import ALL
from bench.errors import UserError
from bench.escape.characters import visible_line
from bench.escape.shell import word
from bench.tracking.names import NONE as NO_TRACKER

T = TypeVar("T")

LONGEST_SHOWN = 200
"""Characters of a value in a message."""


def validated(adapter: TypeAdapter[T], content: dict[str, Any], prefix: tuple[str, ...] = ()) -> T:
    """What `content` describes. Raises UserError, with all its problems, by the names of options, below `prefix`."""
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        raise UserError("; ".join(_sentence(detail, prefix) for detail in error.errors())) from None


def _sentence(detail: Any, prefix: tuple[str, ...]) -> str:
    """One pydantic problem as `option=value: what is wrong`."""
    # the middle of a location may name the variant of a union, which is no option
    path = [_shown(part) for part in detail["loc"]]
    if len(path) > 1 and path[0] in ("model", "method", "split"):
        del path[1:2]
    path = [part for part in path if part != NUMBER]
    if path[:1] == ["tracker"]:
        del path[1:]  # one name is no list to who gave it
    option, value = ".".join((*prefix, *path)), detail["input"]
    given = "" if detail["type"] in ("missing", "extra_forbidden") else f"={_shown(value)}"
    problem = detail["msg"].removeprefix("Value error, ")
    listed = re.sub(r"(\.\d+)+$", "", option)
    is_text = detail["type"] == "string_type" or path[-1:] == ["text_column"]
    if is_text and isinstance(value, bool | float):
        quoted = word(f'{option}="..."' if listed == option else f'{listed}=["..."]')
        problem += f" (in quotes it is one: {quoted})"
    elif detail["type"] == "unexpected_keyword_argument":
        problem = "there is no such option"
    elif detail["type"] == "tuple_type":
        problem = f"a list is needed: {word(f'{option}=[...]')}"
    elif path == ["num_labels"]:
        problem += f" ({ALL}: every label of the data set)"
    elif path == ["train_size"]:
        problem += f" ({ALL}: what there is for training, 0.25: a quarter of it)"
    elif path == ["tracker"]:
        problem += f", or {NO_TRACKER}"
    elif option == "fused.max_cells":
        problem += " (auto: as many as memory holds)"
    return f"{option}{given}: {problem[0].lower()}{problem[1:]}"


def _shown(value: Any) -> str:
    """A value of the configuration on one line, cut where it is long."""
    try:
        text = str(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return visible_line(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")
