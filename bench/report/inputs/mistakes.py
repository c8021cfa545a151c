"""The surest mistakes of a model, with their texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report.inputs.parquet_tables import TEXT, UnreadableTable, content_of, read_table
from bench.report.statistics.correctness import TestPredictions
from bench.results.record import Record
from bench.results.store import texts_path

MAX_KNOWN = 4
"""Files of texts that are kept in memory."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test example that was taken for another label."""

    id: str
    text: str | None
    """Null where it was not kept."""
    label: str
    predicted: str
    confidence: float | None


@dataclass
class Texts:
    """The texts of test examples, and which of their files can't be read: each of those is opened once."""

    unreadable: dict[Path, str] = field(default_factory=dict)
    """The files that can't be read, with the reason."""
    _known: dict[Path, dict[str, str]] = field(default_factory=dict)
    """The last ones: the rows of a task share them."""

    def of(self, folder: Path, record: Record) -> dict[str, str]:
        """The texts of the record's test examples by id; `read_texts` says which, and what is raised."""
        if record.texts_file is None:
            return {}
        path = texts_path(folder, record.texts_file)
        if path in self.unreadable:
            raise UnreadableTable(self.unreadable[path])
        if path not in self._known:
            if len(self._known) == MAX_KNOWN:
                del self._known[next(iter(self._known))]
            try:
                self._known[path] = read_texts(folder, record)
            except UnreadableTable as error:
                self.unreadable[path] = str(error)
                raise
        return self._known[path]


def read_texts(folder: Path, record: Record) -> dict[str, str]:
    """The texts of the record's test examples by id, as far as they were kept. Raises UnreadableTable."""
    if record.texts_file is None:
        return {}
    path = texts_path(folder, record.texts_file)
    try:
        path.lstat()
    except (FileNotFoundError, ValueError):  # no name of ours, it may be
        return {}
    except OSError as error:
        raise UnreadableTable(f"{path.name}: {error.strerror or error}") from error
    table = read_table(content_of(path), path.name, {"id": TEXT, "text": TEXT})
    return dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def mistakes(
    answers: TestPredictions, confidence: NDArray[Any] | None, texts: Mapping[str, str], most: int
) -> list[Mistake]:
    """The mistakes that the model was surest of, surest first; in the order of ids where it gave no probabilities.

    `confidence` is of `PredictionStore.confidence`.
    """
    wrong = np.flatnonzero(answers.correct == 0)
    if confidence is not None:
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    return [
        Mistake(
            id=answers.test_set.ids[place],
            text=texts.get(answers.test_set.ids[place]),
            label=answers.label(place),
            predicted=answers.given(place),
            confidence=None if confidence is None else float(confidence[place]),
        )
        for place in map(int, wrong[:most])
    ]
