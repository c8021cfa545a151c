"""What is wrong with rows of a data set: found one by one, said together, each with its rows and the way out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.escape.characters import visible_line

MAX_NAMED = 5
"""Rows that one message names."""
LONGEST = 40
"""Characters of a value in a message."""

ProblemKind = Literal["no_label", "no_text", "no_id", "same_id", "bad_option", "bad_part", "bad_time", "no_time"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows that can't be used as they are."""

    kind: ProblemKind
    what: str
    """What is wrong, by the option that it is about: `no label in data.label_column=label`."""
    count: int
    """Rows."""
    places: tuple[str, ...] = ()
    """Where the first of them stand."""
    way_out: str = ""
    """What to do, with the punctuation before it."""

    def __str__(self) -> str:
        """All of it in one sentence."""
        where = f", {self._where()}" if self.places else ""
        return f"{self.what}{where}{self.way_out}"

    def _where(self) -> str:
        more = self.count - len(self.places)
        return _together(self.places) + (f", and in {more:,} more" if more else "")


def problem_of(kind: ProblemKind, what: str, rows: Sequence[int], place: Callable[[int], str], way_out: str) -> Problem:
    """The problem that `rows` have; `place` says where one stands."""
    return Problem(kind, what, len(rows), tuple(place(row) for row in rows[:MAX_NAMED]), way_out)


def _together(places: Sequence[str]) -> str:
    """The places; those in one file name it once: `x.csv, lines 2, 5`."""
    parted = [place.partition(", line ") for place in places]
    if len(places) > 1 and len({(file, joint) for file, joint, _ in parted}) == 1 and parted[0][1]:
        return f"{parted[0][0]}, lines {', '.join(line for _, _, line in parted)}"
    return ", ".join(places)


def named(places: Sequence[str]) -> str:
    """The first few places, and how many more there are."""
    more = f", and in {len(places) - MAX_NAMED} more" if len(places) > MAX_NAMED else ""
    return ", ".join(places[:MAX_NAMED]) + more


def shown(value: str) -> str:
    """A value of a file as a message can quote it."""
    return f"'{visible_line(value if len(value) <= LONGEST else f'{value[:LONGEST]}…')}'"


def said(problems: Iterable[Problem]) -> str:
    """All problems, one after the other."""
    return "; ".join(map(str, problems))
