"""The answer as the first screen shows it: a headline, four numbers, and what else a decider has to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.escape.characters import shortened, visible_line
from bench.metrics.metric import Metric
from bench.metrics.table import METRICS
from bench.report.content.amounts import (
    gain_range_text,
    gain_text,
    is_share,
    loss_text,
    range_text,
    rate_text,
    ratio_text,
    score_text,
    time_text,
)
from bench.report.content.wording import capitalised, in_words
from bench.report.content.words import listed, to_confirm
from bench.report.statistics.answers import CHEAPER, Answer
from bench.report.statistics.ceilings import Cost
from bench.report.statistics.power import TWO_SEEDS
from bench.report.statistics.ties import Contender
from bench.wording import counted, money_text

MAX_NAMED = 3
MAX_CHARACTERS = 40
"""Of a label."""
TOO_GOOD = 0.995
"""A share of right answers above which data are to be looked at."""
Kind = Literal["tied", "behind", "cheaper", "missing", "check", "more", "next"]
KINDS: Mapping[Kind, str] = {
    "tied": "No significant difference",
    "behind": "Behind",
    "cheaper": "Cheaper",
    "missing": "Missing",
    "check": "Check",
    "more": "More examples",
    "next": "Next",
}
"""What stands before each note."""


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


@dataclass(frozen=True, slots=True)
class Around:
    """What the words of a card need beside the answer."""

    name: Callable[[str], str]
    """The display name of a row."""
    baseline: str | None
    absent: Mapping[str, str] = field(default_factory=dict)
    """Rows without a result at the place, and how their cells ended."""
    currency: str | None = None
    baseline_cost: Cost | None = None
    """What the baseline takes there."""
    most_frequent: tuple[str, float] | None = None
    """The label that most test texts have with its share of them, where labels are unequal."""
    more_examples: str = ""
    """What more labelled examples would bring to the recommended row, in a sentence."""


def card(found: Answer, around: Around) -> Card:
    """`found` in words; all numbers are those of `found`."""
    notes: dict[Kind, str] = {
        "check": " ".join(filter(None, [_check_guess(found, around), _check_score(found)])),
        "tied": _tied(found, around),
        "behind": _behind(found, around),
        "cheaper": " ".join(filter(None, [_cheaper_baseline(found, around), _cheaper(found, around)])),
        "missing": _missing(found, around),
        "more": around.more_examples,
        "next": _next(found, around),
    }
    return Card(
        decision=found.decision,
        headline=_headline(found, around),
        why=_why(found, around),
        facts=tuple(_facts(found, around)),
        notes=tuple((KINDS[kind], text) for kind, text in notes.items() if text),
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
        higher = (
            f"{around.name(found.higher)} ({score_text(found.standing.score.estimate, METRICS[found.standing.metric])})"
        )
        return f"It is significantly better than {base}. {higher} has a higher mean, but no significant lead."
    if not found.tied and not found.standing.not_compared:
        return f"It is significantly better than {base} and everything else that was tried."
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
    score, metric = found.score, METRICS[found.standing.metric]
    what = "of test texts right" if metric.name == "accuracy" else metric.label
    of = counted(score.num_examples, "text")
    seeds = counted(score.num_seeds, "seed")
    span = range_text(score.low, score.high, metric)
    facts = [Fact(score_text(score.estimate, metric), f"{what}; 95 % interval {span} ({of}, {seeds})")]
    over = found.over_baseline
    if over is not None:
        one_base = score_text(over.accuracy_b, metric)
        span = gain_range_text(over.difference.low, over.difference.high, metric)
        label = f"over the {one_base} of {around.name(over.b)}; 95 % interval {span}"
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


def _tied(found: Answer, around: Around) -> str:
    """Rows that the one in front does not differ from: the interval of their difference holds zero."""
    names = _with_scores([one for one in _others(found, around) if one.against_best.difference.low <= 0], found, around)
    return f"{names}." if names else ""


def _behind(found: Answer, around: Around) -> str:
    """Rows that are behind by their interval, which few seeds, or one, do not make significant."""
    names = _with_scores([one for one in _others(found, around) if one.against_best.difference.low > 0], found, around)
    return f"{names}; with so few seeds that is not significant." if names else ""


def _others(found: Answer, around: Around) -> list[Contender]:
    """Those that are not significantly worse; the baseline is spoken of elsewhere."""
    return [one for one in found.tied if one.row != around.baseline]


def _with_scores(rows: list[Contender], found: Answer, around: Around) -> str:
    metric = METRICS[found.standing.metric]
    return listed((f"{around.name(one.row)} ({score_text(one.score.estimate, metric)})" for one in rows), MAX_NAMED)


def _cheaper_baseline(found: Answer, around: Around) -> str:
    """What the baseline takes, where it is not decided whether the row in front is worth more."""
    cost, mine, over = around.baseline_cost, found.cost, found.over_baseline
    if found.decision != "undecided" or cost is None or mine is None or over is None:
        return ""
    if cost.train_seconds > CHEAPER * mine.train_seconds:
        return ""
    score, part = (
        score_text(over.accuracy_b, METRICS[found.standing.metric]),
        ratio_text(cost.train_seconds, mine.train_seconds),
    )
    return f"{around.name(over.b)}: {score} at {part} of the training time ({time_text(cost.train_seconds)})."


def _check_guess(found: Answer, around: Around) -> str:
    """What the most frequent label alone would be right in."""
    metric = METRICS[found.standing.metric]
    if around.most_frequent is None or metric.name != "accuracy":
        return ""
    label, share = around.most_frequent
    called = shortened(visible_line(label), MAX_CHARACTERS)
    return f"Always saying “{called}” is right in {score_text(share, metric)} of the test texts."


def _check_score(found: Answer) -> str:
    """A score that is too good to be believed without a look at the data."""
    metric = METRICS[found.standing.metric]
    best = max([found.score, *(one.score for one in found.others)], key=lambda score: score.estimate).estimate
    if not is_share(metric) or best < TOO_GOOD:
        return ""
    return f"A score of {score_text(best, metric)} is rare: are test texts in training, or labels in the texts?"


def _cheaper(found: Answer, around: Around) -> str:
    other, mine = found.cheaper, found.cost
    if other is None or mine is None:
        return ""
    metric = METRICS[found.standing.metric]
    score = other.contender.score
    part = ratio_text(other.cost.train_seconds, mine.train_seconds)
    said = f"{around.name(other.row)}: {score_text(score.estimate, metric)} at {part} of the training time"
    if other.cost.price is not None and mine.price:
        said += f" ({money_text(other.cost.price, around.currency)})"
    return f"{said}; {_gives_up(found)}."


def _gives_up(found: Answer) -> str:
    assert found.cheaper is not None
    one, metric = found.cheaper.contender.against_best.difference, METRICS[found.standing.metric]
    if one.estimate <= 0:
        return f"on average not lower, at worst by {loss_text(max(one.high, 0), metric)}"
    return f"{loss_text(one.estimate, metric)} lower ({_span(one.low, one.high, metric)})"


def _span(low: float, high: float, metric: Metric) -> str:
    """Of how much lower something is: "by 2.0 to 7.1", or "from 3.9 higher to 10.1 lower"."""
    least, most = gain_range_text(low, high, metric).replace("+", "").replace("-", "").split(" to ")
    return f"from {least} higher to {most} lower" if low < 0 else f"by {least} to {most}"


def _missing(found: Answer, around: Around) -> str:
    said = []
    if around.absent:
        names = [f"{around.name(row)} ({in_words(ended)})" for row, ended in around.absent.items()]
        said.append(f"no result of {listed(names, MAX_NAMED)}")
    if found.standing.fewer_seeds:
        names = [f"{around.name(row)} ({counted(n, 'seed')})" for row, n in found.standing.fewer_seeds.items()]
        said.append(f"fewer seeds of {listed(names, MAX_NAMED)}")
    if found.standing.not_compared:
        said.append(f"no seeds in common with {listed(map(around.name, found.standing.not_compared), MAX_NAMED)}")
    text = "; ".join(said)
    return f"{capitalised(text)}." if text else ""


def _next(found: Answer, around: Around) -> str:
    said = []
    if found.may_change:
        said.append(f"Run {listed(map(around.name, found.may_change), MAX_NAMED)} here.")
    elif found.decision == "undecided":
        said.append(_to_decide(found, around))
    elif found.decision == "only" and not found.too_dear:
        said.append("Run a simpler row on the same examples, too (TF-IDF, say), to know what this one is worth.")
    return " ".join(filter(None, said))


def _to_decide(found: Answer, around: Around) -> str:
    """What would decide between the row in front and the baseline."""
    needed, over = found.to_decide, found.over_baseline
    if needed is None or over is None:
        return "Run three seeds or more: one decides nothing."
    if needed.reason == TWO_SEEDS:
        return "Run three seeds or more: two do not show how many would decide."
    base = around.name(over.b)
    lead = f"{loss_text(needed.difference, METRICS[found.standing.metric])} over {base}"
    said = to_confirm(needed, lead, len(over.seeds), even=needed.difference > abs(over.difference.estimate))
    hopeless = needed.seeds is None and needed.examples is None
    if not hopeless:
        return said
    is_cheaper = bool(_cheaper_baseline(found, around))
    return said.replace(
        "go by cost instead", f"stay with {base}{', which costs less' if is_cheaper else ' or go by cost'}"
    )
