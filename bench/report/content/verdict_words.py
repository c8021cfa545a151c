"""Sentences about comparisons: which row is best, what is tied with it, what would decide, what beats what."""

from collections.abc import Mapping

from bench.metrics.table import METRICS
from bench.report.content.amounts import time_text
from bench.report.content.wording import (
    UNTRAINED,
    difference_text,
    in_words,
    number_text,
)
from bench.report.statistics.decision import Budget, Cheapest, Crossing
from bench.report.statistics.intervals import Interval
from bench.report.statistics.paired import Comparison
from bench.report.statistics.power import ONE_SEED, TWO_SEEDS, Needed
from bench.report.statistics.ties import Contender, Standing
from bench.wording import counted

MAX_NAMED = 4
TOO_FEW = {
    ONE_SEED: "One seed says nothing of how much seeds differ",
    TWO_SEEDS: "Two seeds say too little of how much seeds differ to know how many would decide",
}


def interval_text(found: Interval, *, signed: bool = False) -> str:
    """ "0.912 [0.890, 0.931]"; differences with their sign."""
    if not signed:
        return f"{number_text(found.estimate)} [{number_text(found.low)}, {number_text(found.high)}]"
    return signed_text(found.estimate, found.low, found.high)


def signed_text(difference: float, low: float, high: float) -> str:
    """ "+0.021 [-0.004, +0.046]"."""
    return f"{difference_text(difference)} [{difference_text(low)}, {difference_text(high)}]"


def p_text(p: float) -> str:
    """ "p = 0.03", "p < 0.01": with a few seeds, smaller ones come about by chance more often than they say."""
    return "p < 0.01" if p < 0.01 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def place_text(num_labels: int, train_size: int) -> str:
    """ "5 labels, 512 training examples"."""
    return f"{num_labels} labels, " + (f"{train_size:,} training examples" if train_size else UNTRAINED)


def budget_points(one: Budget, absent: Mapping[str, str] | None = None) -> list[str]:
    """What to take at one budget, how sure that is, what costs less, and what would decide.

    `absent` are the rows that have no result there, with how their cells ended.
    """
    standing = one.standing
    said = [f"{_best_text(standing)}{_others_text(standing)}."]
    if one.cheapest is not None and one.cheapest.behind is not None:
        said.append(cheapest_text(one.cheapest))
    if one.needed is not None and standing.tied:
        said.append(needed_text(one.needed, standing.tied[0]))
    if standing.fewer_seeds:
        rows = ", ".join(f"{row} ({counted(count, 'seed')})" for row, count in standing.fewer_seeds.items())
        said.append(f"Seeds are missing of {rows}: compared on common seeds.")
    if standing.not_compared:
        rows = ", ".join(standing.not_compared)
        said.append(f"Not compared, for want of common seeds and test examples: {rows}.")
    if absent:
        rows = ", ".join(f"{row} ({in_words(ended)})" for row, ended in absent.items())
        said.append(f"Without a result at this size: {rows}.")
    return said


def _best_text(standing: Standing) -> str:
    """The best row; rows with fewer seeds whose mean is higher are named with it."""
    seeds, examples = standing.score.num_seeds, standing.score.num_examples
    behind = f"{counted(seeds, 'seed')}, {counted(examples, 'test example')}"
    score, label = f"{interval_text(standing.score)} ({behind})", METRICS[standing.metric].label
    if not standing.higher:
        return f"{standing.best} has the highest {label}, {score}"
    few = ", ".join(
        f"{one.row} has {number_text(one.score.estimate)} ({counted(one.score.num_seeds, 'seed')})"
        for one in standing.higher
    )
    return f"Of the rows with all seeds, {standing.best} is in front with {score}; on fewer seeds, {few}"


def _others_text(standing: Standing) -> str:
    """Ties, or the distance to the next."""
    if not standing.others:
        return "; no other row can be compared with it"
    single = [one for one in standing.tied if not one.against_best.paired.decides]
    tied = [one for one in standing.tied if one not in single]
    said = ""
    if tied and len(tied) == len(standing.others) > 1:
        said += f"; these runs tell no row from it (nearest: {_named(tied)})"
    elif tied:
        said += f"; these runs do not tell {_named(tied)} from it"
    if single:
        said += f"; one seed decides nothing between it and {_named(single)}"
    if standing.is_significant:
        return f" and is told apart from every other row; next is {behind_text(standing.others[0])}"
    return said or f"; next is {behind_text(standing.others[0])}"


def _named(contenders: list[Contender]) -> str:
    named = ", ".join(contender.row for contender in contenders[:MAX_NAMED])
    rest = len(contenders) - MAX_NAMED
    return named + (f" and {counted(rest, 'more row')}" if rest > 0 else "")


def behind_text(contender: Contender) -> str:
    """A row and how far it is behind the best; "ahead" where it only lacks seeds."""
    one = contender.against_best
    if contender.ahead:
        return (
            f"{contender.row}, {interval_text(one.turned.difference)} ahead on {counted(len(one.seeds), 'common seed')}"
        )
    return f"{contender.row}, {interval_text(one.difference)} behind ({sure_text(one)})"


def sure_text(one: Comparison) -> str:
    """The p that a verdict rests on, and what it says nothing of."""
    chosen = f", as the best of {one.choices} rows" if one.choices > 1 else ""
    corrected = chosen if one.planned else ", corrected for all pairs"
    return f"{p_text(one.decisive_p)}{corrected}" if one.paired.decides else "one seed: not decided"


def needed_text(needed: Needed, nearest: Contender) -> str:
    """What would tell the best row from the nearest that is tied with it."""
    row, pair = nearest.row, nearest.against_best.paired
    seeds = len(pair.seeds)
    gap = f"a difference of {needed.difference:.3f} to {row}"
    if pair.both_untrained:
        return f"Neither of it and {row} learns, so that more seeds change nothing: more test examples would tell."
    if needed.reason in TOO_FEW:
        return f"{TOO_FEW[needed.reason]}: run more of {learning(nearest)} to tell {row} from it."
    if needed.seeds is not None and needed.seeds <= seeds:
        return f"With {counted(seeds, 'seed')}, {gap} would probably have been seen: they are closer than that."
    if needed.seeds is not None:
        of = f" of {learning(nearest)}" if pair.stands_for_all else ""
        return f"Seeing {gap}, were it real, would take about {needed.seeds} seeds{of} in all."
    if needed.examples is not None:
        return f"Seeing {gap} would take {needed.reason}, or about {needed.examples:,} test examples."
    return f"Seeing {gap} would take {needed.reason}; more test examples alone would not do. Choose by cost."


def learning(nearest: Contender) -> str:
    """Which of the best row and `nearest` learns, and may have more seeds: an untrained row answers as it does."""
    one = nearest.against_best
    if not one.paired.stands_for_all:
        return "both" if len(one.seeds) == 1 else f"{one.a} and {one.b}"
    return one.b if one.paired.a_stands else one.a


def cheapest_text(found: Cheapest) -> str:
    """The row that gives up at most a point, what it saves, and whether that is sure."""
    assert found.behind is not None
    saved = f"{time_text(found.seconds)} of training a cell in place of {time_text(found.seconds_of_best)}"
    text = f"Cheapest within one point: {found.row} ({saved})"
    if found.is_sure:
        return f"{text}."
    return f"{text}; its difference may be as large as {number_text(found.behind.against_best.difference.high)}."


def planned_text(one: Comparison) -> str:
    """The best row of a budget against the baseline: the one comparison that was planned there."""
    by = f"{interval_text(one.difference, signed=True)}, {sure_text(one)}"
    if not one.is_significant:
        return f"{one.a} is not told apart from {one.b}: {by}."
    return f"{one.a} beats {one.b}: {by}." if one.a_is_better else f"{one.a} is worse than {one.b}: {by}."


def crossing_text(one: Crossing) -> str:
    """From which training size a row beats a simpler one, and by how much at the largest."""
    largest = max(one.at)
    last = one.at[largest]
    where = f" at {largest:,}" if largest else ""
    by = f"by {interval_text(last.difference, signed=True)}{where}"
    beats = f"{one.row} beats {one.opponent}"
    if one.verdict == "always" and len(one.at) > 1:
        sizes = f"from {min(one.at):,} on" if not one.left_out else f"that both have ({min(one.at):,} to {largest:,})"
        return f"{beats} at every size {sizes}, {by}."
    if one.verdict in ("always", "from_size"):
        return f"{beats} from {one.size:,} training examples on, {by}." if one.size else f"{beats} {by}."
    if last.b_is_better:
        return f"{one.row} is worse than {one.opponent} by {interval_text(last.turned.difference)}{where}."
    if one.verdict == "unclear":
        sizes = ", ".join(f"{size:,}" for size, found in sorted(one.at.items()) if found.a_is_better)
        return f"{beats} at {sizes} training examples, but not beyond: {_not_told(one)}."
    return f"{one.row} {_nowhere(one)}: {_not_told(one)}."


def _nowhere(one: Crossing) -> str:
    """What can be said of a row that beats another at no size: it may be worse at some."""
    if not any(found.paired.decides for found in one.at.values()):
        return f"and {one.opponent} have one common seed, which decides nothing"
    if worse := ", ".join(f"{size:,}" for size, found in sorted(one.at.items()) if found.b_is_better):
        return f"is worse than {one.opponent} at {worse} training examples, and not told apart from it at the largest"
    return f"is told apart from {one.opponent} at no size"


def _not_told(one: Crossing) -> str:
    largest = max(one.at)
    where = f" at {largest:,}" if largest else ""
    last = one.at[largest]
    return f"the difference{where} is {interval_text(last.difference, signed=True)} ({sure_text(last)})"
