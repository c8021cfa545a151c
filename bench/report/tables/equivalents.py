"""Data equivalence in words and tables: how many examples of a simpler row do what a row does with its own."""

from collections.abc import Callable, Sequence

from bench.report.content.parts import Entry, Titled, point_id
from bench.report.content.table import table
from bench.report.content.wording import (
    UNTRAINED,
    in_words,
    spread,
    two_digits,
)
from bench.report.statistics.equivalence import MORE, Equivalence, Equivalents, NotComparable, Reference
from bench.report.statistics.fitted_curves import is_big
from bench.report.statistics.points import Point
from bench.report.tables.results import state_of
from bench.report.view import View
from bench.wording import counted

MAX_SIZES = 5
"""Of a row, in a big grid."""


def equivalents(view: View, other: str, num_labels: int) -> Equivalents:
    """The points of all rows whose curves the report fits, and of untrained ones, against the row `other`."""
    reference = Reference(view.predictions, other, num_labels, name=view.name_of)
    chosen = view.fitted.at(num_labels)
    points = [
        point
        for point in view.predictions
        if point.num_labels == num_labels and point.row != other and (point.row in chosen or not point.train_size)
    ]
    if is_big(view.predictions):
        kept = set(spread(sorted({point.train_size for point in points if point.train_size}), MAX_SIZES))
        points = [point for point in points if point.train_size in kept or not point.train_size]
    return Equivalents(
        other, num_labels, {point: reference.equivalent(point.row, point.train_size) for point in points}
    )


def equivalents_table(view: View, found: Sequence[Equivalents]) -> Titled | None:
    """Of one simpler row: a line a row and label count, a column a training size; None where nothing can be compared.

    A row that uses no training examples has the same entry at all sizes.
    """
    comparable = [one for each in found for one in each.comparable]
    if not comparable:
        return None
    sizes = sorted({point.train_size for each in found for point in each.found} - {0}) or [0]
    usual = max(len(one.seeds) for one in comparable)
    lines = []
    for each in found:
        for row in dict.fromkeys(point.row for point in each.found):
            untrained = Point(row, each.num_labels, 0)
            points = [untrained if untrained in each.found else untrained._replace(train_size=size) for size in sizes]
            name = f"{row} ({UNTRAINED})" if untrained in each.found else row
            lines.append([name, each.num_labels, *(_entry(view, each, point, usual) for point in points)])
    other = found[0].other
    header = ["row, with its own training examples", "labels", *(f"{size:,}" for size in sizes)]
    title = f"How many examples {view.name_of(other)} needs to match [95 %]"
    return Titled(title, table(header, lines), name=f"same_as_{other}")


def _entry(view: View, found: Equivalents, point: Point, usual: int) -> Entry | str:
    one = found.found.get(point)
    if one is None:
        return _why_missing(view, point)
    place = point_id(view.data, *point)
    if isinstance(one, NotComparable):
        return Entry("not comparable", point=place)
    few = f" ({counted(len(one.seeds), 'seed')})" if len(one.seeds) < usual else ""
    numbers = {"mean": one.estimate, "low": one.low, "high": one.high, "n_seeds": len(one.seeds)}
    return Entry(short_text(one) + few, point=place, numbers=numbers)


def _why_missing(view: View, point: Point) -> Entry | str:
    """Why a point has no answers: it is not in the grid, no seed of it finished, or its predictions are gone."""
    found = view.summary
    if len(found):
        same = (found["row"] == point.row) & (found["num_labels"] == point.num_labels)
        found = found[same & (found["train_size"] == point.train_size)]
    if found.empty:
        return "not in the grid" if point.train_size else ""
    ended = found.iloc[0]
    place = point_id(view.data, *point)
    if ended["n_ok"]:
        return Entry("predictions are gone", point=place)
    state = state_of(int(ended["n_ok"]), int(ended["n_expected"]), str(ended["not_ok"]))
    return Entry(in_words(str(ended["not_ok"])), state, place)


def short_text(one: Equivalence) -> str:
    """ "610 [430, 900]", "> 2,400 [1,900, ∞)", "≤ 32 [≤ 32, 51]"."""
    low, high = _end(one, one.low), _end(one, one.high)
    middle = _end(one, one.estimate)
    return middle if low == middle == high else f"{middle} [{low}, {high}]"


def _end(one: Equivalence, size: float) -> str:
    if size == MORE:
        return f"> {one.largest:,}"
    return f"≤ {one.smallest:,}" if size <= one.smallest else two_digits(size)


def equivalent_sentence(one: Equivalence, name: Callable[[str], str]) -> str:
    """ "MiniLM, LoRA with 64 examples does as well as TF-IDF with 610 (430 to 900)."; `name` gives display names."""
    count = counted(one.train_size, "example") if one.train_size else "no examples"
    does = f"{name(one.row)} with {count} does as well as {name(one.other)} with"
    if one.estimate == MORE:
        least = f"; at least {two_digits(one.low)} by its interval" if one.smallest < one.low < MORE else ""
        sure = least or ("; all of its interval is beyond" if one.low == MORE else "; its interval says nothing more")
        return f"{does} {equal_text(one)} (the most that was tried{sure})."
    if one.estimate <= one.smallest:
        most = f"; by its interval it may be {_up_to(one)}" if one.high > one.smallest else ""
        return f"{does} {equal_text(one)} (the fewest that were tried{most})."
    low = f"{one.smallest:,} or fewer" if one.low <= one.smallest else two_digits(one.low)
    high = f"more than {one.largest:,}" if one.is_open else two_digits(one.high)
    return f"{does} {equal_text(one)} ({low} to {high})."


def equal_text(one: Equivalence) -> str:
    """ "610", "more than 2,400", "32 or fewer"."""
    if one.estimate == MORE:
        return f"more than {one.largest:,}"
    return f"{one.smallest:,} or fewer" if one.estimate <= one.smallest else two_digits(one.estimate)


def _up_to(one: Equivalence) -> str:
    return f"more than {one.largest:,}" if one.is_open else f"up to {two_digits(one.high)}"
