"""The answers that the first screen of the page offers: one for each choice of labels, examples and ceiling."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.report.content.amounts import gain_text, limit_text, range_text, score_text
from bench.report.content.answer_card import Card, card
from bench.report.content.answer_notes import Around
from bench.report.content.wording import label_text
from bench.report.content.words import listed
from bench.report.sections.verdict import absent_rows
from bench.report.statistics.answers import Answer, answers
from bench.report.statistics.ceilings import ANY, Ceiling, cost_at, offered
from bench.report.statistics.correctness import TestPredictions, rows_at, sample_of
from bench.report.statistics.curves import Curve
from bench.report.statistics.metrics import metric_named
from bench.report.view import MAX_BOOTSTRAPPED, View
from bench.wording import money_text

MAX_PLACES = 60
"""Label counts x training sizes that have answers under each ceiling; in bigger grids there is none."""
UNEQUAL = 1.5
"""Times its equal share, from which on a label makes guessing look good."""
MAX_GIVEN = 3
"""Labels that are named."""
MIN_SEEDS = 3
"""Of a forecast: with two, how much seeds differ is hardly known, and its interval would look too narrow."""
OTHER_METRICS: Mapping[Kind, tuple[str, ...]] = {
    SINGLE_LABEL: ("accuracy", "macro_f1"),
    MULTI_LABEL: ("macro_f1", "micro_f1", "samples_f1", "accuracy"),
}
"""That have answers of their own beside the metric that decides."""


@dataclass(frozen=True)
class Choices:
    """The answers of one data set by one metric, as the page chooses among them."""

    metric: str
    """By name."""
    ceilings: tuple[Ceiling, ...]
    cards: tuple[Card, ...]
    answers: tuple[Answer, ...]
    """Each one's card is at the same place."""

    @property
    def first(self) -> int:
        """Which of the answers is shown first: of most labels, most examples and no ceiling."""
        places = [(one.standing.num_labels, one.standing.train_size, one.ceiling == ANY) for one in self.answers]
        return places.index(max(places))


def choices(view: View) -> Choices | None:
    """What may be chosen from by the metric that decides; None where nothing is known."""
    places = {(point.num_labels, point.train_size) for point in view.compared}
    ceilings = offered(view.costs) if len(places) <= MAX_PLACES else [ANY]
    found = answers(view.verdicts, view.costs, not_run(view), ceilings)
    if not found:
        return None
    return Choices(
        metric=view.deciding.metric.name,
        ceilings=tuple(ceilings),
        cards=tuple(card(one, around(view, one)) for one in found),
        answers=tuple(found),
    )


def by_other_metrics(view: View) -> list[View]:
    """The same records by the other metrics that a reader may ask for; none in a big grid, where that takes long."""
    if len(view.predictions) > MAX_BOOTSTRAPPED:
        return []
    names = [name for name in OTHER_METRICS[view.kind] if name != view.deciding.metric.name]
    return [
        replace(view, options=replace(view.options, metric=name), known_intervals={}, known_differences={})
        for name in names
    ]


def not_run(view: View) -> dict[tuple[int, int], list[str]]:
    """Trained rows of which no cell was run, by label count and size; one that failed can't be had."""
    gone = view.summary[(view.summary["n_ok"] == 0) & (view.summary["not_ok"].astype(str).str.contains("missing"))]
    found: dict[tuple[int, int], list[str]] = {}
    for row, labels, size in zip(gone["row"].astype(str), gone["num_labels"], gone["train_size"], strict=True):
        found.setdefault((int(labels), int(size)), []).append(row)
    return found


def around(view: View, one: Answer) -> Around:
    """What the card of an answer says beside it."""
    place = one.standing.num_labels, one.standing.train_size
    return Around(
        name=view.name_of,
        baseline=view.baseline,
        absent=absent_rows(view.summary, *place),
        currency=view.options.currency,
        baseline_cost=None if view.baseline is None else cost_at(view.costs, view.baseline, *place),
        most_frequent=_most_frequent(view, one),
        same_for_all=_same_for_all(view, one),
        more_examples=_more_examples(view, one),
    )


def _most_frequent(view: View, one: Answer) -> tuple[str, float] | None:
    """The label that most test texts have, and its share; None where labels are about equally frequent."""
    labels = one.standing.num_labels
    test = next(iter(rows_at(view.predictions, labels, one.standing.train_size)[one.row].values())).test_set
    if test.has_several:
        return None
    share = float(test.counts.max() / len(test))
    return (str(test.names[int(test.counts.argmax())]), share) if share >= UNEQUAL / labels else None


def _same_for_all(view: View, one: Answer) -> tuple[str, float] | None:
    """The best labels to give to every text alike, and their score; None where each text has one label.

    The more frequent a label, the sooner it is among them."""
    place = one.standing.num_labels, one.standing.train_size
    test = next(iter(rows_at(view.predictions, *place)[one.row].values())).test_set
    if not test.has_several:
        return None
    metric, order = view.deciding.metric, np.argsort(-test.counts, kind="stable")
    scores = []
    for count in range(len(order) + 1):
        given = np.zeros_like(test.labels)
        given[:, order[:count]] = 1
        scores.append(metric.of(TestPredictions(test, given).labelled) or 0.0)
    best = int(np.argmax(scores))
    names = [f"“{label_text(test.names[place])}”" for place in order[:best]]
    return ("all labels" if best == len(order) else listed(names, MAX_GIVEN, "label") or "no label"), scores[best]


def _more_examples(view: View, one: Answer) -> str:
    """What the next number of examples brought to the row, or what the curve promises of twice as many."""
    labels, size = one.standing.num_labels, one.standing.train_size
    sizes = sorted({point.train_size for point in view.compared if (point.row, point.num_labels) == (one.row, labels)})
    if not size or size not in sizes:
        return ""
    return _measured_next(view, one, sizes) if size < sizes[-1] else _promised(view, one, sizes)


def _mean(view: View, row: str, labels: int, size: int) -> float:
    return sample_of(rows_at(view.compared, labels, size)[row]).mean


def _measured_next(view: View, one: Answer, sizes: list[int]) -> str:
    labels, size = one.standing.num_labels, one.standing.train_size
    following = next(other for other in sizes if other > size)
    here, there = _mean(view, one.row, labels, size), _mean(view, one.row, labels, following)
    metric = metric_named(one.standing.metric)
    gained = gain_text(there - here, metric)
    return f"With {following:,} examples {view.name_of(one.row)} has {score_text(there, metric)} ({gained})."


def _promised(view: View, one: Answer, sizes: list[int]) -> str:
    """The curves are of accuracy: by another metric, or where one is refused, what the last step brought."""
    labels, size = one.standing.num_labels, one.standing.train_size
    metric = metric_named(one.standing.metric)
    curve = view.fitted.found.get((one.row, labels)) if one.standing.metric == "accuracy" else None
    seeds = rows_at(view.compared, labels, size)[one.row]
    if isinstance(curve, Curve) and curve.most >= 2 and len(seeds) >= MIN_SEEDS:
        band = curve.band([2.0 * size], new_test_set=True)
        span = range_text(float(band.low[0]), float(band.high[0]), metric)
        there = score_text(float(band.estimate[0]), metric)
        row = view.name_of(one.row)
        return f"Forecast for {row} with twice as many examples ({2 * size:,}): {there}, 90 % interval {span}."
    if len(sizes) < 2:
        return ""
    before = sizes[-2]
    gained = gain_text(_mean(view, one.row, labels, size) - _mean(view, one.row, labels, before), metric)
    return f"The step from {before:,} to {size:,} examples brought {view.name_of(one.row)} {gained}."


def entries(view: View) -> list[dict[str, Any]]:
    """What the first screen chooses from, as plain data: an entry for each metric that has answers of its own."""
    found = [(one, choices(one)) for one in (view, *by_other_metrics(view))]
    return [_entry(one, its) for one, its in found if its is not None]


def _entry(view: View, found: Choices) -> dict[str, Any]:
    """What may be chosen by one metric, and for each choice the card, the row, and what charts colour."""
    cards: dict[Card, int] = {}
    lines = [
        {
            "labels": one.standing.num_labels,
            "size": one.standing.train_size,
            "ceiling": found.ceilings.index(one.ceiling),
            "decision": one.decision,
            "row": one.row,
            "tied": [each.row for each in one.tied],
            "cheaper": None if one.cheaper is None else one.cheaper.row,
            "named": named(one, view.baseline),
            "card": cards.setdefault(its, len(cards)),
        }
        for one, its in zip(found.answers, found.cards, strict=True)
    ]
    currency = view.options.currency
    return {
        "data": view.data,
        "name": view.data_name,
        "metric": found.metric,
        "baseline": view.baseline,
        "first": found.first,
        "ceilings": [{**asdict(one), "text": ceiling_text(one, currency)} for one in found.ceilings],
        "cards": [as_dict(its) for its in cards],
        "answers": lines,
    }


def as_dict(its: Card) -> dict[str, Any]:
    """A card as plain data."""
    return {
        "decision": its.decision,
        "headline": its.headline,
        "why": its.why,
        "facts": [[fact.value, fact.label] for fact in its.facts],
        "notes": [list(note) for note in its.notes],
    }


def named(one: Answer, baseline: str | None) -> list[str]:
    """At most four rows that charts colour: the recommended one, the cheaper one, and what ties with it."""
    tied = [contender.row for contender in one.tied]
    cheaper = [] if one.cheaper is None else [one.cheaper.row]
    return [row for row in dict.fromkeys([one.row, *cheaper, *tied]) if row != baseline][:4]


def ceiling_text(ceiling: Ceiling, currency: str | None) -> str:
    """What the control says: "no GPU", "up to 0.02 EUR", "up to 1 min", "any cost"."""
    if ceiling.kind == "any":
        return "any"
    if ceiling.kind == "no_gpu":
        return "no GPU"
    assert ceiling.value is not None
    amount = money_text(ceiling.value, currency) if ceiling.kind == "price" else limit_text(ceiling.value)
    return f"up to {amount}"
