"""What the columns of a data set mean: from the tables that were read to a pool of labelled texts.

What is wrong with rows is found first, all of it, and then said together. Everything here is done a column at a time
(pyarrow), so that a hundred thousand rows are no matter.
"""

import functools
import logging
from collections.abc import Iterable
from dataclasses import replace

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.examined import Places, examined
from bench.data.label_sets import names_in
from bench.data.pool import Pool
from bench.data.problems import said
from bench.data.readers.part import Part
from bench.data.sametext import label_notes
from bench.data.sides import doubtful_times, refuse_one_side
from bench.kind import MULTI_LABEL
from bench.results.counts import cleaned_text

LOG = logging.getLogger(__name__)


def to_pool(parts: Iterable[Part], data: DataConfig, revision: str | None) -> Pool:
    """Join the parts in their order into a pool.

    Without `id_column`, ids are `split:row`, where the row counts from 0 in the source, so that they stay
    the same whatever is left out. Raises UserError, naming the option and the rows, where a column is
    missing or holds what it should not, a label to exclude is unknown, or ids repeat.
    """
    read = list(parts)
    found = examined(read, data)
    if found.problems:
        raise data_error(data, said(found.problems))
    if len(found.table) == 0:
        count = found.cleaned.rows
        raise data_error(
            data,
            "no examples are left" + (f": of {count} rows all were left out" if count else ": the source has no rows"),
        )
    if done := cleaned_text(replace(found.cleaned, empty_lines=0, not_single=0, excluded=0)):
        LOG.warning("data %s: %s", data.name, done)
    refuse_one_side(found.table["split"].unique().to_pylist(), data)
    ids, texts, labels, splits = (tuple(found.table[name].to_pylist()) for name in ("id", "text", "label", "split"))
    sets = tuple(map(names_in, labels)) if data.kind == MULTI_LABEL else ()
    each = [label for of_row in sets for label in of_row] if data.kind == MULTI_LABEL else labels
    if not each:
        raise data_error(data, "no row has a label")
    notes = [note for part in read for note in part.notes] + label_notes(each, texts, merged=found.is_merged)
    if sets and max(map(len, sets)) == 1:
        notes.append(_one_each(data))
    notes += doubtful_times(read, data)
    for note in (notes := list(dict.fromkeys(notes))):
        _say_once(data, note)
    return Pool(
        ids=ids,
        texts=texts,
        labels=labels,
        revision=revision,
        splits=splits,
        notes=tuple(notes),
        cleaned=found.cleaned,
        groups=tuple(found.table["group"].to_pylist()) if data.group_column is not None else (),
        times=tuple(found.table["time"].to_pylist()) if data.time_column is not None else (),
        label_sets=sets,
        where=Places(read).of(found.table),
    )


def _one_each(data: DataConfig) -> str:
    """What somebody should know who asked for several labels where no row has any two."""
    asked = data.label_separator
    return "no row has several labels" + ("" if asked is None else f": is data.label_separator={asked!r} between them?")


@functools.lru_cache(maxsize=1024)
def _say_once(data: DataConfig, note: str) -> None:
    """Data may be read more than once, for a plan say: a note on it is said the first time."""
    LOG.warning("data %s: %s", data.name, note)
