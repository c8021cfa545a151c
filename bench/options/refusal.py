"""What bad input is told: a line, two at most, that names the word or the file that is wrong, and the way out."""

import re
import shlex
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import yaml  # type: ignore[import-untyped]
from hydra.errors import CompactHydraException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from bench.errors import UserError
from bench.options.unknown import unknown_option

REFUSED = (UserError, CompactHydraException, OmegaConfBaseException)
"""What bad input raises wherever it is found."""
_DROPPED = ("Config search path", "Set the environment variable HYDRA_FULL_ERROR", "See https://", "object_type=")
_AMBIGUOUS = re.compile(r"Ambiguous value for argument '(.*)'\s*$", re.MULTILINE)
_GROUPS = "experiment|data|model|method|training|split"
"""Of `conf/`, for patterns."""
_ENCODINGS = re.compile(r"(\+*data\.encoding=)([\w-]+(?:, *[\w-]+)+)")
_DEVICES = re.compile(r"(\+*hydra\.launcher\.devices=)([\w-]+(?:, *[\w-]+)+)")
_NUMBERED = re.compile(
    rf"(\+*(?:{_GROUPS})=)([-+]?(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:e[-+]?\d+)?)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(r"Could not override '(.*)'\.\s+To append")
_CHOICE = re.compile(rf"\+*(?:{_GROUPS})=")
_NUMBERS = re.compile(r"\+*(?:seed|num_labels|train_size|(?:method|training)\.\w+)=[\d.,eE+-]+")
_HYDRAS = re.compile(r"Sweeping over Hydra's configuration is not supported : '(.*)'\s*$", re.MULTILINE)
_LISTED = re.compile(rf"\+*({_GROUPS})=\[(.*)\]", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w/]*")
_LEXER = re.compile(r"^Lexer\w+: .*", re.DOTALL)
"""What the grammar says of a sign that it has no token for: the name of an exception, and the word again."""
_LONGEST = 2000
"""Characters of a message."""


class Composing:
    """Whether a configuration is still being read and put together: then every error is the configuration's."""

    now = False

    def begin(self) -> None:
        """The command line is about to be read."""
        self.now = True

    def end(self) -> None:
        """Everything is composed; from now on an unexpected error is the program's own."""
        self.now = False


COMPOSING = Composing()


def refuse_lists(words: Sequence[str]) -> None:
    """Raise UserError where one cell would be made of several files of `conf/model/` or another group."""
    for word in words:
        if (listed := _LISTED.fullmatch(word)) is not None:
            group, names = listed.groups()
            raise UserError(
                f"{word}: a cell has one {group}; for a cell of each, write them without brackets in a sweep (-m): "
                f"{group}={','.join(name.strip() for name in names.split(','))}"
            )


def with_quotes(word: str) -> str:
    """A word of the command line, in the quotes or brackets that Hydra wants where it would read something else.

    That is a list of encodings or of GPUs, which is one value, and the name of a file in `conf/` that looks like a
    number.
    """
    if (devices := _DEVICES.fullmatch(word)) is not None:
        return f"{devices[1]}[{devices[2]}]"
    plain = _ENCODINGS.fullmatch(word) or _NUMBERED.fullmatch(word)
    return word if plain is None else f'{plain[1]}"{plain[2]}"'


def refusal(error: BaseException) -> str:
    """What is wrong, for the user, without a traceback."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OverrideParseException):
        return _unparsed(str(error.override), _one_line(str(error)))
    if (found := _AMBIGUOUS.search(str(error))) is not None:
        is_hydras = found[1].lstrip("+").startswith("hydra")
        needed = "it has one value for the whole sweep" if is_hydras else "several values need a sweep (-m)"
        return f"{found[1]}: {needed}{_as_one(found[1])}"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return f"{_place(mark, error)}: {error.problem or error.context} (no valid YAML)"
    if isinstance(error, REFUSED):
        return _refused(error)
    return f"{_file_of(error) or 'the configuration'} cannot be read: {_reason(error)}"


@contextmanager
def refusals() -> Iterator[None]:
    """Whatever a command refuses in one line is a UserError with that line."""
    try:
        yield
    except UserError:
        raise
    except REFUSED as error:
        raise UserError(refusal(error)) from error


def _as_one(word: str) -> str:
    """How several values are one option's value; empty for files of a group and for numbers, which are one each."""
    if _CHOICE.match(word) or _NUMBERS.fullmatch(word):
        return ""
    return f"; as one value it is written {_quoted(word)}, as a list {shlex.quote(_with_value(word, '[{}]'))}"


def _refused(error: Exception) -> str:
    """What Hydra and OmegaConf say."""
    if isinstance(error, MissingMandatoryValue) and error.full_key:
        return f"{error.full_key} is not given and has no default: add {error.full_key}=VALUE"
    if (found := _HYDRAS.search(str(error))) is not None:
        return f"{found[1]}: it has one value for the whole sweep{_as_one(found[1])}"
    if (unknown := _UNKNOWN.search(str(error))) is not None and (parent := _parent(error)) is not None:
        return unknown_option(unknown[1], parent)
    return _one_line(str(error)) + _cause(error)


def _unparsed(word: str, reason: str) -> str:
    word = word if len(word) <= 300 else f"{word[:300]}..."
    reason = _LEXER.sub("a sign that has to be in quotes", reason)
    if "=" not in word:
        hint = f"; an experiment of this name is +experiment={word}" if _NAME.fullmatch(word) else ""
        return f"{word!r} is no option: options are written NAME=VALUE{hint} ({reason})"
    return (
        f"{word!r} cannot be read ({reason}). A value with other signs than letters, digits and ._-/ is put in quotes: "
        f"{_quoted(word)}"
    )


def _quoted(word: str) -> str:
    """The word for a shell, its value in quotes that Hydra reads."""
    return shlex.quote(_with_value(word, '"{}"'))


def _with_value(word: str, form: str) -> str:
    key, _, value = word.partition("=")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    if form.startswith('"'):
        value = re.sub(r'(\\*)"', r'\1\1\\"', value)
        value = re.sub(r"(\\+)$", r"\1\1", value)
    return f"{key}={form.format(value)}"


def _one_line(text: str) -> str:
    """Hydra's lines as one: choices, one to a line there, with commas; without where it looked and its stack."""
    kept: list[str] = []
    for line in text.splitlines():
        if any(line.strip().startswith(start) for start in _DROPPED):
            if line.startswith("Config search path"):
                break
            continue
        words = " ".join(line.split())
        if words in ("", "full_key:"):
            continue
        listed = line.startswith("\t") and bool(kept)
        kept.append(f"{' ' if kept[-1].endswith(':') else ', '}{words}" if listed else f"{_joint(kept)}{words}")
    found = "".join(kept)
    return found if len(found) <= _LONGEST else f"{found[:_LONGEST]} ..."


def _joint(kept: list[str]) -> str:
    """What comes between a line and the one before it."""
    if not kept:
        return ""
    return " " if kept[-1].endswith(":") else "; " if not kept[-1].endswith(".") else " "


def _cause(error: BaseException) -> str:
    """What OmegaConf says behind Hydra's message, and the choices that there are, on a line of their own."""
    cause = error.__cause__
    said = _one_line(str(cause)) if isinstance(cause, OmegaConfBaseException) else ""
    if (parent := _parent(error)) is not None:
        said += f"; there are: {', '.join(str(key) for key in parent)}"
    return f"\n{said}" if said else ""


def _parent(error: BaseException) -> DictConfig | None:
    """The part of the configuration in which something was looked for in vain."""
    parent = getattr(error.__cause__, "parent_node", None)
    return parent if isinstance(parent, DictConfig) else None


def _place(mark: yaml.Mark | None, error: BaseException) -> str:
    """File and line, as an editor counts."""
    if mark is None:
        return _file_of(error) or "the configuration"
    name = str(mark.name) if str(mark.name) != "<unicode string>" else "a value"
    return f"{name}, line {mark.line + 1}"


def _reason(error: BaseException) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is no UTF-8 ({error.reason})"
    if isinstance(error, RecursionError):
        return "it is nested too deeply, or starts from itself"
    return _one_line(str(error)) or type(error).__name__


def _file_of(error: BaseException) -> str | None:
    """The configuration file that Hydra was reading, by its own variable."""
    found = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == "load_config" and isinstance(path := frame.f_locals.get("full_path"), str):
            found = path
    return found
