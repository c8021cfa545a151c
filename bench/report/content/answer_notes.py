"""What the first screen says beside an answer's numbers: what to check, what ties, what is cheaper, what to do next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.metrics.metric import Metric
from bench.report.content.amounts import (
    is_share,
    loss_text,
    ratio_text,
    score_text,
    time_text,
    value_text,
)
from bench.report.content.wording import capitalised, in_words, label_text
from bench.report.content.words import listed, to_confirm
from bench.report.statistics.answers import CHEAPER, Answer
from bench.report.statistics.ceilings import Cost
from bench.report.statistics.metrics import metric_named
from bench.report.statistics.paired import Comparison
from bench.report.statistics.power import ONE_SEED, TWO_SEEDS
from bench.report.statistics.ties import Contender
from bench.wording import counted, money_text

MAX_NAMED = 3
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
    same_for_all: tuple[str, float] | None = None
    """Of texts with several labels: those that are the best to give to every text alike, and their score."""
    more_examples: str = ""
    """What more labelled examples would bring to the recommended row, in a sentence."""


def notes(found: Answer, around: Around) -> dict[Kind, str]:
    """In the order in which they are read; "" where there is nothing to say."""
    return {
        "check": " ".join(filter(None, [_check_guess(found, around), _check_score(found)])),
        "tied": _tied(found, around),
        "behind": _behind(found, around),
        "cheaper": " ".join(filter(None, [_cheaper_baseline(found, around), _cheaper(found, around)])),
        "missing": _missing(found, around),
        "more": around.more_examples,
        "next": _next(found, around),
    }


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
    metric = metric_named(found.standing.metric)
    return listed((f"{around.name(one.row)} ({score_text(one.score.estimate, metric)})" for one in rows), MAX_NAMED)


def _cheaper_baseline(found: Answer, around: Around) -> str:
    """What the baseline takes, where it is not decided whether the row in front is worth more."""
    cost, mine, over = around.baseline_cost, found.cost, found.over_baseline
    if found.decision != "undecided" or cost is None or mine is None or over is None:
        return ""
    if cost.train_seconds > CHEAPER * mine.train_seconds:
        return ""
    score = score_text(over.accuracy_b, metric_named(found.standing.metric))
    part = ratio_text(cost.train_seconds, mine.train_seconds)
    return f"{around.name(over.b)}: {score} at {part} of the training time ({time_text(cost.train_seconds)})."


def _check_guess(found: Answer, around: Around) -> str:
    """What one answer for all texts would be worth."""
    metric = metric_named(found.standing.metric)
    if around.same_for_all is not None:
        labels, score = around.same_for_all
        said = f"Giving every text {labels} would have {score_text(score, metric)} {metric.label}."
        return said + _no_better(found, around, score)
    if around.most_frequent is None or metric.name != "accuracy":
        return ""
    label, share = around.most_frequent
    said = f"Always saying “{label_text(label)}” is right in {score_text(share, metric)} of the test texts."
    return said + _no_better(found, around, share)


def _no_better(found: Answer, around: Around, guessed: float) -> str:
    """Where the interval of the row that is named reaches down to what a guess is worth."""
    score = found.score if found.named == found.row else None
    low = (
        score.low
        if score is not None
        else min((one.score.low for one in found.others if one.row == found.named), default=1)
    )
    return f" It is not sure that {around.name(found.named)} is better than that." if low <= guessed else ""


def _check_score(found: Answer) -> str:
    """A score that is too good to be believed without a look at the data."""
    metric = metric_named(found.standing.metric)
    best = max([found.score, *(one.score for one in found.others)], key=lambda score: score.estimate).estimate
    if not is_share(metric) or best < TOO_GOOD:
        return ""
    return f"A score of {score_text(best, metric)} is rare: are test texts in training, or labels in the texts?"


def _cheaper(found: Answer, around: Around) -> str:
    other, mine = found.cheaper, found.cost
    if other is None or mine is None:
        return ""
    metric = metric_named(found.standing.metric)
    score = other.contender.score
    part = ratio_text(other.cost.train_seconds, mine.train_seconds)
    said = f"{around.name(other.row)}: {score_text(score.estimate, metric)} at {part} of the training time"
    if other.cost.price is not None and mine.price:
        said += f" ({money_text(other.cost.price, around.currency)})"
    return f"{said}; {_gives_up(found)}."


def _gives_up(found: Answer) -> str:
    assert found.cheaper is not None
    other, metric = found.cheaper.contender, metric_named(found.standing.metric)
    one = other.against_best.difference
    common = on_common_seeds(other.against_best, found.score.estimate, other.score.estimate, metric)
    if one.estimate <= 0:
        return f"on average not lower, at worst by {loss_text(max(one.high, 0), metric)}{common}"
    return f"{loss_text(one.estimate, metric)} lower{common} ({_span(one.low, one.high, metric)})"


def on_common_seeds(compared: Comparison, score_a: float, score_b: float, metric: Metric) -> str:
    """ " on the 2 seeds that both have", where the scores that are shown, of all seeds of a row, are not those that
    were compared, so that their difference would be another one."""
    shown = ((compared.accuracy_a, score_a), (compared.accuracy_b, score_b))
    if all(score_text(used, metric) == score_text(whole, metric) for used, whole in shown):
        return ""
    return f" on the {counted(len(compared.seeds), 'seed')} that both have"


def _span(low: float, high: float, metric: Metric) -> str:
    """Of how much lower something is: "by 2.0 to 7.1", or "from 3.9 higher to 10.1 lower"."""
    least, most = value_text(abs(low), metric), value_text(high, metric)
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
    if _check_score(found):
        said.append("Look for test texts in training, and for labels in the texts, before anything else.")
    if found.may_change:
        said.append(f"Run {listed(map(around.name, found.may_change), MAX_NAMED)} here.")
    elif found.decision == "undecided":
        said.append(_to_decide(found, around))
    elif found.decision == "only" and not found.too_dear:
        other = "a fine-tuned row" if found.row == around.baseline else "a simpler row (TF-IDF, say)"
        said.append(f"Run {other} on the same examples, too, to know what this one is worth.")
    return " ".join(filter(None, said))


def _to_decide(found: Answer, around: Around) -> str:
    """What would decide between the row in front and the baseline."""
    needed, over = found.to_decide, found.over_baseline
    if needed is None or over is None:
        return "Run three seeds or more: one decides nothing."
    if needed.reason in (ONE_SEED, TWO_SEEDS):
        few = "one does" if needed.reason == ONE_SEED else "two do"
        return f"Run three seeds or more: {few} not show how many would decide."
    base = around.name(over.b)
    lead = f"{loss_text(needed.difference, metric_named(found.standing.metric))} over {base}"
    is_cheaper = bool(_cheaper_baseline(found, around))
    return to_confirm(
        needed,
        lead,
        len(over.seeds),
        even=needed.difference > abs(over.difference.estimate),
        otherwise=f"stay with {base}{', which costs less' if is_cheaper else ' or go by cost'}",
    )
