"""Sentences about comparisons: which row is best, what is tied with it, what would decide, what beats what."""

from bench.report.statistics.decision import Budget, Cheapest, Crossing
from bench.report.statistics.intervals import Interval
from bench.report.statistics.power import Needed
from bench.report.statistics.ties import Contender, Standing
from bench.report.wording import UNTRAINED, counted, difference_text, duration

MOST_NAMED = 4


def interval_text(found: Interval, *, signed: bool = False) -> str:
    """ "0.912 [0.890, 0.931]"; differences with their sign."""
    if not signed:
        return f"{found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}]"
    return signed_text(found.estimate, found.low, found.high)


def signed_text(difference: float, low: float, high: float) -> str:
    """ "+0.021 [-0.004, +0.046]"."""
    return f"{difference_text(difference)} [{difference_text(low)}, {difference_text(high)}]"


def p_text(p: float) -> str:
    """ "p = 0.03", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def place_text(num_labels: int, train_size: int) -> str:
    """ "5 labels, 512 training examples"."""
    return f"{num_labels} labels, " + (f"{train_size:,} training examples" if train_size else UNTRAINED)


def budget_points(one: Budget) -> list[str]:
    """What to take at one budget, how sure that is, what costs less, and what would decide."""
    standing = one.standing
    seeds, examples = standing.accuracy.num_seeds, standing.accuracy.num_examples
    behind = f"{counted(seeds, 'seed')}, {counted(examples, 'test example')}"
    best = f"{standing.best} has the highest accuracy, {interval_text(standing.accuracy)} ({behind})"
    said = [f"{best}{_others_text(standing)}."]
    if one.cheapest is not None and one.cheapest.behind is not None:
        said.append(cheapest_text(one.cheapest))
    if one.needed is not None and one.nearest is not None:
        said.append(needed_text(one.needed, one.nearest, seeds))
    if standing.fewer_seeds:
        rows = ", ".join(f"{row} ({counted(count, 'seed')})" for row, count in standing.fewer_seeds.items())
        said.append(f"Seeds are missing of {rows}: compared on common seeds.")
    if standing.not_compared:
        rows = ", ".join(standing.not_compared)
        said.append(f"Not compared, for want of common seeds and test examples: {rows}.")
    return said


def _others_text(standing: Standing) -> str:
    """Ties, or the distance to the next."""
    if not standing.others:
        return "; no other row can be compared with it"
    if standing.tied:
        named = ", ".join(contender.row for contender in standing.tied[:MOST_NAMED])
        rest = len(standing.tied) - MOST_NAMED
        more = f" and {counted(rest, 'more row')}" if rest > 0 else ""
        if len(standing.tied) == len(standing.others) > 1:
            return f"; these runs tell no row from it (nearest: {named}{more})"
        return f"; these runs do not tell {named}{more} from it"
    return f" and is told apart from every other row; next is {behind_text(standing.others[0])}"


def behind_text(contender: Contender) -> str:
    """A row and how far it is behind the best; "ahead" where it only lacks seeds."""
    one = contender.against_best
    if contender.ahead:
        gap = f"{-one.difference.estimate:.3f} [{-one.difference.high:.3f}, {-one.difference.low:.3f}]"
        return f"{contender.row}, {gap} ahead on {counted(len(one.seeds), 'common seed')}"
    return f"{contender.row}, {interval_text(one.difference)} behind ({p_text(one.adjusted_p)})"


def needed_text(needed: Needed, nearest: str, seeds: int) -> str:
    """What would tell the best row from the nearest."""
    gap = f"a difference of {needed.difference:.3f} to {nearest}"
    if needed.seeds is not None and needed.seeds <= seeds:
        return f"With {counted(seeds, 'seed')}, {gap} would probably have been seen: they are closer than that."
    if needed.seeds is not None:
        return f"Seeing {gap}, were it real, would take about {needed.seeds} seeds in all."
    if seeds == 1:
        return f"One seed says nothing of how much seeds differ: run more to tell {nearest} from it."
    if needed.examples is not None:
        return f"Seeing {gap} would take {needed.reason}, or about {needed.examples:,} test examples."
    return f"Seeing {gap} would take {needed.reason}; more test examples alone would not do. Choose by cost."


def cheapest_text(found: Cheapest) -> str:
    """The row that gives up at most a point, what it saves, and whether that is sure."""
    assert found.behind is not None
    saved = f"{_seconds(found.seconds)} of training a cell in place of {_seconds(found.seconds_of_best)}"
    text = f"Cheapest within one point: {found.row} ({saved})"
    if found.is_sure:
        return f"{text}."
    return f"{text}; its difference may be as large as {found.behind.against_best.difference.high:.3f}."


def _seconds(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else "less than 1 s"


def crossing_text(one: Crossing) -> str:
    """From which training size a row beats a simpler one, and by how much at the largest."""
    largest = max(one.at)
    last = one.at[largest]
    by = (
        f"by {interval_text(last.difference, signed=True)} at {largest:,}"
        if largest
        else (f"by {interval_text(last.difference, signed=True)}")
    )
    beats = f"{one.row} beats {one.opponent}"
    if one.verdict == "always" and len(one.at) > 1:
        return f"{beats} at every size from {min(one.at):,} on, {by}."
    if one.verdict in ("always", "from_size"):
        return f"{beats} from {one.size:,} training examples on, {by}." if one.size else f"{beats} {by}."
    if last.b_is_better:
        return f"{one.row} is worse than {one.opponent} {by}."
    if one.verdict == "unclear":
        sizes = ", ".join(f"{size:,}" for size, found in sorted(one.at.items()) if found.a_is_better)
        return f"{beats} at {sizes} training examples, but not beyond: {_not_told(one)}."
    return f"{one.row} is told apart from {one.opponent} at no size: {_not_told(one)}."


def _not_told(one: Crossing) -> str:
    largest = max(one.at)
    where = f" at {largest:,}" if largest else ""
    last = one.at[largest]
    corrected = f", corrected for {len(one.at)} sizes" if len(one.at) > 1 else ""
    return (
        f"the difference{where} is {interval_text(last.difference, signed=True)} ({p_text(last.adjusted_p)}{corrected})"
    )
