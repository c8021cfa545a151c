"""Sentences about a race: what was decided at a point, after how many seeds, and what is open."""

from collections.abc import Sequence

from bench.report.asked import MAX_SEEDS, Asked
from bench.report.content.amounts import loss_text, value_text
from bench.report.content.verdict_words import place_text
from bench.report.content.words import Words, listed, p_text
from bench.report.race.chances import NoChance
from bench.report.race.races import PlaceRace
from bench.report.statistics.looks import Held, examples_needed
from bench.report.statistics.pair_tests import named
from bench.report.statistics.race import Fate
from bench.wording import counted

QUESTIONS = {
    "best": "Which row is best at each number of labels and examples?",
    "best_at_largest": "Which row is best at the largest number of examples?",
    "beats_baseline": "Does any row beat the baseline?",
    "cheapest": "Which row is the cheapest of those that are good enough?",
}
UNEQUAL = "rows of one task had other examples, so nothing is compared"


def head_of(one: PlaceRace) -> str:
    """ "5 labels, 512 training examples"."""
    return place_text(one.place.num_labels, one.place.train_size)


def verdict_text(one: PlaceRace, words: Words) -> str:
    """What is known of a place: "MiniLM, LoRA is best, after 3 seeds"."""
    race, after = one.race, f"after {counted(one.race.seeds, 'seed')}"
    if one.unequal:
        return UNEQUAL
    if race.reference is None:
        return "not begun" if race.running else _without_race(one, words)
    front, name = words.name(race.reference), words.name
    if ahead := race.rows("ahead"):
        return f"{listed(map(name, ahead))} beats {front}, {after}"
    if not race.is_closed:
        left = [row for row in race.running if row != race.reference]
        return f"open between {front} and {listed(map(name, left), 3)}, {after}"
    if race.cheapest is not None and race.cheapest != race.reference:
        within = loss_text(race.rules.margin, words.metric)
        return f"{name(race.cheapest)} is cheap and good enough, {after}: within {within} of {front}, which is in front"
    failed = race.rows("failed")
    return _closed_text(one, words) + (f"; {listed(map(name, failed), 3)} ended without a result" if failed else "")


def _closed_text(one: PlaceRace, words: Words) -> str:
    """Of a place where no look is left to be made, and no row beats the baseline where that was asked."""
    race, after, name = one.race, f"after {counted(one.race.seeds, 'seed')}", words.name
    front = name(str(race.reference))
    if race.rows("best"):
        return f"{front} is best{' of the others' if race.rows('failed') else ''}, {after}"
    within, tied = race.rows("within"), race.rows("tied")
    margin = loss_text(race.rules.margin, words.metric)
    parts = [f"{listed(map(name, within))} within {margin} of it"] if within else []
    if tied:
        parts.append(f"seeds will not tell it from {listed(map(name, tied), 3)}")
    # a baseline that is not beaten need not be the one in front
    head = f"nothing was found to beat {front}" if race.asks_baseline else f"{front} is in front"
    return "; ".join([f"{head}, {after}", *parts])


def _without_race(one: PlaceRace, words: Words) -> str:
    """Of a place where no two rows could be looked at."""
    gone = one.race.rows("failed")
    if gone:
        return f"nothing to compare: {listed(map(words.name, gone), 3)} ended without a result"
    return "nothing to compare"


def fate_text(one: PlaceRace, row: str, words: Words) -> str:
    """What became of a row: "dropped after 2 seeds: 6.1 points behind, p < 0.01"."""
    if row in one.no_chance:
        return no_chance_text(one.no_chance[row], words)
    fate = one.race.fates[row]
    seeds = counted(fate.seeds, "seed")
    if fate.state == "pruned":
        return f"ended early in training{f' after {seeds}' if fate.seeds else ''}: far behind on validation examples"
    if fate.state == "failed":
        return f"ended without a result{f' after {seeds}' if fate.seeds else ''}: not compared any more"
    if fate.held is None:
        return {"best": f"best, after {seeds}", "front": f"in front, after {seeds}"}.get(
            fate.state, "still in the race"
        )
    behind, p = _behind(fate.held, words), p_text(one.race.adjusted[named(fate.held.test.a, fate.held.test.b)])
    margin = loss_text(one.race.rules.margin, words.metric)
    return {
        "behind": f"dropped after {counted(fate.held.seeds, 'seed')}: {behind}, {p}",
        "ahead": f"ahead after {seeds}: {_behind(fate.held.turned, words).replace('behind', 'ahead')}, {p}",
        "within": f"as good within {margin}, after {seeds}: {behind}",
        "tied": f"not told apart after {seeds}: {behind}, {p}; {_rest_text(one, fate)}",
        "open": f"still in the race after {seeds}: {behind}, {p}",
    }[fate.state]


def _rest_text(one: PlaceRace, fate: Fate) -> str:
    """Why no more seeds were run of a row that is tied."""
    if fate.seeds >= len(one.race.rules.seeds):
        return "there are no more seeds"
    return "more seeds would hardly help"


def _behind(held: Held, words: Words) -> str:
    ahead = held.test.difference
    return f"{loss_text(ahead, words.metric)} behind" if ahead >= 0 else f"{loss_text(-ahead, words.metric)} ahead"


def no_chance_text(why: NoChance, words: Words) -> str:
    """Why a row was not run at a size."""
    high, low = value_text(why.high, words.metric), value_text(why.low, words.metric)
    return f"not run: by its smaller sizes at most {high} here, and {words.name(why.better)} at least {low}"


def needed_text(one: PlaceRace, words: Words) -> str:
    """What would settle the rows that seeds will not tell from the one in front; "" where nothing is known to."""
    found = [one.race.fates[row].held for row in one.race.rows("tied")]
    sizes = [None if held is None else examples_needed(one.race.rules, held) for held in found]
    known = [size for size in sizes if size is not None]
    if not sizes or one.race.reference is None:
        return ""
    rows = f"{words.name(one.race.reference)} from {words.named(one.race.rows('tied'), 3)}"
    if len(known) < len(sizes):
        few = len(one.race.rules.seeds) < MAX_SEEDS
        rest = f"max_seeds={MAX_SEEDS} goes on" if few else "go by cost instead"
        seeds = counted(len(one.race.rules.seeds), "seed")
        return f"To tell {rows} takes more than {seeds}, however many test texts there are: {rest}."
    return f"To tell {rows}, or to show that they are as good, takes about {max(known):,} test texts."


def counts_text(races: Sequence[PlaceRace]) -> str:
    """ "4 of 6 points answered, 1 that seeds will not answer, 1 open"."""
    answered = sum(one.race.is_answered and not one.unequal for one in races)
    open_ones = sum(not one.is_closed for one in races)
    rest = len(races) - answered - open_ones
    said = [f"{answered} of {counted(len(races), 'point')} answered"]
    said += [f"{rest} that more seeds will not answer"] if rest else []
    return ", ".join([*said, *([f"{open_ones} open"] if open_ones else [])])


def rules_text(asked: Asked, words: Words) -> list[str]:
    """How a race decides: what its verdicts promise."""
    rules = asked.rules
    return [
        f"Rows raced on the same test examples and seeds, at most {len(rules.seeds)} of them: from the second seed on, "
        "whoever was behind the row in front by more than noise got no more seeds. Intervals are of 95 %.",
        f"The row that is truly best is dropped in at most {100 * rules.alpha:g} % of the races of a point: tests are "
        "one-sided, the error is spent over the looks (Lan and DeMets) and shared by the rows still in the race. p is "
        f"over all looks, on that scale: below {rules.alpha:g} is significant.",
        f"Rows less than {loss_text(rules.margin, words.metric)} apart are as good as each other. A row that more "
        "seeds would hardly tell from the one in front, or show to be as good, got no more: that claims nothing.",
    ]


def question_text(asked: Asked, words: Words) -> str:
    """What was asked: "Which row is best ...? Rows less than 1.0 points apart count as equally good."."""
    apart = loss_text(asked.rules.margin, words.metric)
    return f"{QUESTIONS[asked.question]} Rows less than {apart} apart count as equally good."
