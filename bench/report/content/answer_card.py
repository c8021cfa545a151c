"""The answer as the first screen shows it: a headline, why, and four numbers; `answer_notes` has the rest."""

from dataclasses import dataclass

from bench.report.content.amounts import (
    gain_range_text,
    gain_text,
    range_text,
    rate_text,
    score_text,
    time_text,
)
from bench.report.content.answer_notes import KINDS, MAX_NAMED, Around, notes, on_common_seeds
from bench.report.content.words import listed
from bench.report.statistics.answers import Answer
from bench.report.statistics.metrics import metric_named
from bench.wording import counted, money_text

RIGHT = {"accuracy": "of test texts right", "subset accuracy": "of test texts with exactly the right labels"}
"""What a share of texts is of, by the label of its metric."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of the card: large, with what it is below."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Card:
    """One answer in words."""

    decision: str
    headline: str
    why: str
    facts: tuple[Fact, ...]
    notes: tuple[tuple[str, str], ...]
    """Name (`KINDS`) and sentence."""


def card(found: Answer, around: Around) -> Card:
    """`found` in words; all numbers are those of `found`."""
    return Card(
        decision=found.decision,
        headline=_headline(found, around),
        why=_why(found, around),
        facts=tuple(_facts(found, around)),
        notes=tuple((KINDS[kind], text) for kind, text in notes(found, around).items() if text),
    )


def _headline(found: Answer, around: Around) -> str:
    row = around.name(found.row)
    if found.decision == "use":
        return f"Use {row}"
    if found.decision == "stay":
        return f"Stay with {around.name(found.named)}"
    if found.decision == "only":
        return f"Only {row} was run here" if not found.too_dear else f"Only {row} is within this limit"
    return "Not decided yet"


def _why(found: Answer, around: Around) -> str:
    """One sentence on the verdict."""
    row = around.name(found.row)
    if found.may_change:
        names = listed(map(around.name, found.may_change), MAX_NAMED)
        return f"{row} is in front, but {names} was in front of it with other numbers of examples and was not run here."
    by_decision = {"use": _why_use, "stay": _why_stay, "undecided": _why_open}
    if found.decision in by_decision:
        return by_decision[found.decision](found, around)
    return "There is nothing to compare it with."


def _why_use(found: Answer, around: Around) -> str:
    if found.over_baseline is None:
        if around.baseline is None:
            return "There is no simpler baseline to compare it with."
        return f"{around.name(around.baseline)} has no result to compare it with here."
    base = around.name(found.over_baseline.b)
    if found.higher is not None:
        score = score_text(found.standing.score.estimate, metric_named(found.standing.metric))
        higher = f"{around.name(found.higher)} ({score})"
        but = f"{higher} has a higher mean, but its lead over {base} may be chance."
        return f"It is significantly better than {base}. {but}"
    if not found.tied and not found.standing.not_compared:
        rest = "that is within the limit" if found.too_dear else "that was tried"
        return f"It is significantly better than {base} and everything else {rest}."
    return f"It is significantly better than {base}."


def _why_stay(found: Answer, around: Around) -> str:
    if found.over_baseline is None:
        return f"Nothing else that was tried is shown to be better than {around.name(found.row)}."
    return f"{around.name(found.row)} is in front, but surely by no more than 1 point."


def _why_open(found: Answer, around: Around) -> str:
    over, row = found.over_baseline, around.name(found.row)
    if over is None:
        return f"{row} is in front, on one seed, which decides nothing."
    base = around.name(over.b)
    if not over.paired.decides:
        return f"{row} is in front of {base}, on one seed, which decides nothing."
    return f"{row} is in front of {base}, but the difference may be chance."


def _facts(found: Answer, around: Around) -> list[Fact]:
    return [*_score_facts(found, around), *_cost_facts(found, around)]


def _score_facts(found: Answer, around: Around) -> list[Fact]:
    score, metric = found.score, metric_named(found.standing.metric)
    what = RIGHT.get(metric.label, metric.label)
    of = counted(score.num_examples, "text")
    seeds = counted(score.num_seeds, "seed")
    span = range_text(score.low, score.high, metric)
    facts = [Fact(score_text(score.estimate, metric), f"{what}; 95 % interval {span} ({of}, {seeds})")]
    over = found.over_baseline
    if over is not None:
        one_base = score_text(over.accuracy_b, metric)
        span = gain_range_text(over.difference.low, over.difference.high, metric)
        what = f"over the {one_base} of {around.name(over.b)}"
        if common := on_common_seeds(over, found.score.estimate, over.accuracy_b, metric):
            what = f"{score_text(over.accuracy_a, metric)} against the {one_base} of {around.name(over.b)}{common}"
        label = f"{what}; 95 % interval {span}"
        facts.append(Fact(gain_text(over.difference.estimate, metric), label))
    return facts


def _cost_facts(found: Answer, around: Around) -> list[Fact]:
    cost = found.cost
    if cost is None:
        return []
    facts = []
    if cost.is_trained:
        money = f" · {money_text(cost.price, around.currency)}" if cost.price is not None else ""
        what = "for one training" + " on a GPU" * cost.on_gpu
        what += ", with the frozen model's features there already" * cost.without_features
        facts.append(Fact(time_text(cost.train_seconds) + money, what))
    if cost.texts_per_second:
        memory = "" if cost.memory_gib is None else f"; {cost.memory_gib:.1f} GiB of memory at most in training"
        facts.append(Fact(f"{rate_text(cost.texts_per_second)} texts/s", f"when classifying{memory}"))
    return facts
