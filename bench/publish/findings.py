"""What had better not be published: paths of a machine, secrets, files with texts; and what its owner should know."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.escape.characters import shortened
from bench.models.kept import FILE, TERMS
from bench.publish.files import Content
from bench.publish.model import Model
from bench.publish.options import NO_BASE, Wanted
from bench.publish.scan import found_in
from bench.wording import counted

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
LONG_NUMBER = re.compile(r"\d{5,}")


def problems(model: Model, files: Mapping[str, Content], wanted: Wanted) -> list[str]:
    """Why the model is not sent as it is, each in a sentence that says what to do."""
    labels = () if model.kept is None else model.kept.labels
    return [
        *_base_problems(model, wanted),
        *(problem for name, content in files.items() for problem in found_in(name, content, labels)),
    ]


def notes(model: Model, files: Mapping[str, Content], wanted: Wanted) -> list[str]:
    """What everybody will see that can read the repository."""
    found = []
    if terms := _terms(files.get(TERMS)):
        odd = [term for term in terms if LONG_NUMBER.search(term) or ADDRESS.search(term)]
        like = (
            f", {len(odd):,} of them with a number of five digits or more, as {shortened(odd[0], 40)!r}" if odd else ""
        )
        found.append(f"{TERMS} has {counted(len(terms), 'term')} of the training texts{like}: look through it")
    if model.kept is not None and model.kept.approach.kept_as == "prompt":
        found.append(f"{FILE} has the prompt, and what the labels are called in it")
    if model.kept is not None and any(ADDRESS.search(label) for label in model.kept.labels):
        found.append("names of labels look like addresses of people")
    base = model.base
    if base is not None and base.source == "wheel" and model.needs_base and wanted.base_id is None:
        assert base.wheel is not None
        found.append(
            f"its base is the Python wheel {base.wheel.package}, which `bench predict` fetches, and other libraries do "
            "not: --base-id ID says what the same model is called on the hub"
        )
    return found


def _terms(content: Content | None) -> list[str]:
    """The terms of a classical model; none where another program has a file of that name."""
    if not isinstance(content, Path):
        return []
    try:
        found = json.loads(content.read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    terms = found.get("terms") if isinstance(found, dict) else found
    return [str(term) for term in terms] if isinstance(terms, list) else []


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
