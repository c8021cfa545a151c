"""What a check finds."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. A `problem` is what a sweep could not run for; a `note` does not stop it."""

    state: State
    text: str
    fix: str | None = None
    """What to do, where the text does not say it."""


def ok(text: str) -> Finding:
    """All is well."""
    return Finding("ok", text)


def note(text: str, fix: str | None = None) -> Finding:
    """Something to know."""
    return Finding("note", text, fix)


def problem(text: str, fix: str | None = None) -> Finding:
    """A sweep could not run."""
    return Finding("problem", text, fix)


def problem_if(stops: bool, text: str, fix: str | None = None) -> Finding:
    """A problem where the sweep at hand needs what is not there, else a note."""
    return Finding("problem" if stops else "note", text, fix)
