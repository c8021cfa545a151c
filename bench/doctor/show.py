"""Findings for people, and as JSON."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from bench.doctor.checks import Line
from bench.doctor.sweep import Sweep
from bench.escape.characters import visible_line
from bench.escape.terminal import said
from bench.wording import counted

WIDTH = 100
INDENT = 20
"""Columns that state and subject take."""


def shown(line: Line) -> str:
    """A finding in lines of at most `WIDTH` columns, save for words that are longer."""
    finding = line.finding
    text = _wrapped(f"{finding.state:<9}{line.subject:<11}", finding.text)
    return text if finding.fix is None else f"{text}\n{_wrapped(' ' * INDENT, f'-> {finding.fix}')}"


def _wrapped(head: str, text: str) -> str:
    return textwrap.fill(
        said(visible_line(text)), WIDTH,
        initial_indent=head, subsequent_indent=" " * INDENT, break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def verdict(sweep: Sweep, lines: Iterable[Line]) -> str:
    """The last line."""
    problems = sum(line.finding.state == "problem" for line in lines)
    if problems:
        return f"A sweep of {sweep.experiment} could not run here: {counted(problems, 'problem')}."
    return f"A sweep of {sweep.experiment} could run here."


def as_json(sweep: Sweep, lines: Sequence[Line]) -> str:
    """All of it, for programs."""
    content = {
        "experiment": sweep.experiment,
        "could_run": not any(line.finding.state == "problem" for line in lines),
        "lines": [{"subject": line.subject, **asdict(line.finding)} for line in lines],
    }
    return json.dumps(content, indent=1, ensure_ascii=False)
