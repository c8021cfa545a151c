"""The options of a race, which stand beside those of its sweep on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from omegaconf import OmegaConf
from pydantic import Field, TypeAdapter

from bench.bounds import Amount, Fraction
from bench.config import FORBID
from bench.errors import UserError
from bench.options.validation import validated
from bench.report.asked import Question

Seeds = Annotated[int, Field(ge=2, le=100)]
"""One seed decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideOptions:
    """What is asked, and what it may cost."""

    question: Question = "best"
    """What the race is to find out: see races."""
    margin: Fraction | None = None
    """Rows that differ by less are as good as each other; null: `bench.decide.begin.MARGIN`, or what the test examples
    can tell where that is more."""
    max_seeds: Seeds | None = None
    """Seeds of a row at a point, at most; null: 10, or those that `seed=` gives."""
    prune: bool = False
    """End a training, from its half on, whose validation leaves it no chance against the row in front."""
    budget_hours: Amount | None = None
    """Of a device, that the cells of this race may take in all; null: as many as it takes."""

    __pydantic_config__ = FORBID


_OPTIONS = TypeAdapter(DecideOptions)


def taken(words: Sequence[str]) -> tuple[DecideOptions, list[str]]:
    """The options among `words`, and the words that are left for the sweep. Raises UserError, with all problems."""
    own = [word for word in words if _name(word) in DecideOptions.__dataclass_fields__]
    names = list(map(_name, own))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"given more than once: {', '.join(twice)}")
    content: Any = OmegaConf.to_container(OmegaConf.from_dotlist(own))
    return validated(_OPTIONS, content), [word for word in words if word not in own]


def _name(word: str) -> str:
    name, equals, _ = word.partition("=")
    return name if equals else ""
