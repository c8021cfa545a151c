"""What models answered on single test examples, out of the predictions files beside the records: each read once."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.report.inputs.layouts import Layout, chunk, layout_of
from bench.report.inputs.parquet_tables import SHARES, TEXT, UnreadableTable, check_shares, content_of, read_table
from bench.report.statistics.correctness import Codes, TestPredictions, TestSet
from bench.results.block import ROUNDING
from bench.results.record import Record

COLUMNS = {"split": TEXT, "id": TEXT}
PROBABILITIES = "probabilities"
MAX_LABELS = 2**15 - 1
"""That `Codes` can tell apart."""
T = TypeVar("T")


class UnreadablePredictions(Exception):
    """Predictions that cannot be used, or that a record does not have."""


@dataclass
class PredictionStore:
    """What was read so far: test sets by digest, the rest by the name of the predictions file, made of its content."""

    test_sets: dict[str, TestSet] = field(default_factory=dict)
    answers: dict[str, TestPredictions] = field(default_factory=dict)
    confidences: dict[str, NDArray[np.float32] | None] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)
    """Files whose content is what their name says, by `_place`: how each was when that was found (`_look`)."""
    is_new: bool = False
    """Whether something was read that a cache does not have."""
    _orders: dict[bytes, tuple[TestSet, Any]] = field(default_factory=dict)
    _contents: dict[str, str | None] = field(default_factory=dict)
    """The data's content by the digest of a test set: where the first record that has it got it from."""
    _others: dict[str, TestSet] = field(default_factory=dict)
    """Test sets of other content, by a digest of their own."""

    def of(self, folder: Path, record: Record) -> TestPredictions:
        """The test answers of an `ok` record. Raises UnreadablePredictions, also where the record's scores are others.

        Rows are numbered in files, so that other data may well have the same ids: the test sets of records whose data
        had another content are never the same.
        """
        answers = self._known(self.answers, folder, record, partial(self._read, layout_of(record)))
        _check_same(answers, record)
        content, digest = record.provenance.data_revision, answers.test_set.digest
        if self._contents.setdefault(digest, content) == content:
            return answers
        own = hashlib.sha256(f"{digest} {content}".encode()).hexdigest()
        return replace(answers, test_set=self._others.setdefault(own, replace(answers.test_set, digest=own)))

    def confidence(self, folder: Path, record: Record) -> NDArray[np.float32] | None:
        """How sure it was of each answer (`layouts.Layout.confidence`), in the order of the record's test set.

        None where the record has no probabilities. Raises UnreadablePredictions.
        """
        return self._known(self.confidences, folder, record, partial(self._read_confidence, layout_of(record)))

    def probable(self, folder: Path, record: Record) -> TestPredictions | None:
        """The test answers with their probabilities, for metrics of these; they are not remembered, being big.

        None where the record has no probabilities. Raises UnreadablePredictions.
        """
        answers = self.of(folder, record)
        if record.measurements is None or record.predictions_file is None:
            return None
        path = folder / Path(record.predictions_file).name
        labels, layout = record.measurements.examples.labels, layout_of(record)
        try:
            found = self._read_probabilities(layout, path.name, self._checked(path))
        except UnreadableTable as error:
            raise UnreadablePredictions(str(error)) from error
        if found is None:
            return None
        if found.shape[1] != len(labels):
            raise UnreadablePredictions(
                f"{path.name}: {found.shape[1]} probabilities an example, of {len(labels)} labels"
            )
        return replace(answers, probable=layout.probable(found, answers, labels))

    def _known(self, kept: dict[str, T], folder: Path, record: Record, read: Callable[[str, bytes], T]) -> T:
        if record.predictions_file is None:
            raise UnreadablePredictions("the record names no predictions file")
        path = folder / Path(record.predictions_file).name  # in the record's own folder, whatever it says
        try:
            content = None if self._is_checked(path) else self._checked(path)
            if path.name not in kept:
                kept[path.name] = read(path.name, self._checked(path) if content is None else content)
                self.is_new = True
        except UnreadableTable as error:
            raise UnreadablePredictions(str(error)) from error
        return kept[path.name]

    def _is_checked(self, path: Path) -> bool:
        """Whether this very file was read before, and has not changed since: what is known of it is its content."""
        known = self.checked.get(_place(path))
        return known is not None and known == _look(path)

    def _checked(self, path: Path) -> bytes:
        look = _look(path)  # before it is read: what is changed meanwhile is read again
        content = content_of(path)
        self.checked[_place(path)] = look
        self.is_new = True
        return content

    def _read(self, layout: Layout, name: str, content: bytes) -> TestPredictions:
        test = _test_part(name, content, {**COLUMNS, **layout.kinds})
        test_set, order = self._test_set(layout, test, name)
        predicted = layout.codes(test["predicted"], test_set.names)[order]
        return TestPredictions(test_set, predicted, layout.others(test["predicted"], order, predicted))

    def _read_confidence(self, layout: Layout, name: str, content: bytes) -> NDArray[np.float32] | None:
        found = self._read_probabilities(layout, name, content)
        if found is None:
            return None
        answers = self.answers.get(name) or self._read(layout, name, content)
        return np.asarray(layout.confidence(found, answers), dtype=np.float32)

    def _read_probabilities(self, layout: Layout, name: str, content: bytes) -> NDArray[np.float64] | None:
        """In the order of the test set: examples x labels of the task."""
        test = _test_part(name, content, {**COLUMNS, **layout.kinds, PROBABILITIES: SHARES})
        if PROBABILITIES not in test.column_names:
            return None
        probabilities = chunk(test[PROBABILITIES])
        if probabilities.null_count or pa.types.is_null(probabilities.type):
            return None
        check_shares(probabilities, name)
        _, order = self._test_set(layout, test, name)
        flat = probabilities.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat.reshape(len(probabilities), -1), dtype=np.float64)[order]

    def _test_set(self, layout: Layout, test: pa.Table, name: str) -> tuple[TestSet, Any]:
        """The test set, and where in the file its examples are. Most files hold the same one in the same order."""
        ids, labels = chunk(test["id"]), chunk(test["label"])
        raw = hashlib.sha256()
        for array in (ids, *layout.content(labels)):
            raw.update(_bytes(array))
        if (known := self._orders.get(raw.digest())) is not None:
            return known
        texts, names = np.asarray(ids.to_pylist(), dtype=object), layout.names(labels)
        if len(names) > MAX_LABELS:
            raise UnreadablePredictions(f"{name}: {len(names):,} labels")
        order = np.argsort(texts, kind="stable")
        chosen, codes = tuple(texts[order]), layout.codes(test["label"], names)[order]
        if len(set(chosen)) < len(chosen):
            raise UnreadablePredictions(f"{name}: several test examples have the same id")
        digest = test_set_digest(chosen, codes, names)
        test_set = self.test_sets.setdefault(digest, TestSet(digest, chosen, codes, names))
        self._orders[raw.digest()] = test_set, order
        return test_set, order


def test_set_digest(ids: Sequence[str], labels: Codes, names: Sequence[str]) -> str:
    """A name for exactly these examples."""
    content = hashlib.sha256("\0".join([*names, "", *ids]).encode())
    content.update(np.ascontiguousarray(labels).tobytes())
    return content.hexdigest()


def _bytes(array: Any) -> bytes:
    """The content of an Arrow array, whatever its buffers hold beside it."""
    batch = pa.record_batch([pa.concat_arrays([array])], names=["x"])
    return bytes(batch.serialize())


def _test_part(name: str, content: bytes, kinds: Mapping[str, str]) -> pa.Table:
    """The test examples of a predictions file. Raises UnreadableTable and UnreadablePredictions."""
    table = read_table(content, name, kinds)
    test = table.filter(pc.equal(table["split"], "test")).combine_chunks()
    if not test.num_rows:
        raise UnreadablePredictions(f"{name} has no test examples")
    return test


def _check_same(answers: TestPredictions, record: Record) -> None:
    """Raise UnreadablePredictions where answers and record, which were written as a pair, do not say the same."""
    if record.measurements is None:
        return
    scores, name = record.measurements.test, record.predictions_file
    if scores.num_examples != len(answers.test_set):
        raise UnreadablePredictions(
            f"{name} is not the record's: {len(answers.test_set):,} test examples, by the record "
            f"{scores.num_examples:,}"
        )
    if abs(scores.accuracy - answers.accuracy) > ROUNDING:
        raise UnreadablePredictions(
            f"{name} is not the record's: its accuracy is {answers.accuracy:.4f}, by the record {scores.accuracy:.4f}"
        )


def _place(path: Path) -> str:
    """A short name for a file in its place."""
    return hashlib.sha256(str(path).encode(errors="surrogateescape")).hexdigest()[:16]


def _look(path: Path) -> str:
    """What is another after the file was changed; empty where it can't be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}"
