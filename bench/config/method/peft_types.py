"""What the installed peft has: its types, with the options of each, read off its source. Imports nothing heavy.

Importing peft takes seconds and torch with it, and a plan has to know what it has.
"""

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Optional, Union

from pydantic import ConfigDict, TypeAdapter

_BASES = ("PeftConfigMixin", "PeftConfig")
"""Classes whose options say what an adapter belongs to, and not what it is."""
_PROMPTS = "PromptLearningConfig"
_OF_QUANTIZED = re.compile(r"resolve_quantization_backend|is_bnb_4bit_available")
"""What a type's code has where it has layers for weights in 4 bits."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of peft's."""

    kind: TypeAdapter[Any]
    default: Any
    """None, too, where it is no plain value."""


@dataclass(frozen=True, slots=True)
class AdapterType:
    """A type of adapter."""

    config_class: str
    options: Mapping[str, Option]
    is_prompt: bool
    """Whether it is a prompt that is learnt: tokens, or keys and values, before each text."""
    four_bit: bool
    """Whether it goes on weights in 4 bits: it has layers for them, or leaves linear layers alone."""


@functools.cache
def sources() -> Mapping[str, Path]:
    """The file that has the configuration of each type, by the name of the type."""
    found: dict[str, Path] = {}
    for path in sorted((_root() / "tuners").glob("*/config.py")):
        names = re.findall(r"self\.peft_type = PeftType\.(\w+)", path.read_text(encoding="utf-8"))
        found |= dict.fromkeys(names, path)
    return MappingProxyType(found)


@functools.cache
def adapter_type(name: str) -> AdapterType:
    """The type called `name`, one of `sources()`."""
    path = sources()[name]
    classes, enums = _classes()
    config_class = next(
        kind.name
        for kind in _parsed(path)
        if isinstance(kind, ast.ClassDef) and f"PeftType.{name}\n" in f"{ast.unparse(kind)}\n"
    )
    options: dict[str, Option] = {}
    lineage = list(_lineage(config_class, classes))
    for kind in reversed(lineage):
        if kind.name not in _BASES:
            options |= {option: made for option, made in _options(kind, enums)}
    is_prompt = any(kind.name == _PROMPTS for kind in lineage)
    code = "".join(file.read_text(encoding="utf-8") for file in path.parent.glob("*.py"))
    no_layers = is_prompt or name == "LN_TUNING"  # prompts and norms
    return AdapterType(
        config_class,
        MappingProxyType(options),
        is_prompt,
        four_bit=no_layers or _OF_QUANTIZED.search(code) is not None,
    )


def _root() -> Path:
    spec = find_spec("peft")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@functools.cache
def _parsed(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body


@functools.cache
def _classes() -> tuple[dict[str, ast.ClassDef], dict[str, Any]]:
    """All classes beside configurations of types by name; and the enumerations among them, as types of their values."""
    root = _root()
    files = [root / "config.py", root / "tuners" / "lycoris_utils.py", *dict.fromkeys(sources().values())]
    classes = {kind.name: kind for path in files for kind in _parsed(path) if isinstance(kind, ast.ClassDef)}
    enums: dict[str, Any] = {}
    for name, kind in classes.items():
        if any(ast.unparse(base).endswith("Enum") for base in kind.bases):
            values = [line.value.value for line in kind.body if _is_plain(line)]  # type: ignore[attr-defined]
            enums[name] = Literal[tuple(values)]
    return classes, enums


def _is_plain(line: ast.stmt) -> bool:
    return isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)


def _lineage(name: str, classes: Mapping[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """A class, and those that it derives from, as far as they are peft's."""
    while (kind := classes.get(name)) is not None:
        yield kind
        name = ast.unparse(kind.bases[0]) if kind.bases else ""


def _options(kind: ast.ClassDef, enums: Mapping[str, Any]) -> Iterator[tuple[str, Option]]:
    for line in kind.body:
        if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
            continue
        value: ast.expr | None = line.value
        if isinstance(value, ast.Call):  # field(default=...)
            settings = {word.arg: word.value for word in value.keywords}
            if "init" in settings:
                continue  # it can't be given
            value = settings.get("default", _empty(settings.get("default_factory")))
        yield line.target.id, Option(_kind(line.annotation, enums), _plain_value(value))


def _empty(factory: ast.expr | None) -> ast.expr | None:
    """What `dict` or `list` makes; None for every other default that is made."""
    made = {"dict": ast.Dict([], []), "list": ast.List([])}
    return made.get(factory.id) if isinstance(factory, ast.Name) else None


def _plain_value(value: ast.expr | None) -> Any:
    try:
        return None if value is None else ast.literal_eval(value)
    except ValueError:
        return None


class _Known(dict[str, Any]):
    """Names in annotations; whatever is not known can be anything."""

    def __missing__(self, name: str) -> Any:
        return Any


def _kind(annotation: ast.expr, enums: Mapping[str, Any]) -> TypeAdapter[Any]:
    """The type of an option. Where peft lists forms of a text (`pissa_niter_[number]`), any text is one."""
    text = ast.unparse(annotation)
    if re.search(r"Literal\[.*\[", text):
        text = re.sub(r"Literal\[(?:'[^']*'(?:, )?)*\]", "str", text)
    plain = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "tuple": tuple}
    known = _Known(plain | {"set": list, "Literal": Literal, "Optional": Optional, "Union": Union} | dict(enums))
    try:
        # the annotation is the installed package's own code
        found = eval(text, {"__builtins__": {}}, known)
    except (TypeError, SyntaxError):
        found = Any
    optional: Any = Optional[found]  # noqa: UP045 - of a value, not of a name
    return TypeAdapter(optional, config=ConfigDict(strict=True))
