"""What models answered on single test examples, from the files beside the records, and their surest mistakes."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.results.record import Record
from bench.results.store import texts_path

COLUMNS = ["split", "id", "label", "predicted", "probabilities"]


@dataclass(frozen=True)
class Answers:
    """One record's test examples, in the order of its file; all arrays have an entry an example."""

    ids: NDArray[Any]
    labels: NDArray[Any]
    """True labels."""
    predicted: NDArray[Any]
    confidence: NDArray[np.float64] | None
    """Probability of the predicted label; null where the record has no probabilities."""

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the label was predicted."""
        return np.asarray(self.labels == self.predicted, dtype=bool)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A test example that was taken for another label."""

    id: str
    text: str | None
    """Null where it was not kept."""
    label: str
    predicted: str
    confidence: float | None


def read_answers(folder: Path, record: Record) -> Answers | None:
    """The test examples of the record in `folder`; None where no predictions were kept, or they are gone.

    Raises OSError or ValueError (pyarrow's are such) where the file can't be read as predictions.
    """
    if record.predictions_file is None or not (path := folder / Path(record.predictions_file).name).is_file():
        return None
    table = pq.read_table(path, columns=COLUMNS, use_threads=False)
    table = table.filter(pc.equal(table["split"], "test"))
    known = table["probabilities"].combine_chunks()
    confidence = None
    if len(known) and not known.null_count:
        width = len(known[0])
        confidence = known.flatten().to_numpy(zero_copy_only=False).reshape(-1, width).max(axis=1).astype(float)
    ids, labels, predicted = (table[name].to_numpy() for name in ("id", "label", "predicted"))
    return Answers(ids, labels, predicted, confidence)


def read_texts(folder: Path, record: Record) -> dict[str, str]:
    """The texts of the record's test examples by id, as far as they were kept."""
    if record.texts_file is None or not (path := texts_path(folder, record.texts_file)).is_file():
        return {}
    return _texts(path)


@functools.lru_cache(maxsize=4)  # the rows of a task share them; their content is in their name
def _texts(path: Path) -> dict[str, str]:
    table = pq.read_table(path, columns=["id", "text"], use_threads=False)
    return dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def mistakes(answers: Answers, texts: dict[str, str], most: int) -> list[Mistake]:
    """The mistakes that the model was surest of, surest first; in the file's order where it gave no probabilities."""
    wrong = np.flatnonzero(~answers.right)
    if answers.confidence is not None:
        wrong = wrong[np.argsort(-answers.confidence[wrong], kind="stable")]
    return [
        Mistake(
            id=str(answers.ids[place]),
            text=texts.get(str(answers.ids[place])),
            label=str(answers.labels[place]),
            predicted=str(answers.predicted[place]),
            confidence=None if answers.confidence is None else float(answers.confidence[place]),
        )
        for place in wrong[:most]
    ]
