"""What a race says on a terminal: round by round what is decided, what is open, and what runs next."""

from collections.abc import Iterable, Mapping

from bench.decide.choose import Round, Turn
from bench.decide.session import HOUR, Session
from bench.escape.terminal import say
from bench.report.content.amounts import loss_text
from bench.report.content.race_words import counts_text, fate_text, head_of, needed_text, verdict_text
from bench.report.content.words import Words, listed
from bench.report.race.field import Place
from bench.report.race.races import PlaceRace
from bench.wording import counted, rough_duration

MOST = 12
"""Places that are named."""
BEHIND = ("behind", "ahead", "within", "tied", "failed")


class Terminal:
    """Says what is new since it was asked last."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.several = len({place.data for place in session.of.places}) > 1
        self._said: dict[Place, frozenset[tuple[str, str]]] = {}
        self._closed: set[Place] = set()

    def words(self, data: str) -> Words:
        """Of one data set."""
        metric = self.session.answers.metrics[data]
        return Words(lambda row: self.session.names.get(row, row), metric)

    def begin(self) -> None:
        """What is asked, and of how much."""
        session, rules = self.session, self.session.asked.rules
        rows = len({row for lanes in session.of.places.values() for row in lanes})
        margins = {loss_text(rules.margin, self.words(place.data).metric) for place in session.of.places}
        say(
            f"{session.settings.title}: {session.asked.question}, {counted(rows, 'row')} at "
            f"{counted(len(session.of.places), 'point')}, at most {len(rules.seeds)} seeds; less than "
            f"{' or '.join(sorted(margins))} apart counts as equally good; {session.budget_text()}"
        )

    def state(self, races: Mapping[Place, PlaceRace], number: int) -> None:
        """What the last round decided."""
        for place, one in races.items():
            words, new = self.words(place.data), []
            settled = frozenset((row, fate.state) for row, fate in one.race.fates.items() if fate.state in BEHIND)
            for row, _ in sorted(settled - self._said.get(place, frozenset())):
                new.append(f"{words.name(row)}: {fate_text(one, row, words)}")
            self._said[place] = settled
            is_new = one.is_closed and place not in self._closed and one.race.reference is not None
            if not (new or is_new) or not number:
                self._closed |= {place} if one.is_closed else set()
                continue
            say(f"  {self.head(one)}: {verdict_text(one, words)}")
            for text in new:
                say(f"    {text}")
            self._closed |= {place} if one.is_closed else set()

    def head(self, one: PlaceRace) -> str:
        """The name of a place."""
        return f"{one.place.data}, {head_of(one)}" if self.several else head_of(one)

    def round(self, chosen: Round, races: Mapping[Place, PlaceRace], number: int) -> None:
        """What runs next, and why."""
        session, seconds = self.session, sum(turn.seconds for turn in chosen.turns)
        workers = session.place.workers
        spent = f"; {session.budget_text()}"
        say(
            f"round {number}: {counted(len(chosen.cells), 'cell')}, about {rough_duration(seconds / workers)} with "
            f"{counted(workers, 'worker')}{spent}"
        )
        for turn in chosen.turns[:MOST]:
            say(f"  {self.head(races[turn.place])}: {self._why(turn, races[turn.place])}")
        if len(chosen.turns) > MOST:
            say(f"  ... and {counted(len(chosen.turns) - MOST, 'more point')}")
        if chosen.filling:
            say(f"  and {counted(len(chosen.filling), 'cell')} of the looks after that, for workers that would wait")

    def _why(self, turn: Turn, one: PlaceRace) -> str:
        cells = counted(len(turn.cells), "cell")
        if one.race.reference is None:
            return f"{cells}, for a first look at {counted(len(one.race.running), 'row')} with {turn.seeds} seeds"
        words = self.words(turn.place.data)
        rows = [row for row in one.race.running if row != one.race.reference]
        nearest = listed((words.name(row) for row in rows), 3)
        chance = max(one.race.chance(row) for row in rows)
        return (
            f"{cells}, for {words.name(one.race.reference)} against {nearest} with {turn.seeds} seeds (more seeds "
            f"settle {'it' if len(rows) == 1 else 'one'} with a chance of {chance:.0%})"
        )

    def _failures(self) -> list[str]:
        """Why cells have no answers: "2 cells of TF-IDF without a result: CUDA out of memory"."""
        whys: dict[str, list[str]] = {}
        for cell, one in self.session.answers.found.items():
            if one.answers is None:
                whys.setdefault(one.reason, []).append(self.session.names.get(cell.row, cell.row))
        said = [
            f"{counted(len(rows), 'cell')} of {listed(dict.fromkeys(rows), 3)} without a result: {why}"
            for why, rows in whys.items()
        ]
        return said[:MOST] + ([f"... and {counted(len(said) - MOST, 'more reason')}"] if len(said) > MOST else [])

    def end(self, races: Mapping[Place, PlaceRace], too_dear: Iterable[Turn]) -> None:
        """All verdicts, and what is left."""
        say(f"{counts_text(list(races.values()))}; {self.session.budget_text()}")
        for one in races.values():
            words = self.words(one.place.data)
            said = [verdict_text(one, words), needed_text(one, words)]
            say(f"  {self.head(one)}: {'. '.join(filter(None, said)).rstrip('.')}")
        for text in self._failures():
            say(f"  {text}")
        if dear := list(too_dear):
            need = sum(turn.seconds for turn in dear) / self.session.place.per_device
            say(
                f"the budget is spent: {counted(len(dear), 'point')} would take about {need / HOUR:.3g} hours more for "
                "the next look; a larger budget_hours goes on from here"
            )
