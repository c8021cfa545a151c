"""Sentences about comparisons: which row is best, what is tied with it, what would decide, what beats what."""

from collections.abc import Mapping

from bench.report.content.amounts import loss_text, score_text, time_text
from bench.report.content.wording import UNTRAINED, in_words
from bench.report.content.words import Words, listed, p_text, to_confirm
from bench.report.statistics.decision import Budget, Cheapest, Crossing
from bench.report.statistics.metrics import metric_named
from bench.report.statistics.paired import Comparison
from bench.report.statistics.power import ONE_SEED, TWO_SEEDS, Needed
from bench.report.statistics.ties import Contender, Standing
from bench.wording import counted

MAX_NAMED = 4
TOO_FEW = {
    ONE_SEED: "One seed says nothing of how much seeds differ",
    TWO_SEEDS: "Two seeds say too little of how much seeds differ to know how many would decide",
}


def place_text(num_labels: int, train_size: int) -> str:
    """ "5 labels, 512 training examples"."""
    return f"{num_labels} labels, " + (f"{train_size:,} training examples" if train_size else UNTRAINED)


def budget_points(one: Budget, words: Words, absent: Mapping[str, str] | None = None) -> list[str]:
    """What to take at one budget, how sure that is, what costs less, and what would decide.

    `absent` are the rows that have no result there, with how their cells ended.
    """
    standing = one.standing
    said = [f"{_best_text(standing, words)}{_others_text(standing, words)}"]
    if one.cheapest is not None and one.cheapest.behind is not None:
        said.append(cheapest_text(one.cheapest, words))
    if one.needed is not None and standing.tied:
        said.append(needed_text(one.needed, standing.tied[0], words))
    if standing.fewer_seeds:
        said.append(_fewer_seeds_text(standing, words))
    if standing.not_compared:
        rows = words.named(standing.not_compared)
        said.append(f"Not compared, for want of common seeds and test texts: {rows}.")
    if absent:
        rows = listed(f"{words.name(row)} ({in_words(ended)})" for row, ended in absent.items())
        said.append(f"Without a result at this size: {rows}.")
    return said


def _best_text(standing: Standing, words: Words) -> str:
    """The best row; rows with fewer seeds whose mean is higher are named with it."""
    seeds, examples = standing.score.num_seeds, standing.score.num_examples
    behind = f"{counted(seeds, 'seed')}, {counted(examples, 'test text')}"
    score, label = f"{words.score(standing.score)}; {behind}", metric_named(standing.metric).label
    best = words.name(standing.best)
    if not standing.higher:
        return f"{best} has the highest {label}: {score}."
    few = listed(
        f"{words.name(one.row)} has {score_text(one.score.estimate, words.metric)} "
        f"({counted(one.score.num_seeds, 'seed')})"
        for one in standing.higher
    )
    return f"Of the rows with all seeds, {best} has the highest {label}: {score}. On fewer seeds, {few}."


def _others_text(standing: Standing, words: Words) -> str:
    """Ties, or the distance to the next."""
    if not standing.others:
        return " No other row can be compared with it."
    single = [one.row for one in standing.tied if not one.against_best.paired.decides]
    tied = [one.row for one in standing.tied if one.row not in single]
    if standing.is_significant:
        next_ = behind_text(standing.others[0], words)
        return f" It is significantly better than every other row; next is {next_}."
    said = ""
    if tied and len(tied) == len(standing.others) > 1:
        said += f" No significant difference to any other row (nearest: {words.named(tied, MAX_NAMED)})."
    elif tied:
        said += f" No significant difference to {words.named(tied, MAX_NAMED)}."
    if single:
        said += f" One seed decides nothing between it and {words.named(single, MAX_NAMED)}."
    return said or f" Next is {behind_text(standing.others[0], words)}."


def _fewer_seeds_text(standing: Standing, words: Words) -> str:
    """Rows that were compared on the seeds that they have."""
    rows = listed(f"{words.name(row)} ({counted(count, 'seed')})" for row, count in standing.fewer_seeds.items())
    return f"Compared on common seeds, for others are missing: {rows}."


def behind_text(contender: Contender, words: Words) -> str:
    """A row and how far it is behind the best; "ahead" where it only lacks seeds."""
    one, name = contender.against_best, words.name(contender.row)
    if contender.ahead:
        ahead, common = words.loss(one.turned.difference), counted(len(one.seeds), "common seed")
        return f"{name}, ahead by {ahead} on {common}"
    return f"{name}, behind by {words.loss(one.difference, f'; {sure_text(one)}')}"


def sure_text(one: Comparison) -> str:
    """The p that a verdict rests on, and what it says nothing of."""
    chosen = f", as the best of {one.choices} rows" if one.choices > 1 else ""
    corrected = chosen if one.planned else ", corrected for all pairs"
    return f"{p_text(one.decisive_p)}{corrected}" if one.paired.decides else "one seed: not decided"


def needed_text(needed: Needed, nearest: Contender, words: Words) -> str:
    """What would confirm the lead of the best row over the nearest that is tied with it."""
    one = nearest.against_best
    if one.paired.both_untrained:
        neither = f"Neither {words.name(one.a)} nor {words.name(one.b)} learns"
        return f"{neither}, so more seeds change nothing: more test texts would decide."
    if needed.reason in TOO_FEW:
        return f"{TOO_FEW[needed.reason]}: run more of {words.named(learning(nearest))}."
    lead = f"{loss_text(needed.difference, words.metric)} over {words.name(nearest.row)}"
    of = f" of {words.named(learning(nearest))}" if one.paired.stands_for_all else ""
    even = needed.difference > abs(one.difference.estimate)
    return to_confirm(needed, lead, len(one.paired.seeds), of, even=even)


def learning(nearest: Contender) -> list[str]:
    """Which of the best row and `nearest` learns, and may have more seeds: an untrained row answers as it does."""
    one = nearest.against_best
    if not one.paired.stands_for_all:
        return [one.a, one.b]
    return [one.b if one.paired.a_stands else one.a]


def cheapest_text(found: Cheapest, words: Words) -> str:
    """The row that gives up at most a point, what it saves, and whether that is sure."""
    assert found.behind is not None
    own, of_best = time_text(found.seconds), time_text(found.seconds_of_best)
    saved = f", which trains in {own} instead of {of_best}" if own != of_best else ""
    text = f"Cheapest within one point: {words.name(found.row)}{saved}"
    if found.is_sure:
        return f"{text}."
    return f"{text}; it could be up to {loss_text(found.behind.against_best.difference.high, words.metric)} worse."


def planned_text(one: Comparison, words: Words) -> str:
    """The best row of a budget against the baseline: the one comparison that was planned there."""
    by = words.gain(one.difference, f"; {sure_text(one)}")
    a, b = words.name(one.a), words.name(one.b)
    if not one.is_significant:
        return f"{a} does not differ significantly from {b}: {by}."
    return f"{a} beats {b}: {by}." if one.a_is_better else f"{a} is worse than {b}: {by}."


def crossing_text(one: Crossing, words: Words) -> str:
    """From which training size a row beats a simpler one, and by how much at the largest."""
    largest = max(one.at)
    last = one.at[largest]
    where = f" at {largest:,}" if largest else ""
    by = f"{words.gain(last.difference)}{where}"
    row, opponent = words.name(one.row), words.name(one.opponent)
    beats = f"{row} beats {opponent}"
    if one.verdict in ("always", "from_size"):
        return f"{beats}{_since(one)}: {by}."
    if last.b_is_better:
        return f"{row} is worse than {opponent} by {words.loss(last.turned.difference)}{where}."
    if one.verdict == "unclear":
        sizes = listed(f"{size:,}" for size, found in sorted(one.at.items()) if found.a_is_better)
        return f"{beats} at {sizes} training examples, but not beyond: {_open_text(one, words)}."
    return f"{row} {_nowhere(one, opponent)}: {_open_text(one, words)}."


def _since(one: Crossing) -> str:
    """At which sizes: no more than were compared."""
    largest, better = max(one.at), sorted(size for size in one.at if one.size is not None and size >= one.size)
    is_open = any(size > largest for size in one.left_out)
    if not largest or (len(better) == 1 and is_open):
        return ""
    if one.verdict == "always" and len(one.at) > 1:
        return " at every size " + (
            f"that both have ({better[0]:,} to {largest:,})" if one.left_out else f"from {better[0]:,} on"
        )
    return (
        f" from {better[0]:,} to {largest:,} training examples"
        if is_open
        else f" from {better[0]:,} training examples on"
    )


def _nowhere(one: Crossing, opponent: str) -> str:
    """What can be said of a row that beats another at no size: it may be worse at some."""
    if not any(found.paired.decides for found in one.at.values()):
        return f"and {opponent} have one common seed, which decides nothing"
    if worse := listed(f"{size:,}" for size, found in sorted(one.at.items()) if found.b_is_better):
        return (
            f"is worse than {opponent} at {worse} training examples, and does not differ significantly at the largest"
        )
    return f"differs significantly from {opponent} at no size"


def _open_text(one: Crossing, words: Words) -> str:
    largest = max(one.at)
    where = f" at {largest:,}" if largest else ""
    last = one.at[largest]
    return f"the difference{where} is {words.gain(last.difference, f'; {sure_text(last)}')}"
