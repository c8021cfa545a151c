"""`command=plan` of a race: what it may cost, by races that are simulated on the plan's own durations. Runs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.decide.choose import turns
from bench.decide.session import HOUR, Session
from bench.escape.terminal import say
from bench.report.race.field import Place
from bench.report.race.races import PlaceRace
from bench.report.statistics.correctness import BySeed, Grid, TestPredictions, TestSet, rows_at, sample_of
from bench.report.statistics.race import race
from bench.wording import counted, money_text, rough_duration

ROUNDS = 20
MOST_RACES = 300
"""Of single points that are simulated in all: each takes about a hundredth of a second."""
EXAMPLES = 1000
"""Of a test set, where it is not known."""
MOST_EXAMPLES = 400
"""That are drawn; a larger test set is one of so many that are less noisy."""
ROWS, PLACES, SEEDS = 0.05, 0.02, 0.015
"""Standard deviations, as shares: between rows that nothing is known of, of a row between places, and of its seeds."""
NOISE = 0.08
"""Variance of one answer between test examples, and as much again that is neither theirs nor the seed's."""
SWEEP_SEEDS = 3


@dataclass(frozen=True, slots=True)
class Simulated:
    """One race."""

    cells: int
    seconds: float


def plan(session: Session) -> int:
    """Say what a race may take; return the exit code, 0."""
    races, durations = session.look(), session.durations(session.cells)
    done = session.answers.done()
    seconds = {cell.key: durations.of(session.by_key[cell.key]).seconds for cell in session.of.cells}
    first = turns(session.of, races, done, lambda cell: seconds[cell.key], session.asked.rules)
    left = {key: took for key, took in seconds.items() if key not in done}
    few = set(session.asked.rules.seeds[:SWEEP_SEEDS])
    sweep = [seconds[cell.key] for cell in session.of.cells if cell.seed in few or not cell.train_size]
    made = simulated(session, races, left)
    say(f"{session.settings.title}: {counted(len(seconds), 'cell')} at most, at {counted(len(races), 'point')}")
    if done:
        say(f"  done: {counted(len(done & set(seconds)), 'cell')}")
    if not first:
        say("  nothing is left to run")
        return 0
    say(f"  next: {_cost(session, sum(len(turn.cells) for turn in first), sum(turn.seconds for turn in first))}")
    taken, counts = np.array([one.seconds for one in made]), np.array([one.cells for one in made])
    low, high = (rough_duration(float(end) / session.place.per_device) for end in np.quantile(taken, (0.1, 0.9)))
    say(
        f"  expected: {_cost(session, round(counts.mean()), float(taken.mean()))} (8 of 10 simulated races: {low} to "
        f"{high})"
    )
    say(f"  all {len(session.asked.rules.seeds)} seeds of everything: {_cost(session, len(left), sum(left.values()))}")
    say(f"  a sweep of {SWEEP_SEEDS} seeds: {_cost(session, len(sweep), sum(sweep))}")
    if (room := session.left()) is not None:
        enough = float((taken <= room).mean())
        say(f"  {session.budget_text()}; what is left is enough in {enough:.0%} of simulated races")
    say(
        f"Simulated on these durations: rows that nothing is known of differ by {100 * ROWS:g} points (standard "
        f"deviation), seeds by {100 * SEEDS:g}; where there are results, rows are as they were seen."
    )
    return 0


def _cost(session: Session, cells: int, seconds: float) -> str:
    """ "380 cells, 9.6 h of a device, 23 EUR"."""
    hours = seconds / session.place.per_device / HOUR
    price, currency = session.settings.price_per_gpu_hour, session.settings.currency
    money = "" if price is None or session.place.device == "cpu" else f", {money_text(hours * price, currency)}"
    return f"{counted(cells, 'cell')}, {rough_duration(hours * HOUR)}{money}"


def simulated(session: Session, races: Mapping[Place, PlaceRace], left: Mapping[str, float]) -> list[Simulated]:
    """Races from here on; `left` are the seconds of the cells that were not run, by key."""
    rounds = max(5, min(ROUNDS, MOST_RACES // max(len(races), 1)))
    grids = {data: session.answers.grid(data) for data in dict.fromkeys(place.data for place in races)}
    known = {place: _seen(place, grids[place.data]) for place in races}
    sizes = {place: session.answers.test_size(place) or EXAMPLES for place in races}
    found = []
    for number in range(rounds):
        random = np.random.default_rng(number)
        effects: dict[tuple[str, int, str], float] = {}
        keys: set[str] = set()
        for place, one in races.items():
            means = _means(session, one, known[place], effects, random)
            keys |= _keys(session, one, _drawn(means, session.asked.rules.seeds, sizes[place], random))
        spent = [left[key] for key in keys if key in left]
        found.append(Simulated(len(spent), sum(spent)))
    return found


def _seen(place: Place, grid: Grid) -> dict[str, float]:
    """The mean score of the rows that have two seeds or more at a place."""
    rows = rows_at(grid, place.num_labels, place.train_size)
    return {row: sample_of(seeds).mean for row, seeds in rows.items() if len(seeds) > 1}


def _means(
    session: Session,
    one: PlaceRace,
    seen: Mapping[str, float],
    effects: dict[tuple[str, int, str], float],
    random: np.random.Generator,
) -> dict[str, float]:
    """Expected scores of the rows that take part at a place: as they were seen, else as drawn for this race. `effects`
    are of the rows of a label count, and grow."""
    place, middle = one.place, sum(seen.values()) / len(seen) if seen else 0.0
    for row in session.of.places[place]:
        effects.setdefault((place.data, place.num_labels, row), float(ROWS * random.standard_normal()))
    return {
        row: seen.get(
            row, middle + effects[place.data, place.num_labels, row] + PLACES * float(random.standard_normal())
        )
        for row in session.of.places[place]
        if row not in one.no_chance
    }


def _keys(session: Session, one: PlaceRace, drawn: Mapping[str, BySeed]) -> set[str]:
    """The cells that a race of one place runs whose rows answer as `drawn`."""
    lanes, rules = session.of.places[one.place], session.asked.rules
    made = race(drawn, rules, untrained=one.untrained)
    keys = set()
    for row, fate in made.fates.items():
        seeds = set(rules.seeds[: fate.seeds])
        keys |= {cell.key for seed, cell in lanes[row].items() if seed in seeds or row in one.untrained}
    return keys


def _drawn(
    means: Mapping[str, float], seeds: Sequence[int], size: int, random: np.random.Generator
) -> dict[str, dict[int, TestPredictions]]:
    """Answers of rows with these expected scores; those of one test example are alike in all rows and seeds."""
    few = min(size, MOST_EXAMPLES)
    noise = np.sqrt(NOISE * few / size)
    test_set = TestSet("simulated", tuple(map(str, range(few))), np.zeros(few, dtype=np.int16), ("all",))
    found = {}
    for row, mean in means.items():
        own = noise * random.standard_normal(few)
        found[row] = {
            seed: TestPredictions(
                test_set,
                test_set.labels,
                influence=mean + SEEDS * random.standard_normal() + own + noise * random.standard_normal(few),
            )
            for seed in seeds
        }
    return found
