"""What is made of one data set, each part by itself: one that an odd record does not allow is said to be missing."""

import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from bench.escape.characters import shortened
from bench.escape.secrets import masked
from bench.escape.terminal import say
from bench.report.content.parts import Section
from bench.report.figures.display import display_names
from bench.report.sections import SECTIONS, answers
from bench.report.sections.findings import finding
from bench.report.statistics.metrics import labels_are
from bench.report.study.schema import FILE
from bench.report.study.study import data_set
from bench.report.view import View
from bench.results.regular import FULL

T = TypeVar("T")


def make_sections(view: View) -> list[Section]:
    """All sections that the records have something for."""
    with display_names({**view.names, view.data: view.data_name}), labels_are(view.kind):
        made = [made_or_said(title, view.data, partial(_made, title, make, view)) for title, make in SECTIONS.items()]
    return [section for section in made if section is not None]


def _made(title: str, make: Callable[[View], Section | None], view: View) -> Section | None:
    """A section with its finding."""
    section = make(view)
    return section if section is None else replace(section, finding=section.finding or finding(title, view))


def made_or_said(title: str, data: str, make: Callable[[], Section | None]) -> Section | None:
    """The section that `make` gives; a failure is shown in its place and printed in full. Raises OSError: disk full."""
    try:
        return make()
    except Exception as error:  # an odd record costs a section, not the report of a whole sweep
        if isinstance(error, OSError) and error.errno in FULL:
            raise  # and a full disk is no odd record
        _say_failure(f"the report's section {title!r} on {data} could not be made")
        said = f"This section could not be made: {type(error).__name__}: {shortened(masked(str(error)))}"
        return Section(title, [said], failed=True)


def entries_or_said(view: View) -> list[dict[str, Any]]:
    """What the first screen chooses from; nothing where an odd record does not allow it, which is printed in full."""
    return _of_view(view, answers.entries, [], f"the report's answer on {view.data} could not be made")


def plain_or_said(view: View) -> dict[str, Any] | None:
    """What `report.json` says of a data set; None where an odd record does not allow it, which is printed in full."""
    return _of_view(view, data_set, None, f"{FILE} goes without {view.data}")


def _of_view(view: View, make: Callable[[View], T], otherwise: T, failure: str) -> T:
    try:
        with labels_are(view.kind):
            return make(view)
    except Exception:  # as a section, it costs not the whole report
        _say_failure(failure)
        return otherwise


def _say_failure(what: str) -> None:
    """Within `except`: print what failed, and the traceback."""
    say(f"error: {what}\n{traceback.format_exc()}", error=True)
