"""What sentences of the page call rows, and how they write numbers of the metric that rows are compared by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.metrics.metric import Metric
from bench.report.content.amounts import gain_range_text, gain_text, loss_text, range_text, score_text, value_text
from bench.report.statistics.intervals import Interval
from bench.report.statistics.power import Needed
from bench.wording import counted

TESTS = {"mcnemar": "McNemar", "paired_t": "paired t"}
"""What `Comparison.test` is called."""


def p_text(p: float) -> str:
    """ "p = 0.03", "p < 0.01": with a few seeds, smaller ones come about by chance more often than they say."""
    return "p < 0.01" if p < 0.01 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def listed(names: Iterable[str], most: int | None = None, rest: str = "row") -> str:
    """ "A, B and C"; with semicolons where a name has a comma; "A, B and 3 more rows" where there are over `most`."""
    given = list(names)
    between = "; " if any(", " in name for name in given) else ", "
    if most is not None and len(given) > most + 1:  # "1 more row" is no shorter than its name
        return f"{between.join(given[:most])} and {counted(len(given) - most, f'more {rest}')}"
    return between.join(given[:-1]) + " and " + given[-1] if len(given) > 1 else "".join(given)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one data set's sentences."""

    name: Callable[[str], str]
    """What people call a row."""
    metric: Metric
    """Percent and points where it is a share."""

    def named(self, rows: Iterable[str], most: int | None = None) -> str:
        """The names of rows, as `listed`."""
        return listed(map(self.name, rows), most)

    def score(self, found: Interval) -> str:
        """ "77.5 % (72.3 to 82.0 %)"."""
        return f"{score_text(found.estimate, self.metric)} ({range_text(found.low, found.high, self.metric)})"

    def gain(self, found: Interval, more: str = "") -> str:
        """ "+4.2 points (-0.2 to +8.7)", with `more` in the brackets."""
        return f"{gain_text(found.estimate, self.metric)} ({gain_range_text(found.low, found.high, self.metric)}{more})"

    def loss(self, found: Interval, more: str = "") -> str:
        """How far something is behind: "4.6 points (2.0 to 7.1)"."""
        low, high = (value_text(end, self.metric) for end in (found.low, found.high))
        return f"{loss_text(found.estimate, self.metric)} ({low} to {high}{more})"


def to_confirm(
    needed: Needed, lead: str, have: int, of: str = "", *, even: bool = False, otherwise: str = "go by cost instead"
) -> str:
    """What it takes to confirm a `lead` ("1.0 points over TF-IDF"), of which `have` seeds were run.

    `of` are the rows that would have to have them; `even` where the lead is more than what was measured; `otherwise` is
    what to do where nothing would confirm it.
    """
    if needed.seeds is not None and needed.seeds <= have:
        return f"A lead of {lead} would probably have been seen with {counted(have, 'seed')}: it is smaller."
    begin = f"Even a true lead of {lead} would take" if even else f"To confirm a lead of {lead} takes"
    if needed.seeds is not None:
        return f"{begin} about {needed.seeds} seeds{of}{' to confirm' * even}; there are {have}."
    if needed.examples is not None:
        return f"{begin} about {needed.examples:,} test texts{' to confirm' * even}, or {needed.reason}."
    return f"{begin} {needed.reason}{' to confirm' * even}: {otherwise}."
