"""How many training examples a target accuracy takes, row by row, by the curves that were fitted."""

from dataclasses import dataclass

from bench.report.content.amounts import score_text
from bench.report.content.parts import Entry, Titled
from bench.report.content.table import table
from bench.report.content.wording import capitalised, two_digits
from bench.report.statistics.correctness import sample_of
from bench.report.statistics.curves import Curve, Refusal
from bench.report.statistics.metrics import accuracy_words, an_accuracy, metric_named
from bench.report.statistics.targets import ExamplesNeeded, examples_needed
from bench.report.view import View
from bench.wording import counted

BELOW_BEST = (0.0, 0.01, 0.02)
"""Targets: so far below the best row's accuracy at its largest size."""
ROUND = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Further targets, where they are in reach."""
TOO_NEAR = 0.005
"""Of a round target to another one."""
BEYOND = "≈ "
"""Before numbers beyond the largest size that was tried."""
MAX_NAMED = 4


@dataclass(frozen=True, slots=True)
class Targets:
    """What is asked of the rows at one label count."""

    num_labels: int
    best: str
    """The row with the highest accuracy at its largest size."""
    train_size: int
    """The largest training size of `best`."""
    near_best: tuple[float, ...]
    """Its accuracy there, less `BELOW_BEST`."""
    round: tuple[float, ...]
    asked: float | None = None
    """The target accuracy that the reader asked for (`target_accuracy`)."""

    @property
    def all(self) -> list[float]:
        """All targets, in rising order."""
        return sorted({*self.near_best, *self.round, *([] if self.asked is None else [self.asked])})


def targets_at(view: View, num_labels: int) -> Targets | None:
    """The targets at a label count; None where no row was trained or has answers."""
    curves = view.fitted.at(num_labels)
    if not curves:
        return None
    means = {
        (point.row, point.train_size): sample_of(seeds).mean
        for point, seeds in view.predictions.items()
        if point.num_labels == num_labels and point.train_size > 0
    }
    best = next(iter(curves))
    size, smallest = max(size for row, size in means if row == best), min(size for _, size in means)
    near = tuple(one for below in BELOW_BEST if 0 < (one := round(means[best, size] - below, 3)) < 1)
    start = min(mean for (_, own), mean in means.items() if own == smallest)
    reach = max([means[best, size], *(_furthest(curve) for curve in curves.values() if isinstance(curve, Curve))])
    asked = view.options.target_accuracy
    others = (one for one in ROUND if start < one <= reach and all(abs(one - own) > TOO_NEAR for own in near))
    return Targets(num_labels, best, size, near, tuple(one for one in others if one != asked), asked)


def _furthest(curve: Curve) -> float:
    return float(curve.estimate(curve.largest * curve.most)[0])


def targets_table(view: View, targets: Targets) -> Titled:
    """A line a row, a column a target, and how far each curve may be carried."""
    curves = view.fitted.at(targets.num_labels)
    lines = [_line(row, curves[row], targets) for row in view.rows if row in curves]
    header = ["row", *(_heading(target, targets) for target in targets.all), "looked to"]
    title = f"Training examples for a target {accuracy_words()} [90 %], {targets.num_labels} labels"
    name = f"examples_needed_{targets.num_labels}_labels"
    base = view.simpler_rows[0] if view.simpler_rows else None
    return Titled(title, table(header, lines), name=name, pinned=base)


def _heading(target: float, targets: Targets) -> str:
    if target not in targets.near_best:
        return f"{target:g}{' (asked for)' if target == targets.asked else ''}"
    below = BELOW_BEST[targets.near_best.index(target)]
    return f"{target:.3f} (best{f' − {below:g}' if below else ''})"


def _line(row: str, curve: Curve | Refusal, targets: Targets) -> list[object]:
    if isinstance(curve, Refusal):
        return [row, *["no forecast"] * len(targets.all), ""]
    needed = [examples_needed(curve, target) for target in targets.all]
    return [row, *(_needed_entry(one, curve) for one in needed), f"{needed[0].searched_to:,}"]


def _needed_entry(found: ExamplesNeeded, curve: Curve) -> Entry:
    """With its numbers: null beyond what was looked at (column "looked to")."""
    return Entry(needed_text(found, curve), numbers={"": found.estimate, "low": found.low, "high": found.high})


def needed_text(found: ExamplesNeeded, curve: Curve, *, in_prose: bool = False) -> str:
    """ "1,500 [1,200, 1,900]" ("1,500 (1,200 to 1,900)" in prose), "at least 2,100", "> 7,200".

    What is beyond the data is marked by `BEYOND`.
    """
    smallest, largest = (int(curve.observed.sizes[place]) for place in (0, -1))

    def text(size: int | None) -> str:
        if size is None:
            return f"> {found.searched_to:,}"
        return f"≤ {smallest:,}" if size <= smallest else two_digits(size)

    def span(low: int | None, high: int | None) -> str:
        return f"({text(low)} to {text(high)})" if in_prose else f"[{text(low)}, {text(high)}]"

    if found.verdict == "not_reachable":
        return text(None)
    if found.verdict == "at_most" or found.high == smallest:
        return text(found.high) if found.high == smallest else f"at most {text(found.high)}"
    if found.verdict == "at_least" and found.low is not None and found.low > smallest:
        return f"at least {BEYOND if found.low > largest else ''}{text(found.low)}"
    if found.verdict == "at_least":
        return f"unknown {span(found.low, None)}"
    beyond = found.estimate is None or found.estimate > largest
    return f"{BEYOND if beyond else ''}{text(found.estimate)} {span(found.low, found.high)}"


def targets_sentence(view: View, targets: Targets, row: str) -> str:
    """What the best row, `row` and the simpler ones need for what is asked for, or nearly the best row's accuracy."""
    if targets.asked is not None:
        target = targets.asked
        what = f"For {an_accuracy()} of {score_text(target, metric_named('accuracy'))} (asked for)"
    else:
        target = min(targets.near_best)
        below = BELOW_BEST[targets.near_best.index(target)]
        less = f", less {counted(round(100 * below), 'point')}" if below else ""
        accuracy = score_text(target, metric_named("accuracy"))
        whose = f"that of {view.name_of(targets.best)} at {targets.train_size:,}{less}"
        what = f"For {an_accuracy()} of {accuracy} ({whose})"
    curves = view.fitted.at(targets.num_labels)
    rows = [one for one in dict.fromkeys([targets.best, row, *view.simpler_rows]) if one in curves]
    said = [_said(view.name_of(one), curve, target) for one in rows if isinstance(curve := curves[one], Curve)]
    return f"{what}: {'; '.join(said)}." if said else ""


def limits_sentences(view: View, targets: Targets) -> list[str]:
    """How far curves are carried and why no further, and which rows have none; rows of one reason together."""
    limits: dict[str, list[str]] = {}
    refused: dict[str, list[str]] = {}
    for row, curve in view.fitted.at(targets.num_labels).items():
        if isinstance(curve, Curve):
            limits.setdefault(curve.limit, []).append(row)
        else:
            refused.setdefault(curve.reason, []).append(row)
    said = [f"{capitalised(limit)} ({view.words.named(rows, MAX_NAMED)})." for limit, rows in limits.items()]
    return said + [f"No forecast for {view.words.named(rows, MAX_NAMED)}: {why}." for why, rows in refused.items()]


def _said(row: str, curve: Curve, target: float) -> str:
    found = examples_needed(curve, target)
    if found.verdict == "not_reachable":
        return f"by its curve, {row} does not get there within {found.searched_to:,} training examples"
    if found.verdict == "at_least" and found.low == int(curve.observed.sizes[0]):
        return f"how many {row} needs is unknown: the band of its curve is too wide"
    text = needed_text(found, curve, in_prose=True).replace("≤ ", "at most ").replace(BEYOND, "about ")
    return f"{row} needs {text.replace('at least about', 'at least')} training examples"
