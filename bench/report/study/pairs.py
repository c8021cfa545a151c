"""Pairs of rows as plain data; every verdict is that of `Verdicts`."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench.report.statistics.correctness import places
from bench.report.statistics.paired import Comparison
from bench.report.view import View

MAX_PAIRS = 3000
"""Of a data set, that are all compared: each takes about half a millisecond."""


def verdict(one: Comparison) -> str:
    """What is known of a against b: one common seed decides nothing where something was trained."""
    if not one.paired.decides:
        return "undecided"
    if one.a_is_better:
        return "better"
    return "worse" if one.b_is_better else "tied"


def numbers_of(one: Comparison) -> dict[str, Any]:
    """The difference, a less b, with its interval, the p that decides, and the verdict."""
    found = one.difference
    return {
        "difference": found.estimate,
        "low": found.low,
        "high": found.high,
        "p": one.decisive_p,
        "verdict": verdict(one),
    }


def pairs(view: View, best: Mapping[tuple[int, int], str]) -> tuple[list[dict[str, Any]], bool]:
    """The pairs at every label count and size, and whether they are all: in a big grid, those with the best row there
    (`best_rows`) and those with the baseline. The baseline is always b, the best row otherwise a."""
    at = list(places(view.compared))
    counts = [len(view.verdicts.rows_at(*place)) for place in at]
    all_of_them = sum(count * (count - 1) // 2 for count in counts) <= MAX_PAIRS
    made = []
    for place in at:
        found = view.verdicts.pairs(*place) if all_of_them else _chosen(view, place, best.get(place))
        made += [_entry(one, place, view.baseline, best.get(place)) for one in found]
    return made, all_of_them


def best_rows(view: View) -> dict[tuple[int, int], str]:
    """The row that is in front at each label count and size."""
    standings = (budget.standing for budget in view.budgets)
    return {(one.num_labels, one.train_size): one.best for one in standings}


def _chosen(view: View, place: tuple[int, int], best: str | None) -> Iterator[Comparison]:
    """Those with the baseline, then those with the best row that are not among them."""
    for opponent in dict.fromkeys((view.baseline, best)):
        for row in view.verdicts.rows_at(*place):
            is_new = row != opponent and (opponent == view.baseline or row != view.baseline)
            one = view.verdicts.of(row, opponent, *place) if opponent is not None and is_new else None
            if one is not None:
                yield one


def _entry(one: Comparison, place: tuple[int, int], baseline: str | None, best: str | None) -> dict[str, Any]:
    if one.a == baseline or (one.b == best and one.b != baseline):
        one = one.turned
    numbers = numbers_of(one)
    labels, size = place
    return {
        "a": one.a,
        "b": one.b,
        "labels": labels,
        "size": size,
        **{name: numbers[name] for name in ("difference", "low", "high", "p")},
        "p_alone": one.p,
        "p_corrected": one.adjusted_p,
        "planned": one.planned,
        "verdict": numbers["verdict"],
    }
