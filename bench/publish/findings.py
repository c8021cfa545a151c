"""What had better not be published: paths of a machine, secrets, files with texts; and what its owner should know."""

import json
import mmap
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from bench.escape.characters import shortened
from bench.escape.secrets import masked
from bench.publish.files import Content, size, text_of
from bench.publish.model import Model
from bench.publish.options import NO_BASE, Wanted
from bench.wording import counted

TERMS = "terms.json"
"""What a classical model has learnt of texts."""
VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", TERMS)
"""Files of words, in which anything may look like a path."""
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".xlsx", ".sqlite", ".db")
PICKLES = (".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".npy", ".npz")
WEIGHTS = ".safetensors"
TEXTS = (".json", ".md", ".txt", ".yaml", ".yml", ".py")
GRAPHS = (".onnx",)
"""What exporters write with the lines of code that each operation came from."""
TEMPLATE = "chat_template"
"""A program of the base's authors, in which much looks like a password."""
ROOTS = "home|Users|root|mnt|media|data|scratch|tmp|var|opt|srv|gpfs|lustre|work|workspace"
IN_TEXT = re.compile(rf"(?<![\w/.:~-])(?:/(?:{ROOTS})/[^\s`'\"()|<>]+|~/[^\s`'\"()|<>]+|[A-Za-z]:\\[^\s`'\"()|<>]+)")
"""A path of a machine, within prose."""
IN_BYTES = re.compile(rf"/(?:{ROOTS})/[\w.@+-]+/[\w.@+/-]+".encode())
WHOLE = re.compile(r"(?:/[\w.@+-]+){2,}/?|~/.*|[A-Za-z]:[\\/].*|\\\\.*|file:.*")
"""A value that is a path of a machine."""
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
LONG_NUMBER = re.compile(r"\d{5,}")


def problems(model: Model, files: Mapping[str, Content], wanted: Wanted) -> list[str]:
    """Why the model is not sent as it is, each in a sentence that says what to do."""
    return [
        *_base_problems(model, wanted),
        *(said for name, content in files.items() for said in _of(name, content, model)),
    ]


def notes(model: Model, files: Mapping[str, Content]) -> list[str]:
    """What everybody will see that can read the repository."""
    found = []
    if isinstance(path := files.get(TERMS), Path):
        terms = json.loads(path.read_text(encoding="utf-8"))["terms"]
        odd = [term for term in terms if LONG_NUMBER.search(term) or ADDRESS.search(term)]
        like = (
            f", {len(odd):,} of them with a number of five digits or more, as {shortened(odd[0], 40)!r}" if odd else ""
        )
        found.append(f"{TERMS} has {counted(len(terms), 'term')} of the training texts{like}: look through it")
    if model.kept is not None and model.kept.approach.kept_as == "prompt":
        found.append("classifier.json has the prompt, and what the labels are called in it")
    if model.kept is not None and any(ADDRESS.search(label) for label in model.kept.labels):
        found.append("names of labels look like addresses of people")
    base = model.base
    if base is not None and base.source == "wheel" and model.needs_base:
        assert base.wheel is not None
        found.append(
            f"its base is the Python wheel {base.wheel.package}, which `bench predict` fetches, and other libraries do "
            "not: --base-id ID says what the same model is called on the hub"
        )
    return found


def _base_problems(model: Model, wanted: Wanted) -> Iterator[str]:
    base = model.base
    if wanted.base_id is None:
        if model.is_of_a_folder:
            assert base is not None
            none = "" if model.needs_base else f", or --base-id {NO_BASE}"
            yield (
                f"its base was read from a folder, which need not hold what {base.id} of the hub does: --base-id ID "
                f"says which model of the hub has these files (--base-id {base.id} where it is that one{none})"
            )
        return
    if model.kept is not None and (base is None or not (model.is_of_a_folder or base.source == "wheel")):
        what = "has no base" if base is None else f"has its base, {base.id}, from the hub"
        yield f"--base-id has no effect on a model that {what}"
    elif wanted.base_id == NO_BASE and model.needs_base:
        yield f"--base-id {NO_BASE} is for models that are whole, and this one is loaded on top of its base"


def _of(name: str, content: Content, model: Model) -> Iterator[str]:
    """What is wrong with a file."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in TABLES:
        yield f"{name} may hold texts, and loading the model takes none: take it out of the folder"
    elif suffix in PICKLES:
        yield f"{name} may hold a pickle, which runs code where it is read: save it as safetensors"
    elif suffix == WEIGHTS:
        yield from _of_strings(name, _header(content), model)
    elif suffix in GRAPHS:
        yield from _of_bytes(name, content)
    elif suffix in TEXTS and PurePosixPath(name).name not in VOCABULARIES:
        try:
            text = text_of(content)
            values = json.loads(text) if suffix == ".json" else None
        except ValueError:
            yield f"{name} cannot be read, so nothing is known of what it holds"
            return
        yield from _of_prose(name, text) if values is None else _of_strings(name, values, model)


def _of_prose(name: str, text: str) -> Iterator[str]:
    for number, row in enumerate(text.splitlines(), 1):
        if found := IN_TEXT.search(row):
            yield f"{name}, line {number}, has a path of a machine, {shortened(found[0], 80)}: take it out"
        if masked(row) != row:
            yield f"{name}, line {number}, has what looks like a password or a token: take it out"


def _of_bytes(name: str, content: Content) -> Iterator[str]:
    """The first path of a machine in a file that is no text."""
    if isinstance(content, bytes) or not size(content):
        return
    with content.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        found = IN_BYTES.search(mapped)
        if found is not None:
            yield f"{name} has a path of a machine, {shortened(found[0].decode(), 80)}: export it without"


def _of_strings(name: str, values: Any, model: Model) -> Iterator[str]:
    labels = () if model.kept is None else model.kept.labels
    for where, value in _strings(values):
        if value in labels or where.endswith(TEMPLATE):
            continue
        if WHOLE.fullmatch(value):
            yield f"{name} has a path of a machine at {where}, {shortened(value, 80)}: take it out"
        elif masked(value) != value:
            yield f"{name} has what looks like a password or a token at {where}: take it out"


def _strings(values: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """All texts in `values`, with where they stand."""
    if isinstance(values, str):
        yield where or "its top", values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from _strings(value, f"{where}.{key}" if where else str(key))
    elif isinstance(values, list):
        for place, value in enumerate(values):
            yield from _strings(value, f"{where}[{place}]")


def _header(content: Content) -> Any:
    """What a file of safetensors says of itself, beside its tensors."""
    if isinstance(content, bytes):
        return {}
    with content.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return json.loads(file.read(min(length, 100_000_000))).get("__metadata__", {})
