"""The answer in words, with a rough margin that the data of today allow.

TO BE REPLACED by the results of `bench.report.statistics` when they are there: paired intervals, tie groups, and how
many more seeds would decide. Until then a difference counts only where it is outside a margin that is too wide rather
than too narrow: twice the standard error of both sources of chance, seeds and test examples, as if the test examples
of two rows were not the same.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from bench.report.baseline import baseline
from bench.report.content import Entry, Section, Titled, View, point_id
from bench.report.markdown import table
from bench.report.wording import UNTRAINED, counted, difference_text, duration
from bench.results.record import Status

METRIC = "test_accuracy"
WITHIN = 0.01
"""What the cheapest row may lack."""
MOST_NAMED = 4


@dataclass(frozen=True)
class Result:
    """One row at one label count and training budget; a value a finished seed."""

    row: str
    train_size: int
    """0 where no training examples are used."""
    by_seed: dict[int, float]
    n_test: int
    seconds: float
    """Of training, a seed."""
    n_expected: int

    @property
    def mean(self) -> float:
        """Over finished seeds."""
        return float(np.mean(list(self.by_seed.values())))


def results_at(cells: pd.DataFrame, num_labels: int, train_size: int) -> list[Result]:
    """What has finished at a budget, best first; rows that use no training examples are there at every one."""
    some = cells[(cells["num_labels"] == num_labels) & cells["train_size"].isin([0, train_size])]
    found = []
    for place, seeds in some.groupby(["row", "train_size"], observed=True):
        row, size = cast("tuple[str, int]", place)
        done = seeds[(seeds["status"] == Status.OK.value) & seeds[METRIC].notna()]
        if done.empty or int(done["num_test"].min()) < 1:
            continue
        values = {int(seed): float(value) for seed, value in zip(done["seed"], done[METRIC], strict=True)}
        seconds = float(done["train_seconds"].mean())
        found.append(Result(str(row), int(size), values, int(done["num_test"].min()), seconds, len(seeds)))
    return sorted(found, key=lambda result: -result.mean)


def difference(one: Result, other: Result) -> tuple[float, float]:
    """Mean of `one` less `other` over their common seeds, and its margin (see the module's first lines).

    Without common seeds, the difference of the means.
    """
    common = sorted(set(one.by_seed) & set(other.by_seed))
    if common:
        each = np.array([one.by_seed[seed] - other.by_seed[seed] for seed in common])
    else:
        each = np.array([one.mean - other.mean])
    of_seeds = float(np.var(each, ddof=1)) / len(each) if len(each) > 1 else 0.0
    of_tests = sum(result.mean * (1 - result.mean) / result.n_test for result in (one, other))
    return float(each.mean()), 2 * float(np.sqrt(of_seeds + of_tests))


def answer(view: View) -> Section | None:
    """The best row of each label count and budget, what can't be told from it, and what is gained over the baseline."""
    base = baseline(view.cells)
    places = view.cells.loc[view.cells["train_size"] > 0, ["num_labels", "train_size"]].drop_duplicates()
    ordered = sorted(places.itertuples(index=False, name=None))
    if not ordered:
        ordered = [(int(labels), 0) for labels in sorted(view.cells["num_labels"].unique())]
    at = {place: found for place in ordered if (found := results_at(view.cells, *place))}
    if not at:
        return None
    paragraphs = [
        "Differences count here only where they are bigger than a rough margin: twice the standard error from seeds "
        "and test examples together. With one seed a row, the margin knows of the test examples alone."
    ]
    for labels in dict.fromkeys(labels for labels, _ in at):
        sizes = [size for count, size in at if count == labels]
        said = [_sentence(labels, sizes[-1], at[labels, sizes[-1]])]
        if base is not None:
            said += _over_baseline({size: at[labels, size] for size in sizes}, base)
        paragraphs.append(" ".join(said))
    lines = [_line(view.data, place, found, base) for place, found in at.items()]
    header = ["labels", "training examples", "best row", "accuracy", "not told apart from it"]
    header += ["cheapest within 1 point", *([f"best − {base}"] if base is not None else [])]
    return Section("The answer", paragraphs, tables=[Titled("Best rows", table(header, lines), name="best_rows")])


def _tied(found: list[Result]) -> list[Result]:
    """Those that the margin doesn't tell from the best."""
    return [other for other in found[1:] if (pair := difference(found[0], other))[0] <= pair[1]]


def _cheapest(found: list[Result]) -> Result:
    near = [result for result in found if result.mean >= found[0].mean - WITHIN]
    return min(near, key=lambda result: result.seconds)


def _sentence(labels: int, size: int, found: list[Result]) -> str:
    best, tied = found[0], _tied(found)
    where = f"{labels} labels, {size:,} training examples" if size else f"{labels} labels"
    words = f"{where}: {best.row} has the highest accuracy, {best.mean:.3f} ({counted(len(best.by_seed), 'seed')})"
    if len(found) == 1:
        return f"{words}; no other row has finished."
    if tied:
        named = ", ".join(other.row for other in tied[:MOST_NAMED])
        more = f" and {len(tied) - MOST_NAMED} more" if len(tied) > MOST_NAMED else ""
        words += f"; these runs don't tell {named}{more} from it"
    else:
        gap, margin = difference(best, found[1])
        words += f", {gap:.3f} (margin {margin:.3f}) above the next, {found[1].row}"
    cheapest = _cheapest(found)
    if cheapest.row != best.row:
        time = duration(cheapest.seconds) if cheapest.seconds >= 1 else "less than 1 s"
        words += f". Within 1 point of it at the least training time: {cheapest.row} ({time})"
    if incomplete := [result.row for result in found if len(result.by_seed) < result.n_expected]:
        words += f". Seeds are missing of {', '.join(incomplete)}: compared on common seeds"
    return f"{words}."


def _over_baseline(at: dict[int, list[Result]], base: str) -> list[str]:
    """From which training size on some row beats the baseline beyond the margin, and by how much at the largest."""
    gains: dict[int, tuple[str, float, float]] = {}
    for size, found in at.items():
        own = next((result for result in found if result.row == base), None)
        others = [result for result in found if result.row != base]
        if own is not None and others:
            gains[size] = (others[0].row, *difference(others[0], own))
    if not gains:
        return []
    since = None
    for size in reversed(gains):
        if gains[size][1] <= gains[size][2]:
            break
        since = size
    largest = list(gains)[-1]
    row, gap, margin = gains[largest]
    if since is None:
        where = f"at {largest:,} training examples ({row}: {difference_text(gap)}, margin {margin:.3f})"
        return [f"No row is beyond the margin above {base} {where}."]
    last = f"by {difference_text(gap)} (margin {margin:.3f}) at {largest:,} ({row})"
    return [f"The best row beats {base} from {since:,} training examples on, {last}."]


def _line(data: str, place: tuple[int, int], found: list[Result], base: str | None) -> list[object]:
    best, (labels, size) = found[0], place
    point = point_id(data, best.row, labels, best.train_size)
    own = next((result for result in found if result.row == base), None)
    line: list[object] = [
        labels,
        f"{size:,}" if size else UNTRAINED,
        best.row,
        Entry(f"{best.mean:.3f}", point=point),
        ", ".join(other.row for other in _tied(found)) or ("no other row" if len(found) == 1 else "none"),
        _cheapest(found).row,
    ]
    if base is None:
        return line
    if own is None or own is best:
        return [*line, "not run" if own is None else "is the best"]
    gap, margin = difference(best, own)
    return [*line, f"{difference_text(gap)} (margin {margin:.3f})"]
