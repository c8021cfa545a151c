"""A file that remembers what was read of predictions, so that a second report opens one file instead of thousands.

An entry is found by the name of its predictions file, which is made of its content, so it can't be out of date. Which
files had the content of their name when they were read is kept as well: those that changed since are read again. A
cache that is lost or not readable costs time and nothing else.
"""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.report.inputs.layouts import chunk
from bench.report.inputs.prediction_store import PredictionStore, test_set_digest
from bench.report.statistics.correctness import TestPredictions, TestSet
from bench.results.regular import read_regular
from bench.results.store import write_atomically

MAX_BYTES = 4 * 2**30
TEST_SET, LABEL_SETS = "test set", "label sets"
"""A test set whose examples have one label each, and one where they have any number of them."""
SCHEMA = pa.schema(
    {
        "kind": pa.string(),  # `TEST_SET`, `LABEL_SETS`, "answers" or "file"
        "name": pa.string(),  # a test set's digest, a predictions file's name, or its place (`PredictionStore.checked`)
        "look": pa.string(),  # at a file
        "ids": pa.large_list(pa.large_string()),
        "names": pa.list_(pa.string()),
        "test_set": pa.string(),
        "codes": pa.large_list(pa.int16()),  # true labels of a test set, or predicted ones; of label sets, line by line
        "others": pa.map_(pa.int32(), pa.large_string()),  # answers that are none of the labels, by place
        "confidences": pa.large_list(pa.float32()),
        "confidence_read": pa.bool_(),  # else nobody asked for it
    }
)


def load(cache: Path) -> PredictionStore:
    """What an earlier run kept; nothing where there is none, or it can't be used."""
    library = PredictionStore()
    try:
        table = pq.read_table(pa.BufferReader(read_regular(cache, MAX_BYTES)), use_threads=False)
        if not table.schema.equals(SCHEMA):
            return PredictionStore()
        table.validate(full=True)
        _fill(library, table)
    except Exception:  # it only saves time, and nobody can list what a library does with a damaged file
        return PredictionStore()
    return library


def _fill(library: PredictionStore, table: pa.Table) -> None:
    columns = {name: chunk(table[name]) for name in SCHEMA.names}
    kinds, names, sets, read = (columns[name].to_pylist() for name in ("kind", "name", "test_set", "confidence_read"))
    looks = columns["look"].to_pylist()
    codes, confidences = _lists(columns["codes"]), _lists(columns["confidences"])
    others, has_confidence = columns["others"], columns["confidences"].is_valid().to_pylist()
    has_others = (np.diff(others.offsets.to_numpy()) > 0).tolist()
    for row, (kind, name, digest) in enumerate(zip(kinds, names, sets, strict=True)):
        if kind == "file":
            library.checked[name] = looks[row]
        elif kind in (TEST_SET, LABEL_SETS):
            ids, labels = tuple(columns["ids"][row].as_py()), tuple(columns["names"][row].as_py())
            true = codes[row] if kind == TEST_SET else codes[row].astype(np.int8).reshape(len(ids), len(labels))
            if test_set_digest(ids, true, labels) != name:
                raise ValueError(f"test set {name} is damaged")
            library.test_sets[name] = TestSet(name, ids, true, labels)
        elif codes[row].size == library.test_sets[digest].labels.size:
            odd, true = dict(others[row].as_py()) if has_others[row] else {}, library.test_sets[digest].labels
            predicted = codes[row].astype(true.dtype, copy=False).reshape(true.shape)
            library.answers[name] = TestPredictions(library.test_sets[digest], predicted, odd)
            if read[row]:
                library.confidences[name] = confidences[row] if has_confidence[row] else None


def _lists(column: Any) -> list[Any]:
    """The rows of a column of lists as arrays; null ones are empty."""
    values, offsets = column.values.to_numpy(zero_copy_only=False), column.offsets.to_numpy()
    return [values[start:end] for start, end in pairwise(offsets)]


def keep(library: PredictionStore, cache: Path, names: Iterable[str]) -> None:
    """Write what is known of the predictions files `names`, and the test sets that they are about. Raises OSError."""
    answers = {name: library.answers[name] for name in dict.fromkeys(names)}
    sets = {known.test_set.digest: known.test_set for known in answers.values()}
    lines: list[dict[str, Any]] = [
        {
            "kind": LABEL_SETS if one.has_several else TEST_SET,
            "name": digest,
            "ids": one.ids,
            "names": one.names,
            "codes": one.labels.ravel(),
        }
        for digest, one in sets.items()
    ]
    lines += [{"kind": "file", "name": place, "look": look} for place, look in library.checked.items()]
    lines += [
        {
            "kind": "answers",
            "name": name,
            "test_set": known.test_set.digest,
            "codes": known.predicted.ravel(),
            "others": list(known.others.items()),
            "confidences": library.confidences.get(name),
            "confidence_read": name in library.confidences,
        }
        for name, known in answers.items()
    ]
    columns = {name: [line.get(name) for line in lines] for name in SCHEMA.names}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, schema=SCHEMA), sink, compression="zstd")
    write_atomically(cache, sink.getvalue().to_pybytes())
