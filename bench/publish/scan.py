"""What is in one file that had better not be public: a path of a machine, a password, texts, code that runs."""

import io
import json
import mmap
import re
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from bench.errors import said
from bench.escape.characters import shortened
from bench.escape.markdown import escape
from bench.escape.secrets import holds_secret, is_secret_entry
from bench.models.kept import TERMS
from bench.publish.files import Content, size

VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", TERMS)
"""Files of words, in which anything may look like a path."""
TABLES = (
    ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".xls", ".xlsx", ".ods", ".sqlite",
    ".db",
)  # fmt: skip
PACKED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar")
PICKLES = (".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".npy", ".npz")
WEIGHTS = ".safetensors"
JSON = (".json", ".ipynb")
TEXTS = (".md", ".txt", ".yaml", ".yml", ".py")
"""Files that are text, or are not sent; others may be."""
TEMPLATE = "chat_template"
"""A program of the base's authors, in which much looks like a password."""
TEMPLATES = ".jinja"
MAX_TEXT = 50_000_000
"""Bytes of a file that is read as text; larger ones are looked at as bytes."""
MAX_HEADER = 100_000_000
"""Bytes of the header of a file of safetensors, by that library."""
ROOTS = (
    "home|Users|root|mnt|media|data|scratch|tmp|var|opt|srv|gpfs|lustre|work|workspace|Volumes|nfs|content|kaggle|"
    "private|storage|dbfs"
)
_REST = r"[^\s`'\"()|<>]+"
IN_TEXT = re.compile(
    rf"(?<![\w/.:~-])(?:/(?:{ROOTS})/{_REST}|~/{_REST}|[A-Za-z]:[\\/]{_REST}|\\\\[\w.-]+\\{_REST}|file:/{_REST})"
)
"""A path of a machine, within prose."""
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a]")
IN_BYTES = re.compile(rf"/(?:{ROOTS})/[\w.@+-]+/[\w.@+/-]+".encode())
SECRET_IN_BYTES = re.compile(rb"\b(?:hf_|gh[pousr]_|AKIA)[A-Za-z0-9]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----")
WHOLE = re.compile(r"(?:/[\w.@+-]+){2,}/?|~/.*|[A-Za-z]:[\\/].*|\\\\.*|file:.*")
"""A value that is a path of a machine."""


def found_in(name: str, content: Content, labels: Collection[str]) -> Iterator[str]:
    """What is wrong with a file, each in a sentence that says what to do. `labels` of the model may be anything."""
    try:
        yield from _found_in(name, content, labels)
    except (OSError, ValueError, RecursionError) as error:
        yield f"{name} cannot be read ({shortened(said(error), 80)}), so nothing is known of what it holds: take it out"


def _found_in(name: str, content: Content, labels: Collection[str]) -> Iterator[str]:
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if suffix in TABLES:
        yield f"{name} may hold texts, and loading the model takes none: take it out of the folder"
    elif suffix in PACKED:
        yield f"{name} is packed, and may hold anything: take it out of the folder"
    elif suffix in PICKLES:
        yield f"{name} may hold a pickle, which runs code where it is read: save it as safetensors"
    elif suffix == WEIGHTS:
        yield from _of_values(name, _header(content), labels)
    elif suffix == TEMPLATES or path.name in VOCABULARIES:
        return
    elif suffix in JSON:
        yield from _of_values(name, json.loads(_bytes(content)), labels)
    elif (text := _text(content, is_text=suffix in TEXTS)) is not None:
        yield from _of_prose(name, _without(_odd(labels), text))
    else:
        yield from _of_bytes(name, content)


def _odd(labels: Collection[str]) -> list[str]:
    """Labels that look like a path or a password themselves, in the forms that a card has."""
    odd = [label for label in labels if IN_TEXT.search(label) or holds_secret(label)]
    forms = {form for label in odd for form in (label, str(escape(label)), repr(label)[1:-1])}
    return sorted(forms, key=len, reverse=True)


def _without(labels: Collection[str], text: str) -> str:
    for label in labels:
        text = text.replace(label, "LABEL")
    return text


def _of_prose(name: str, text: str) -> Iterator[str]:
    for number, row in enumerate(text.splitlines(), 1):
        if found := IN_TEXT.search(row):
            yield f"{name}, line {number}, has a path of a machine, {shortened(found[0], 80)}: take it out"
        if holds_secret(row):
            yield f"{name}, line {number}, has what looks like a password or a token: take it out"


def _of_bytes(name: str, content: Content) -> Iterator[str]:
    """The first path of a machine, and the first secret, in a file that is no text."""
    if isinstance(content, bytes) or not size(content):
        return
    with content.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        found = IN_BYTES.search(mapped)
        if found is not None:
            yield f"{name} has a path of a machine, {shortened(found[0].decode(), 80)}: write it without"
        if SECRET_IN_BYTES.search(mapped) is not None:
            yield f"{name} has what looks like a password or a token: take it out"


def _of_values(name: str, values: Any, labels: Collection[str]) -> Iterator[str]:
    odd = _odd(labels)
    for where, key, whole in _strings(values):
        if whole in labels or TEMPLATE in where:
            continue
        value = _without(odd, whole)
        path = WHOLE.fullmatch(value) or IN_TEXT.search(value)
        if path is not None:
            yield f"{name} has a path of a machine at {where}, {shortened(path[0], 80)}: take it out"
        elif any(map(holds_secret, value.splitlines())) or is_secret_entry(key, value):
            yield f"{name} has what looks like a password or a token at {where}: take it out"


def _strings(values: Any, where: str = "", name: str = "") -> Iterator[tuple[str, str, str]]:
    """All texts in `values`, those that are keys too, with where they stand, and what the nearest entry is called."""
    if isinstance(values, str):
        yield where or "its top", name, values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield where or "its top", "", str(key)
            yield from _strings(value, f"{where}.{key}" if where else str(key), str(key))
    elif isinstance(values, list):
        for place, value in enumerate(values):
            yield from _strings(value, f"{where}[{place}]", name)


def _header(content: Content) -> Any:
    """What a file of safetensors says of itself, beside its tensors. Raises ValueError where it is none."""
    with _opened(content) as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= MAX_HEADER:
            raise ValueError("it is no file of safetensors")
        header = json.loads(file.read(length))
    return header.get("__metadata__", {}) if isinstance(header, dict) else header


def _opened(content: Content) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else Path(content).read_bytes()


def _text(content: Content, *, is_text: bool) -> str | None:
    """The file as text; None where it is none. Raises UnicodeDecodeError where it must be (`is_text`)."""
    if not is_text and size(content) > MAX_TEXT:
        return None
    try:
        text = _bytes(content).decode()
    except UnicodeDecodeError:
        if is_text:
            raise
        return None
    return text if is_text or not NO_TEXT.search(text) else None
