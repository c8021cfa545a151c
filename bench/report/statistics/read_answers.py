"""Reading thousands of predictions files, once.

A cache file keeps the test part of each: a second run reads one file. An entry is found by the file's name, which is
made of its content, so it can't be out of date; a cache that is lost or not readable costs time and nothing else.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.report.reading import Expected, Found, Point
from bench.report.statistics.correctness import NO_LABEL, Answers, Codes, Grid, TestSet
from bench.results.record import Record, Status
from bench.results.store import write_atomically

COLUMNS = ("split", "id", "label", "predicted")
CACHE_SCHEMA = pa.schema(
    {
        "kind": pa.string(),  # "test set" or "answers"
        "name": pa.string(),  # a test set's digest, or a predictions file's name
        "ids": pa.large_list(pa.large_string()),
        "names": pa.list_(pa.string()),
        "test_set": pa.string(),
        "codes": pa.large_list(pa.int16()),  # true labels of a test set, or predicted ones
    }
)


class UnreadableAnswers(Exception):
    """A predictions file that is named by a record and cannot be used."""


@dataclass
class Library:
    """What was read so far: test sets by digest, answers by the name of their predictions file."""

    test_sets: dict[str, TestSet] = field(default_factory=dict)
    answers: dict[str, Answers] = field(default_factory=dict)
    is_new: bool = False
    """Whether something was read that the cache does not have."""
    _orders: dict[bytes, tuple[TestSet, Any]] = field(default_factory=dict)

    def of(self, folder: Path, record: Record) -> Answers:
        """The test answers of an `ok` record. Raises UnreadableAnswers."""
        if record.predictions_file is None:
            raise UnreadableAnswers("the record names no predictions file")
        known = self.answers.get(record.predictions_file)
        if known is None:
            known = self._read(folder / record.predictions_file)
            self.answers[record.predictions_file] = known
            self.is_new = True
        return known

    def _read(self, path: Path) -> Answers:
        try:
            with pq.ParquetFile(path, read_dictionary=["label", "predicted"]) as file:
                table = file.read(columns=list(COLUMNS), use_threads=False)
            test = table.filter(pc.equal(table["split"], "test")).combine_chunks()
        except KeyError as error:
            raise UnreadableAnswers(f"{path.name} lacks one of the columns {', '.join(COLUMNS)}") from error
        except (OSError, pa.ArrowException) as error:
            raise UnreadableAnswers(f"{path.name}: {error}") from error
        if not test.num_rows:
            raise UnreadableAnswers(f"{path.name} has no test examples")
        test_set, order = self._test_set(test, path.name)
        return Answers(test_set, _codes(test["predicted"], test_set.names)[order])

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


@dataclass(frozen=True, slots=True)
class Read:
    """What the `ok` cells of all data sets answered."""

    grids: Mapping[str, Grid]
    """By data set."""
    unreadable: Mapping[Expected, str]
    """Cells that are `ok` and whose answers can't be used, with the reason."""


def read_answers(found: Mapping[Expected, Found], cache: Path | None = None) -> Read:
    """The test answers of the `ok` cells among `found`, points and seeds in its order.

    `cache` is a file that is read and written; without it every predictions file is opened.
    """
    library = load(cache) if cache is not None else Library()
    grids: dict[str, dict[Point, dict[int, Answers]]] = {}
    unreadable: dict[Expected, str] = {}
    used: list[str] = []
    for cell, record in found.items():
        if not isinstance(record, Record) or record.status is not Status.OK:
            continue
        try:
            answers = library.of(cell.folder, record)
        except UnreadableAnswers as error:
            unreadable[cell] = str(error)
            continue
        used.append(str(record.predictions_file))
        point = Point(cell.row, cell.num_labels, cell.train_size)
        grids.setdefault(cell.data, {}).setdefault(point, {})[cell.seed] = answers
    if cache is not None and library.is_new:
        keep(library, cache, used)
    return Read(grids, unreadable)


def load(cache: Path) -> Library:
    """What an earlier run kept; nothing where there is none, or it can't be used."""
    library = Library()
    try:
        table = pq.read_table(cache, use_threads=False)
        if not table.schema.equals(CACHE_SCHEMA):
            return Library()
        _fill(library, table)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return Library()  # it only saves time
    return library


def _fill(library: Library, table: pa.Table) -> None:
    columns = {name: _chunk(table[name]) for name in ("kind", "name", "test_set", "codes", "ids", "names")}
    kinds, names, sets = (columns[name].to_pylist() for name in ("kind", "name", "test_set"))
    codes = columns["codes"]
    values, offsets = codes.values.to_numpy(zero_copy_only=False), codes.offsets.to_numpy()
    for row, (kind, name, digest) in enumerate(zip(kinds, names, sets, strict=True)):
        own = values[offsets[row] : offsets[row + 1]]
        if kind == "test set":
            ids, labels = tuple(columns["ids"][row].as_py()), tuple(columns["names"][row].as_py())
            if test_set_digest(ids, own, labels) != name:
                raise ValueError(f"test set {name} is damaged")
            library.test_sets[name] = TestSet(name, ids, own, labels)
        elif len(own) == len(library.test_sets[digest]):
            library.answers[name] = Answers(library.test_sets[digest], own)


def keep(library: Library, cache: Path, names: Iterable[str]) -> None:
    """Write the answers of the predictions files `names`, and the test sets that they are about."""
    answers = {name: library.answers[name] for name in dict.fromkeys(names)}
    sets = {known.test_set.digest: known.test_set for known in answers.values()}
    columns: dict[str, list[Any]] = {name: [] for name in CACHE_SCHEMA.names}
    for digest, test_set in sets.items():
        _line(columns, "test set", digest, list(test_set.ids), list(test_set.names), None, test_set.labels)
    for name, known in answers.items():
        _line(columns, "answers", name, None, None, known.test_set.digest, known.predicted)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, schema=CACHE_SCHEMA), sink, compression="zstd")
    write_atomically(cache, sink.getvalue().to_pybytes())


def _line(columns: dict[str, list[Any]], *values: Any) -> None:
    for column, value in zip(columns.values(), values, strict=True):
        column.append(value)
