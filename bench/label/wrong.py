"""Labels of the labelled rows that are likely wrong, with what speaks against each."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import UserError
from bench.init.first_numbers import FOLDS, MIN_SKILL, first_numbers
from bench.kind import MULTI_LABEL
from bench.label.experiment import Experiment

COLUMNS = ("id", "text", "given", "likely", "probability", "reason")


@dataclass(frozen=True, slots=True)
class Suspects:
    """A table of rows whose label looks wrong, the surest first."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    looked_at: int
    """Rows in all."""


def suspects(asked: Experiment, count: int | None) -> Suspects:
    """At most `count` labelled rows (None: all) whose label is likely wrong (Northcutt et al. 2021).

    Raises UserError where labels have too few rows, or a row may have several, and where TF-IDF knows too little for
    its doubts to mean something.
    """
    data = asked.data
    if data.kind == MULTI_LABEL:
        raise UserError(
            f"data {data.name} has texts with several labels, and --wrong knows one label a text: the mistakes that a "
            "row is surest of (a click on its score in the report) are labels to look at, too"
        )
    pool = asked.labelled()
    found = first_numbers(pool.texts, pool.labels, range(len(pool.texts)))
    if found is None:
        raise UserError(f"data {data.name}: --wrong needs two labels with {FOLDS} rows each")
    if found.accuracy - found.majority <= MIN_SKILL * (1 - found.majority):
        raise UserError(
            f"data {data.name}: TF-IDF is right in {found.accuracy:.0%} of rows, and always guessing the largest label "
            f"in {found.majority:.0%}: it knows too little for its doubts about labels to mean something"
        )
    rows = [
        (
            pool.ids[each.row],
            pool.texts[each.row],
            each.given,
            each.likely,
            f"{each.confidence:.3f}",
            f"a model that had not seen the row says {each.likely}, and is surer of it than is usual for that label",
        )
        for each in found.suspects[:count]
    ]
    return Suspects(COLUMNS, rows, found.rows)
