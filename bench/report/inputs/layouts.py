"""How a predictions file says labels: one text an example, or a list of texts where it may have several or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.labelled import LabelledPredictions
from bench.report.inputs.parquet_tables import TEXT, TEXT_LISTS, TEXT_OR_NONE, UnreadableTable
from bench.report.statistics.correctness import NO_LABEL, Codes, TestPredictions
from bench.results.record import Record

Shares = NDArray[np.float64]


class Layout(Protocol):
    """What is read of the columns `label` and `predicted`."""

    kinds: ClassVar[Mapping[str, str]]
    """Of which kind each column is (`parquet_tables`)."""

    def content(self, labels: Any) -> list[Any]:
        """Arrays that are the same where the true labels are."""

    def names(self, labels: Any) -> tuple[str, ...]:
        """The labels that `codes` are of; `labels` is the column of true ones."""

    def codes(self, column: Any, names: Sequence[str]) -> Codes:
        """A column as codes of `names` (`TestSet.labels`). Raises UnreadableTable."""

    def others(self, column: Any, order: Any, predicted: Codes) -> dict[int, str]:
        """What was predicted where it is none of the labels, by place in the test set."""

    def confidence(self, probabilities: Shares, answers: TestPredictions) -> Shares:
        """How sure the model was of each answer, from probabilities in the order of the record's labels."""

    def probable(self, probabilities: Shares, answers: TestPredictions, labels: Sequence[str]) -> LabelledPredictions:
        """The answers with their probabilities, which are in the order of the record's `labels`."""


class OneLabel:
    """Each example has one label; the labels are those that the test set has."""

    kinds: ClassVar[Mapping[str, str]] = {"label": TEXT, "predicted": TEXT_OR_NONE}

    def content(self, labels: Any) -> list[Any]:
        """The codes of the file, and what they mean."""
        return [labels.dictionary, labels.indices]

    def names(self, labels: Any) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted(set(labels.to_pylist())))

    def codes(self, column: Any, names: Sequence[str]) -> Codes:
        """Indices of `names`; what is not among them is `NO_LABEL`."""
        array = chunk(column)
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode()
        index = {name: number for number, name in enumerate(names)}
        given = array.dictionary.to_pylist()
        meaning = np.asarray([*(index.get(text, NO_LABEL) for text in given), NO_LABEL], np.int16)
        return meaning[array.indices.fill_null(-1).to_numpy(zero_copy_only=False)]

    def others(self, column: Any, order: Any, predicted: Codes) -> dict[int, str]:
        """Answers that were made elsewhere may be any text."""
        places = np.flatnonzero(predicted == NO_LABEL)
        if not len(places):
            return {}
        given = [chunk(column)[int(order[place])].as_py() for place in places]
        return {int(place): text for place, text in zip(places, given, strict=True) if text is not None}

    def confidence(self, probabilities: Shares, answers: TestPredictions) -> Shares:
        """The probability of the label that was predicted."""
        return np.asarray(probabilities.max(axis=1))

    def probable(self, probabilities: Shares, answers: TestPredictions, labels: Sequence[str]) -> LabelledPredictions:
        """As codes of `labels`: one that no test example has is known to the record alone."""
        number = {name: place for place, name in enumerate(labels)}
        codes = np.asarray([*(number.get(name, NO_LABEL) for name in answers.test_set.names), NO_LABEL])
        true, predicted = codes[answers.test_set.labels], codes[answers.predicted]
        unknown = np.flatnonzero(predicted < 0).tolist()
        predicted[predicted < 0] = [number.get(answers.others.get(place, ""), NO_LABEL) for place in unknown]
        return LabelledPredictions(true, predicted, len(labels), probabilities)


@dataclass(frozen=True, slots=True)
class SeveralLabels:
    """Each example has any number of labels, of those that its record names: no test example need have one."""

    labels: tuple[str, ...]
    kinds: ClassVar[Mapping[str, str]] = {"label": TEXT_LISTS, "predicted": TEXT_LISTS}

    def content(self, labels: Any) -> list[Any]:
        """The names are those of the record, whatever the file holds."""
        return [labels, pa.array(self.labels, pa.large_string())]

    def names(self, labels: Any) -> tuple[str, ...]:
        """Sorted."""
        return tuple(sorted(self.labels))

    def codes(self, column: Any, names: Sequence[str]) -> Codes:
        """1 for each label of an example, 0 for the others: shape (examples, labels)."""
        lists = chunk(column)
        if lists.null_count:
            raise UnreadableTable(f"{lists.null_count:,} test examples have no list of labels")
        given, rows = lists.flatten().to_pylist(), pc.list_parent_indices(lists).to_numpy()
        index = {name: number for number, name in enumerate(names)}
        if odd := next((name for name in given if name not in index), None):
            raise UnreadableTable(f"{odd!r} is none of the record's labels")
        codes = np.zeros((len(lists), len(names)), dtype=np.int8)
        codes[rows, np.asarray([index[name] for name in given], dtype=np.intp)] = 1
        return codes

    def others(self, column: Any, order: Any, predicted: Codes) -> dict[int, str]:
        """None: labels are given by their probabilities."""
        return {}

    def confidence(self, probabilities: Shares, answers: TestPredictions) -> Shares:
        """In the wrong label that it was surest of: that it is there where it is not, or the other way round; 0 where
        all are right."""
        found = self.probable(probabilities, answers, self.labels)
        assert found.probabilities is not None
        sure = np.where(found.predicted == 1, found.probabilities, 1 - found.probabilities)
        return np.asarray(np.where(found.predicted != found.labels, sure, 0).max(axis=1))

    def probable(self, probabilities: Shares, answers: TestPredictions, labels: Sequence[str]) -> LabelledPredictions:
        """In the order of the test set's names."""
        order = [labels.index(name) for name in answers.test_set.names]
        test = answers.test_set
        return LabelSetPredictions(test.labels, answers.predicted, len(test.names), probabilities[:, order])


def layout_of(record: Record) -> Layout:
    """That of a record's predictions file."""
    if not has_several_labels(record):
        return OneLabel()
    assert record.measurements is not None
    return SeveralLabels(tuple(record.measurements.examples.labels))


def has_several_labels(record: Record) -> bool:
    """Whether its texts may have several labels or none."""
    return record.measurements is not None and record.measurements.test.label_sets is not None


def chunk(column: Any) -> Any:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
