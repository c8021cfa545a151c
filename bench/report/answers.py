"""The surest mistakes of a model, with their texts."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.report.statistics.correctness import Answers
from bench.report.statistics.kept_tables import TEXT, UnreadableTable, content_of, read_table
from bench.results.record import Record
from bench.results.store import texts_path


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test example that was taken for another label."""

    id: str
    text: str | None
    """Null where it was not kept."""
    label: str
    predicted: str
    confidence: float | None


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
    return _texts(path)


@functools.lru_cache(maxsize=4)  # the rows of a task share them; their content is in their name
def _texts(path: Path) -> dict[str, str]:
    table = read_table(content_of(path), path.name, {"id": TEXT, "text": TEXT})
    return dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def mistakes(answers: Answers, confidence: NDArray[Any] | None, texts: Mapping[str, str], most: int) -> list[Mistake]:
    """The mistakes that the model was surest of, surest first; in the order of ids where it gave no probabilities.

    `confidence` is of `Library.confidence`.
    """
    wrong = np.flatnonzero(answers.right == 0)
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
