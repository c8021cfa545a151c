"""Options of a group that a sweep has several files of: `-m method=ia3,vera method.load_in_4bit=true`.

Hydra would look for such an option in the group's default file alone. As a choice of one value it is looked for in the
files that are swept over.
"""

import re
from collections.abc import Sequence

from hydra.core.override_parser.types import ChoiceSweep, Override

GROUPS = ("model", "method", "data", "split", "training")
"""The groups of `conf/` that make a part of a cell each."""
_CHOICE = re.compile(rf"({'|'.join(GROUPS)})=(.*)", re.DOTALL)
_OPTION = re.compile(rf"({'|'.join(GROUPS)})\.[^=]+=.+", re.DOTALL)
_SEVERAL = re.compile(r"[,(*]")
"""In the value of a group: several files by their names or by a pattern."""
_FUNCTION = re.compile(r"\s*[a-z_]+\(")
_INNERMOST = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}")
"""Text in quotes or brackets without brackets within."""
_ONE = re.compile(r"(.*?)=choice\((.*)\)", re.DOTALL)


def with_choices(words: Sequence[str]) -> list[str]:
    """The words of a command line; an option of a group that has several files is made a choice of one value."""
    if not {"-m", "--multirun"} & set(words):
        return list(words)
    chosen = [_CHOICE.fullmatch(word) for word in words]
    swept = {choice[1] for choice in chosen if choice is not None and _SEVERAL.search(choice[2])}
    return [_as_choice(word, swept) for word in words]


def _as_choice(word: str, swept: set[str]) -> str:
    option = _OPTION.fullmatch(word)
    if option is None or option[1] not in swept:
        return word
    name, _, value = word.partition("=")
    # a null is no choice to Hydra's grammar
    if value == "null" or _is_sweep(value):
        return word
    return f"{name}=choice({value})"


def _is_sweep(value: str) -> bool:
    """Whether a value is several ones: with a comma outside of brackets and quotes, or a function of Hydra's."""
    plain, last = value, ""
    while plain != last:
        plain, last = _INNERMOST.sub("", plain), plain
    return "," in plain or _FUNCTION.match(value) is not None


def as_given(override: Override) -> str:
    """The word of the command line that `override` was read from."""
    word, value = str(override.input_line), override.value()
    one = _ONE.fullmatch(word)
    if one is None or not isinstance(value, ChoiceSweep) or len(value.list) > 1:
        return word
    return f"{one[1]}={one[2]}"
