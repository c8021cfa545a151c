"""The section on training examples: how many a target takes, and how many of a simpler row do the same."""

from bench.kind import MULTI_LABEL
from bench.metrics.table import ACCURACY
from bench.report.content.parts import Picture, Section
from bench.report.figures.equivalents import equivalence_curves
from bench.report.statistics.curves import Curve, Refusal
from bench.report.statistics.equivalence import Equivalence, Equivalents, NotComparable
from bench.report.statistics.metrics import accuracy_words
from bench.report.statistics.points import Point
from bench.report.tables.equivalents import equal_text, equivalent_sentence, equivalents, equivalents_table
from bench.report.tables.targets import Targets, limits_sentences, targets_at, targets_sentence, targets_table
from bench.report.view import View

MAX_NAMED = 3
HOW_TARGETS = (
    "For a target: a curve (a mean of four families, weighted by fit) is fitted to each row's accuracies over the "
    "training sizes, and carried on beyond them as far as the table says. Brackets are 90 % intervals; ≈ marks "
    "estimates beyond the largest size that was tried, ≤ is the smallest size, > the end of what the curve is good "
    "for. A curve that could mislead is not carried on, and the reason is given."
)
HOW_EQUIVALENTS = (
    "For the same accuracy as a simpler row: read from that row's own accuracies, made to rise and joined by lines, "
    "never carried on. Brackets are 95 % intervals, the sizes at which a paired test finds no significant difference; "
    "≤ and > are the ends of the sizes that were tried."
)


def section(view: View) -> Section | None:
    """Examples for target accuracies, and data equivalence; None where no row that was trained has answers."""
    targets = [one for labels in view.fitted.label_counts if (one := targets_at(view, labels)) is not None]
    if not targets:
        return None
    found = [equivalents(view, other, labels) for labels in view.fitted.label_counts for other in view.simpler_rows]
    all_refused = not any(isinstance(curve, Curve) for curve in view.fitted.found.values())
    paragraphs = [_refusals(view) if all_refused else HOW_TARGETS, *_how_equivalents(view, found), *_left_out(view)]
    lists = [(f"{one.num_labels} labels", _said(view, one, found, all_refused)) for one in targets]
    same = [equivalents_table(view, [each for each in found if each.other == other]) for other in view.simpler_rows]
    tables = [titled for titled in same if titled is not None]
    tables += [] if all_refused else [targets_table(view, one) for one in targets]
    lists = [(heading, said) for heading, said in lists if said]
    pictures = _pictures(view, found)
    paragraphs = [*_by_what(view), *(_called(text) for text in paragraphs)]
    return Section("How many examples", paragraphs, pictures, tables, lists=lists, finding=_finding(view, found))


def _by_what(view: View) -> list[str]:
    """That this section goes by accuracy, where another metric decides."""
    metric = view.deciding.metric
    if metric.name == ACCURACY:
        return []
    return [
        f"This section goes by {accuracy_words()}: its curves are of shares of right test examples, for which alone "
        f"forecasts were checked; rows are compared by {metric.label}, and need not come in the same order by it."
        + (" Guessing gives every text the most frequent set of labels." if view.kind == MULTI_LABEL else "")
    ]


def _called(text: str) -> str:
    """With what accuracy is called here."""
    return text.replace(" accurac", f" {accuracy_words().removesuffix('y')}")


def _finding(view: View, found: list[Equivalents]) -> str:
    """What the best row does with its most examples, in examples of the baseline; of the most labels."""
    for each in found[::-1]:
        best = next((row for row in view.fitted.at(each.num_labels) if row not in view.simpler_rows), None)
        sizes = [point.train_size for point in each.found if point.row == best]
        if each.other != view.simpler_rows[0] or best is None or not sizes:
            continue
        one = each.found[Point(best, each.num_labels, max(sizes))]
        if isinstance(one, Equivalence):
            does = f"{view.name_of(best)} with {one.train_size:,} examples does as well as {view.name_of(one.other)}"
            by = "" if view.deciding.metric.name == ACCURACY else f", by {accuracy_words()}"
            return f"{does} with {equal_text(one)}{by}."
    return "How many labelled examples a target takes, or a simpler row to do as well."


def _refusals(view: View) -> str:
    """Why no curve at all is carried on."""
    reasons: dict[str, list[str]] = {}
    for (row, _), curve in view.fitted.found.items():
        if isinstance(curve, Refusal):
            reasons.setdefault(curve.reason, []).append(row)
    said = []
    for reason, rows in reasons.items():
        names = list(dict.fromkeys(rows))
        which = view.words.named(names, MAX_NAMED)
        said.append(reason if len(reasons) == 1 else f"{reason} ({which})")
    return f"No forecast of how many examples a target accuracy takes: {'; '.join(said)}."


def _how_equivalents(view: View, found: list[Equivalents]) -> list[str]:
    if not any(each.comparable for each in found):
        reasons = {one.reason for each in found for one in each.found.values() if isinstance(one, NotComparable)}
        named = "; ".join(sorted(reasons)[:MAX_NAMED])
        return [f"No row's accuracy can be given in examples of a simpler row: {named}."] if reasons else []
    if max(len(one.seeds) for each in found for one in each.comparable) > 1:
        return [HOW_EQUIVALENTS]
    return [f"{HOW_EQUIVALENTS} There is one seed a row: the intervals know of the test examples alone."]


def _left_out(view: View) -> list[str]:
    count = max((len(rows) for rows in view.fitted.left_out.values()), default=0)
    if not count:
        return []
    return [
        "At each label count, curves are fitted for the best rows at the largest size and for what these are held "
        f"against; rows left out here: up to {count}."
    ]


def _said(view: View, targets: Targets, found: list[Equivalents], all_refused: bool) -> list[str]:
    """Of one label count: a target, then the best row at its ends and an untrained one in examples of simpler rows."""
    labels, curves = targets.num_labels, view.fitted.at(targets.num_labels)
    best = next((row for row in curves if row not in view.simpler_rows), targets.best)
    untrained = [point for point in view.predictions if point.num_labels == labels and not point.train_size]
    said = [] if all_refused else [targets_sentence(view, targets, best), *limits_sentences(view, targets)]
    for each in found:
        if each.num_labels != labels:
            continue
        sizes = sorted(point.train_size for point in each.found if point.row == best)
        points = [Point(best, labels, size) for size in dict.fromkeys([*sizes[:1], *sizes[-1:]])]
        if each.other == view.simpler_rows[0]:
            points += untrained[:1]
        said += [
            equivalent_sentence(one, view.name_of)
            for point in points
            if isinstance(one := each.found.get(point), Equivalence)
        ]
    return said


def _pictures(view: View, found: list[Equivalents]) -> list[Picture]:
    """A figure for each simpler row that has points to show."""
    pictures = []
    for place, other in enumerate(view.simpler_rows):
        some = [each for each in found if each.other == other]
        if (figure := equivalence_curves(some, view.rows, view.data_name)) is not None:
            text = (
                f"How many examples {view.name_of(other)} needs to match what each row does with its own, on "
                f"{view.data_name}, a panel a label count. The numbers are in the tables below."
            )
            pictures.append(view.draw(f"same_as_{('baseline', 'probe')[place]}", figure, text))
    return pictures
