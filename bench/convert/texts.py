"""The texts that a converted model is compared on: the test examples of its cell, or those of a file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data.examples import Target
from bench.errors import UserError, said
from bench.kind import MULTI_LABEL
from bench.models import refitted
from bench.models.kept import KeptModel
from bench.predict import file_options
from bench.report.inputs.mistakes import read_texts
from bench.report.inputs.parquet_tables import UnreadableTable
from bench.results import store
from bench.results.places import place_of

ELSEWHERE = "give texts to compare on, --texts FILE"
OF_FILE = (*file_options.NAMES, "label_column")
"""What is said of a file."""


@dataclass(frozen=True, slots=True)
class Asked(file_options.FileOptions):
    """What the command line says of texts."""

    file: str | None
    label_column: str | None
    count: int
    """At most."""
    results_dir: str

    def __post_init__(self) -> None:
        """Raise UserError where something is said of a file, and there is none."""
        if self.file is None:
            file_options.refuse_without_file(self, OF_FILE)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts, where they are from, and their true labels where those are known."""

    texts: tuple[str, ...]
    labels: tuple[Target, ...] | None
    said: str
    """As "1,000 test examples of the cell"."""


def texts_for(folder: Path, kept: KeptModel, asked: Asked) -> Texts:
    """Texts to compare on of the model in `folder`. Raises UserError where there are none."""
    texts, labels, what = _of_file(kept, asked) if asked.file is not None else _of_cell(folder, kept, asked)
    if not texts:
        raise UserError(f"{what}: there is no text; {ELSEWHERE}")
    places = _spread(len(texts), asked.count)
    some = "" if len(places) == len(texts) else f" of {len(texts):,}"
    return Texts(
        tuple(texts[place] for place in places),
        None if labels is None else tuple(labels[place] for place in places),
        f"{len(places):,}{some} {what}",
    )


def _spread(there: int, most: int) -> list[int]:
    """At most `most` of the places below `there`, evenly spread: files may be sorted by label."""
    return list(range(there)) if there <= most else [place * there // most for place in range(most)]


Found = tuple[Sequence[str], Sequence[Target] | None, str]
"""Texts, their labels, and what they are."""


def _of_file(kept: KeptModel, asked: Asked) -> Found:
    assert asked.file is not None
    found, places = asked.read(asked.file, kept)
    labels, name = None, asked.label_column
    if name is not None:
        if found.columns.count(name) != 1:
            raise UserError(f"{asked.file} has not one column {name!r}; there are {', '.join(found.columns)}")
        column = found.columns.index(name)
        labels = [_target(found.rows[place][column], kept, found.places[place]) for place in places]
    what = "texts of standard input" if asked.file == "-" else f"texts of {Path(asked.file).name}"
    return [found.texts[place] for place in places], labels, what


def _target(value: str, kept: KeptModel, place: str) -> Target:
    """The label that a file gives, or the list of labels in JSON. Raises UserError where it is none of the model's."""
    names: object = [value]
    if kept.kind == MULTI_LABEL:
        try:
            names = json.loads(value)
        except ValueError:
            names = None
        if not isinstance(names, list):
            raise UserError(f'{place}: labels of a text are a list in JSON (["a", "b"], []), not {value[:60]!r}')
    assert isinstance(names, list)
    if unknown := [name for name in names if name not in kept.labels]:
        raise UserError(f"{place}: {str(unknown[0])[:60]!r} is none of the model's labels: {', '.join(kept.labels)}")
    return _as_target(names, kept)


def _as_target(names: Sequence[str], kept: KeptModel) -> Target:
    if kept.kind == MULTI_LABEL:
        return tuple(int(label in names) for label in kept.labels)
    return kept.labels.index(names[0])


def _of_cell(folder: Path, kept: KeptModel, asked: Asked) -> Found:
    """The test examples of the cell in `folder`, or of one of those that `bench best` chose from."""
    of_best = (folder / refitted.FILE).is_file()
    cells = _cells_of(folder, asked) if of_best else [folder]
    for cell in cells:
        try:
            record = store.read(cell)
            if record is None:
                continue
            predictions, texts = store.read_predictions(cell, record), read_texts(cell, record)
        except (store.UnreadableRecord, store.Damaged, UnreadableTable, OSError) as error:
            raise UserError(f"the test examples of {cell} cannot be read: {said(error)}; {ELSEWHERE}") from error
        if predictions is None or not texts:
            continue
        test = predictions[predictions["split"] == "test"]
        known = [(texts[id], label) for id, label in zip(test["id"], test["label"], strict=True) if id in texts]
        labels = [_as_target(label if kept.kind == MULTI_LABEL else [label], kept) for _, label in known]
        what = f"test examples of {record.configuration.data}" + (", which it was trained on" if of_best else "")
        return [text for text, _ in known], labels, what
    where = f"below {asked.results_dir} (--results-dir)" if of_best else f"with the record in {folder}"
    raise UserError(f"no test examples are kept {where}: {ELSEWHERE}")


def _cells_of(folder: Path, asked: Asked) -> list[Path]:
    """The folders of the cells that `bench best` chose from, as far as they are there."""
    keys = refitted.read(folder).cells
    places = [Path(asked.results_dir, *place_of(key)) for key in keys if place_of(key)]
    return [place for place in places if place.is_dir()]
