"""Unlabelled texts that are like no labelled one, what a model guesses of them, and those that are worth a label."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.config import DataConfig
from bench.data.pool import Pool
from bench.data.sametext import compared
from bench.errors import UserError
from bench.kind import MULTI_LABEL
from bench.label.acquire import STRATEGIES
from bench.label.cells import by_hand, is_filled, label_columns, sign
from bench.label.experiment import RECOMMENDED, Experiment
from bench.label.files import Table
from bench.label.model import Features, Guessed, guess, guess_sets, tfidf
from bench.label.reading import GivenFile, read
from bench.predict.inputs import Inputs
from bench.wording import counted

USUAL = 200
"""Texts to label where nobody gave a number, and there are as many."""
ADDED = ("guess", "probability", "rank")
SEED = 0


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """The texts of a file that may be labelled, and the labelled rows beside them."""

    columns: Sequence[str]
    texts: Sequence[str]
    rows: Sequence[Sequence[str]]
    """Of the file, one a text."""
    num_rows: int
    """The file has so many, with those that were left out."""
    num_done: int
    """Of them, those that have a label."""
    labelled: Pool

    def said(self) -> str:
        """How many there are, and why not more."""
        left_out = self.num_rows - self.num_done - len(self.texts)
        done = f"; {self.num_done:,} have a label already, --join takes these" if self.num_done else ""
        why = f"; {left_out:,} are empty, repeats, or nearly the same as a labelled text" if left_out else ""
        return f"{counted(len(self.texts), 'text')} ({counted(self.num_rows, 'row')}{done}{why})"


def unlabelled(given: GivenFile, asked: Experiment) -> Unlabelled:
    """The texts of a file without a label: no repeats, and none that is nearly the same as a labelled one.

    Raises UserError where the file can't be read, lacks a column of the text, or has one that the output adds.
    """
    found, labelled = read(given, asked.data), asked.labelled()
    added = [name for name in ADDED if name in found.columns]
    if added:
        raise UserError(f"{given.path} has a column {added[0]!r} already, which the output adds: rename it")
    done = _done(found, asked.data)
    new = _new(found, labelled, done)
    return Unlabelled(
        columns=found.columns,
        texts=[found.texts[place] for place in new],
        rows=[found.rows[place] for place in new],
        num_rows=len(found.texts),
        num_done=len(done),
        labelled=labelled,
    )


def _done(found: Inputs, data: DataConfig) -> list[int]:
    """Places of the rows that have a label."""
    at = [found.columns.index(name) for name in label_columns(data) if name in found.columns]
    return [place for place, row in enumerate(found.rows) if is_filled([row[column] for column in at])]


def _new(found: Inputs, labelled: Pool, done: Sequence[int]) -> list[int]:
    """Places of texts that are not nearly the same as a labelled one (of `done` too), or one before them."""
    without = found.skipped | set(done)
    left = [place for place in range(len(found.texts)) if place not in without]
    have = [*labelled.texts, *(found.texts[place] for place in done)]
    keys = compared((*have, *(found.texts[place] for place in left)), "near")
    known, new = set(keys[: len(have)]), []
    for place, key in zip(left, keys[len(have) :], strict=True):
        if key not in known:
            known.add(key)
            new.append(place)
    return new


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who guesses, and what tells texts apart."""

    row: str | None = None
    """A row of the report."""
    model: str | None = None
    """The folder of a kept model. Without either: logistic regression on the features."""
    features: str | None = None
    """The model whose frozen features these are; None: TF-IDF."""


def guessed_by(by: By, pool: Unlabelled, asked: Experiment) -> Guessed:
    """What a row of the report, a kept model, or logistic regression says of the texts.

    The latter learns from all rows but those that are published for testing. Raises UserError where no cell of the row
    is finished, a model can't be had, or fewer than two labels are known.
    """
    texts, sets = _to_learn_from(pool.labelled)
    if len({label for labels in sets for label in labels}) < 2:
        raise UserError("the labelled rows have fewer than two labels, so nothing can be guessed")
    features = _features(by.features, texts, pool.texts, asked)
    if by.model is not None:
        from bench.label import kept_model

        return kept_model.predicted(by.model, pool.texts, features.others, asked)
    if by.row is not None:
        from bench.label import row

        return row.predicted(None if by.row == RECOMMENDED else by.row, pool.texts, features.others, asked)
    return guess_sets(features, sets) if asked.data.kind == MULTI_LABEL else guess(features, [one for (one,) in sets])


def _features(model: str | None, known: Sequence[str], others: Sequence[str], asked: Experiment) -> Features:
    if model is None:
        return tfidf(known, others)
    from bench.label.frozen import frozen

    return frozen(model, known, others, asked)


def _to_learn_from(labelled: Pool) -> tuple[list[str], list[Sequence[str]]]:
    """Texts and labels of all rows but those that are published for testing."""
    sides = labelled.splits or ("",) * len(labelled.texts)
    sets = labelled.label_sets or [(label,) for label in labelled.labels]
    kept = [place for place, side in enumerate(sides) if side != "test"]
    return [labelled.texts[place] for place in kept], [sets[place] for place in kept]


def to_label(pool: Unlabelled, guessed: Guessed, data: DataConfig, count: int, by: str) -> Table:
    """The `count` texts that teach most, the first first, with an empty label and what the model guesses."""
    chosen = STRATEGIES[by](guessed.doubt(), guessed.features, count, SEED).tolist()
    empty = label_columns(data)
    own = [place for place, name in enumerate(pool.columns) if name not in empty]
    columns = [*(pool.columns[place] for place in own), *empty, *ADDED]
    indices = {label: index for index, label in enumerate(guessed.labels)}
    names, rows = guessed.names(), []
    for rank, text in enumerate(chosen, start=1):
        numbers = [f"{guessed.probabilities[text, indices[name]]:.3f}" for name in names[text]]
        cells = [pool.rows[text][place] for place in own]
        rows.append([*cells, *[""] * len(empty), by_hand(names[text], data), sign(data).join(numbers), str(rank)])
    return Table(columns, rows)
