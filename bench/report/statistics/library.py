"""What models answered on single test examples, out of the predictions files beside the records: each read once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.report.statistics.correctness import NO_LABEL, Answers, Codes, TestSet
from bench.results.record import Record

COLUMNS = ("split", "id", "label", "predicted")
PROBABILITIES = "probabilities"
T = TypeVar("T")


class UnreadableAnswers(Exception):
    """Predictions that cannot be used, or that a record does not have."""


@dataclass
class Library:
    """What was read so far: test sets by digest, the rest by the name of the predictions file, made of its content."""

    test_sets: dict[str, TestSet] = field(default_factory=dict)
    answers: dict[str, Answers] = field(default_factory=dict)
    confidences: dict[str, NDArray[np.float32] | None] = field(default_factory=dict)
    is_new: bool = False
    """Whether something was read that a cache does not have."""
    _orders: dict[bytes, tuple[TestSet, Any]] = field(default_factory=dict)
    _contents: dict[str, str | None] = field(default_factory=dict)
    """The data's content by the digest of a test set: where the first record that has it got it from."""
    _others: dict[str, TestSet] = field(default_factory=dict)
    """Test sets of other content, by a digest of their own."""

    def of(self, folder: Path, record: Record) -> Answers:
        """The test answers of an `ok` record. Raises UnreadableAnswers.

        Rows are numbered in files, so that other data may well have the same ids: the test sets of records whose data
        had another content are never the same.
        """
        answers = self._known(self.answers, folder, record, self._read)
        content, digest = record.provenance.data_revision, answers.test_set.digest
        if self._contents.setdefault(digest, content) == content:
            return answers
        own = hashlib.sha256(f"{digest} {content}".encode()).hexdigest()
        return replace(answers, test_set=self._others.setdefault(own, replace(answers.test_set, digest=own)))

    def confidence(self, folder: Path, record: Record) -> NDArray[np.float32] | None:
        """The probability of the label that was predicted, in the order of the record's test set.

        None where the record has no probabilities. Raises UnreadableAnswers.
        """
        return self._known(self.confidences, folder, record, self._read_confidence)

    def _known(self, kept: dict[str, T], folder: Path, record: Record, read: Callable[[Path], T]) -> T:
        if record.predictions_file is None:
            raise UnreadableAnswers("the record names no predictions file")
        name = Path(record.predictions_file).name  # in the record's own folder, whatever it says
        if name not in kept:
            kept[name] = read(folder / name)
            self.is_new = True
        return kept[name]

    def _read(self, path: Path) -> Answers:
        test = _test_part(path, COLUMNS)
        test_set, order = self._test_set(test, path.name)
        predicted = _codes(test["predicted"], test_set.names)[order]
        return Answers(test_set, predicted, _others(test["predicted"], order, predicted))

    def _read_confidence(self, path: Path) -> NDArray[np.float32] | None:
        test = _test_part(path, (*COLUMNS, PROBABILITIES))
        if PROBABILITIES not in test.column_names:
            return None
        probabilities = _chunk(test[PROBABILITIES])
        if probabilities.null_count or pa.types.is_null(probabilities.type):
            return None
        flat = probabilities.flatten().to_numpy(zero_copy_only=False)
        if len(flat) % len(probabilities):
            raise UnreadableAnswers(f"{path.name}: examples have different numbers of probabilities")
        _, order = self._test_set(test, path.name)
        surest = flat.reshape(len(probabilities), -1).max(axis=1)
        return np.asarray(surest, dtype=np.float32)[order]

    def _test_set(self, test: pa.Table, name: str) -> tuple[TestSet, Any]:
        """The test set, and where in the file its examples are. Most files hold the same one in the same order."""
        ids, labels = _chunk(test["id"]), _chunk(test["label"])
        raw = hashlib.sha256()
        for array in (ids, labels.dictionary, labels.indices):
            raw.update(_bytes(array))
        if (known := self._orders.get(raw.digest())) is not None:
            return known
        texts, names = np.asarray(ids.to_pylist(), dtype=object), tuple(sorted(set(labels.to_pylist())))
        order = np.argsort(texts, kind="stable")
        chosen, codes = tuple(texts[order]), _codes(test["label"], names)[order]
        if len(set(chosen)) < len(chosen):
            raise UnreadableAnswers(f"{name}: several test examples have the same id")
        digest = test_set_digest(chosen, codes, names)
        test_set = self.test_sets.setdefault(digest, TestSet(digest, chosen, codes, names))
        self._orders[raw.digest()] = test_set, order
        return test_set, order


def test_set_digest(ids: Sequence[str], labels: Codes, names: Sequence[str]) -> str:
    """A name for exactly these examples."""
    content = hashlib.sha256("\0".join([*names, "", *ids]).encode())
    content.update(np.ascontiguousarray(labels).tobytes())
    return content.hexdigest()


def _chunk(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _bytes(array: Any) -> bytes:
    """The content of an Arrow array, whatever its buffers hold beside it."""
    batch = pa.record_batch([pa.concat_arrays([array])], names=["x"])
    return bytes(batch.serialize())


def _codes(column: Any, names: Sequence[str]) -> Codes:
    """A dictionary column as indices of `names`; what is not among them is `NO_LABEL`."""
    array = _chunk(column)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    index = {name: number for number, name in enumerate(names)}
    meaning = np.asarray([*(index.get(text, NO_LABEL) for text in array.dictionary.to_pylist()), NO_LABEL], np.int16)
    return meaning[array.indices.fill_null(-1).to_numpy(zero_copy_only=False)]


def _others(column: Any, order: Any, predicted: Codes) -> dict[int, str]:
    """What was answered where it is none of the labels, by place in the test set."""
    places = np.flatnonzero(predicted == NO_LABEL)
    if not len(places):
        return {}
    given = [_chunk(column)[int(order[place])].as_py() for place in places]
    return {int(place): text for place, text in zip(places, given, strict=True) if text is not None}


def _test_part(path: Path, columns: Sequence[str]) -> pa.Table:
    """The test examples of a predictions file. Raises UnreadableAnswers."""
    try:
        with pq.ParquetFile(path, read_dictionary=["label", "predicted"]) as file:
            table = file.read(columns=list(columns), use_threads=False)
        test = table.filter(pc.equal(table["split"], "test")).combine_chunks()
    except FileNotFoundError:
        raise UnreadableAnswers(f"{path.name} is gone") from None
    except KeyError:
        raise UnreadableAnswers(f"{path.name} lacks one of the columns {', '.join(columns)}") from None
    except (OSError, pa.ArrowException) as error:
        raise UnreadableAnswers(f"{path.name}: {error}") from error
    if not test.num_rows:
        raise UnreadableAnswers(f"{path.name} has no test examples")
    return test
