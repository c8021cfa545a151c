"""Kinds of texts in the schema: names, and paths that a file system can have."""

import os
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from bench.escape.characters import visible_line
from bench.escape.filename import RESERVED

LONGEST_NAME, LONGEST_PART, LONGEST_PATH = 500, 255, 4095
"""Characters of a name; bytes of a file's name and of a whole path, as Linux has them."""
SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
"""Words for signs that shells make hard to type."""
LONGEST_EXPERIMENT, LONGEST_ID = 200, 200


def _digits(value: object) -> object:
    """A name of digits is read as a number by YAML and Hydra: it is a text all the same."""
    return str(value) if type(value) is int and abs(value) < 10**LONGEST_NAME else value


def _columns(value: object) -> str | tuple[str, ...]:
    """The name of a column, or those of several. Raises ValueError where there is none, or one is there twice."""
    if isinstance(value, list | tuple):
        names = tuple(map(_digits, value))
        if not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            raise ValueError("names of columns are needed, each once")
        return names if len(names) > 1 else names[0]  # type: ignore[return-value]
    name = _digits(value)
    if not isinstance(name, str):
        raise ValueError("the name of a column is needed, or a list of several")
    return name


def _merging(value: object) -> bool | dict[str, str]:
    """Raises ValueError for what is neither true nor false nor a mapping of labels to labels."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, dict):
        raise ValueError("true or false is needed, or which label is called what: {Sport: sport}")
    called = {_label(old): _label(new) for old, new in value.items()}
    if len(called) < len(value):
        raise ValueError("a label is there twice")
    if again := [new for old, new in called.items() if called.get(new, new) != new]:
        raise ValueError(f"{again[0]!r} is what one label is called, and is called otherwise itself: name the last one")
    return called


def _label(value: object) -> str:
    label = str(value).lower() if isinstance(value, bool) else _digits(value)
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"{value!r} is no label")
    return label


def path_text(path: str) -> str:
    """The path as it was given. Raises ValueError where no file can be called so, or `~name` is nobody here."""
    if not path:
        raise ValueError("a path is needed, and this one is empty")
    if "\0" in path:
        raise ValueError("a path cannot have a NUL character")
    try:
        parts = os.fsencode(path).split(b"/")
    except UnicodeEncodeError:
        raise ValueError("a path cannot have half a character (a lone surrogate)") from None
    if max(map(len, parts)) > LONGEST_PART:
        raise ValueError(f"a file or folder cannot have a name of more than {LONGEST_PART} bytes")
    if sum(map(len, parts)) + len(parts) - 1 > LONGEST_PATH:
        raise ValueError(f"a path cannot have more than {LONGEST_PATH} bytes")
    if path[0] == "~" and os.path.expanduser(path) == path:
        raise ValueError(f"nobody here has the home folder {path.partition('/')[0]}; ./{path} is a path as it stands")
    return path


def _experiment(name: str) -> str:
    """Raises ValueError where a report's folder can't be called so, or would be elsewhere than in `reports_dir`."""
    if len(name) > LONGEST_EXPERIMENT:
        raise ValueError(f"an experiment's name has at most {LONGEST_EXPERIMENT} characters")
    if "\\" in name or visible_line(name) != name:
        raise ValueError("an experiment's name is the name of its report's folder: no backslash, no control character")
    for part in name.split("/"):
        if not part or part != part.strip() or part[0] == "." or part[-1] == ".":
            raise ValueError(
                "an experiment's name is the name of its report's folder below reports_dir, or several with / between "
                "(a/b): none empty, beginning or ending with a dot or a blank"
            )
        if re.split(r"[.:]", part)[0].strip().lower() in RESERVED:
            raise ValueError(f"no folder can have the name {part} on Windows")
    path_text(name)
    return name


def is_address(path: str) -> bool:
    """Whether this names a file system elsewhere (`s3://bucket/results`), and no folder of this machine."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) is not None


def _folder(path: str) -> str:
    """The path with `~` resolved. Raises ValueError for what is no folder of this machine."""
    if is_address(path):
        raise ValueError(
            "files are written to a folder of this machine, which can be copied there; more_results reads it"
        )
    return os.path.expanduser(path)


def _shard(text: str) -> str:
    """Raises ValueError for what names no part of a grid."""
    found = re.fullmatch(r"(?P<index>auto|[1-9][0-9]{0,5})(?:/(?P<count>[1-9][0-9]{0,5}))?", text)
    if found is None or (found["index"] != "auto" and found["count"] is None):
        raise ValueError("a shard is its number, from 1, and how many there are (2/3); or auto, or auto/3")
    if found["index"] != "auto" and int(found["index"]) > int(found["count"]):
        raise ValueError(f"there are {found['count']} shards, numbered from 1")
    return text


def _separator(text: str) -> str:
    """Raises ValueError for what stands between no two labels."""
    if not text:
        raise ValueError(f"a sign or several are needed, or one of {', '.join(SIGNS)}")
    return SIGNS.get(text, text)


Text = Annotated[str, BeforeValidator(_digits)]
Separator = Annotated[Text, AfterValidator(_separator)]
"""What stands between the labels of a cell."""
Columns = Annotated[str | tuple[str, ...], PlainValidator(_columns)]
"""One column of a table, or several in their order."""
Merging = Annotated[bool | dict[str, str], PlainValidator(_merging)]
"""Whether labels are made one, or which is called what."""
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), BeforeValidator(_digits)]
Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID), BeforeValidator(_digits)]
"""Of the hub: of a model or data set, a revision, a configuration."""
FilePath = Annotated[Text, AfterValidator(path_text)]
FolderPath = Annotated[FilePath, AfterValidator(_folder)]
"""With `~` resolved: only for what is no part of a cell."""
ReadFrom = Annotated[FilePath, AfterValidator(lambda path: path if is_address(path) else os.path.expanduser(path))]
"""The same, or an address that fsspec knows (`s3://bucket/results`)."""
Experiment = Annotated[Text, AfterValidator(_experiment)]
"""An experiment's name, and its report's folder in `reports_dir`: `demo`, `smoke/go_emotions_grid`."""
Shard = Annotated[Text, AfterValidator(_shard)]
"""One of several parts of a grid: `2/3`, `auto` or `auto/3`."""
