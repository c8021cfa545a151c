"""What searches of hyperparameters chose, and every trial of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.escape.literals import option_value
from bench.metrics.table import EVERY
from bench.report.content.parts import Titled
from bench.report.content.table import table
from bench.report.content.wording import counted, number_text
from bench.report.content.words import listed
from bench.report.inputs.records import CellRecord, ExpectedCell
from bench.report.inputs.searches import STATES, CellSearch, Value, search_of, searched
from bench.results.record import Record

MAX_VALUES = 4
"""Different values of one option that are all shown."""
MAX_TRIALS = 300
"""Lines of the table of trials; the records have all."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The search of a cell, with what it looked through."""

    cell: ExpectedCell
    found: CellSearch
    looked: Mapping[str, str]
    """Ranges and lists in words, by option."""


def searches(found: Mapping[ExpectedCell, CellRecord]) -> list[Searched]:
    """Of the cells that ended `ok` and had one."""
    return [
        Searched(cell, search, searched(record.configuration.identity))
        for cell, record in found.items()
        if isinstance(record, Record) and (search := search_of(record)) is not None
    ]


def sentences(made: Sequence[Searched]) -> list[str]:
    """Which scores chose, and how many trials there were."""
    if not made:
        return []
    metrics = dict.fromkeys(EVERY[one.found.metric].label for one in made if one.found.metric in EVERY)
    trials = [trial for one in made for trial in one.found.trials]
    ended = [f"{count:,} {state}" for state in STATES if (count := sum(trial.state == state for trial in trials))]
    return [
        f"Hyperparameters of {counted(len(made), 'cell')} were searched by Optuna in {counted(len(trials), 'trial')} "
        f"({', '.join(ended)}), within each cell by itself. Validation chose: of a cell's complete trials, the one "
        f"with the best {listed(list(metrics), 3, 'metric')} on validation examples was trained once more, and that "
        "model alone was given the test examples. Validation scores of what was chosen are too good by the choice; "
        "test scores are not."
    ]


def search_tables(made: Sequence[Searched], rows: Sequence[str]) -> list[Titled]:
    """A line a row and option that was searched; and a line a trial. None where there was no search."""
    if not made:
        return []
    by_row = {row: own for row in rows if (own := [one for one in made if one.cell.row == row])}
    header = ["row", "option", "searched", "chosen", "validation", "cells", *STATES]
    lines = [line for row, own in by_row.items() for line in _lines(row, own)]
    tables = [Titled("What was searched, and what was chosen", table(header, lines), name="searched")]
    every = list(_trials(one for own in by_row.values() for one in own))
    left = len(every) - MAX_TRIALS
    title = "Every trial" if left <= 0 else f"The first {MAX_TRIALS:,} of {len(every):,} trials; records have all"
    header = ["row", "labels", "training examples", "seed", "trial", "hyperparameters", "state", "validation", "steps"]
    folded = f"All {counted(len(every), 'trial')}" if left <= 0 else title
    return [*tables, Titled(title, table(header, every[:MAX_TRIALS]), name="trials", folded=folded)]


def _lines(row: str, own: Sequence[Searched]) -> Iterator[list[str]]:
    trials = [trial for one in own for trial in one.found.trials]
    counts = [f"{sum(trial.state == state for trial in trials):,}" for state in STATES]
    best = [score for one in own if (score := _chosen_score(one.found)) is not None]
    said = span(best) if best else ""
    for option in dict.fromkeys(name for one in own for name in one.found.chosen):
        looked = "; ".join(dict.fromkeys(one.looked[option] for one in own if option in one.looked))
        values = [one.found.chosen[option] for one in own if option in one.found.chosen]
        yield [row, option, looked, _chosen(values), said, str(len(own)), *counts]


def _chosen(values: Sequence[Value]) -> str:
    """What cells chose: each of a few values with how many chose it, or the span of many numbers."""
    texts = [option_value(value) for value in values]
    kinds = sorted(set(texts), key=texts.count, reverse=True)
    if len(kinds) <= MAX_VALUES or any(isinstance(value, bool | str) for value in values):
        shown = [f"{text} ({texts.count(text)}×)" if len(values) > 1 else text for text in kinds[:MAX_VALUES]]
        return ", ".join([*shown, *(["…"] if len(kinds) > MAX_VALUES else [])])
    numbers = [float(value) for value in values]
    return f"{min(numbers):.3g} to {max(numbers):.3g}"


def _chosen_score(search: CellSearch) -> float | None:
    return next((trial.score for trial in search.trials if trial.parameters == search.chosen), None)


def span(numbers: Sequence[float]) -> str:
    """ "0.812 to 0.845"; one number where both ends are the same."""
    low, high = number_text(min(numbers)), number_text(max(numbers))
    return low if low == high else f"{low} to {high}"


def _trials(made: Iterable[Searched]) -> Iterator[list[str]]:
    for one in made:
        axes = [one.cell.row, str(one.cell.num_labels), f"{one.cell.train_size:,}", str(one.cell.seed)]
        for number, trial in enumerate(one.found.trials, start=1):
            values = ", ".join(f"{name}={option_value(value)}" for name, value in trial.parameters.items())
            is_chosen = trial.state == "complete" and trial.parameters == one.found.chosen
            score = "" if trial.score is None else number_text(trial.score)
            steps = "" if trial.steps is None else f"{trial.steps:,}"
            yield [*axes, str(number), values, "chosen" if is_chosen else trial.state, score, steps]
