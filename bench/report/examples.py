"""The section on training examples: how many a target takes, and how many of a simpler row do the same."""

from bench.report.content import Picture, Section, View
from bench.report.equivalents import Equivalents, equivalent_sentence, equivalents, equivalents_table
from bench.report.equivalents_figure import equivalence_curves
from bench.report.reading import Point
from bench.report.statistics.curves import Curve
from bench.report.statistics.equivalence import Equivalence, NotComparable
from bench.report.target_tables import Targets, targets_at, targets_sentence, targets_table
from bench.report.wording import counted

HOW_TARGETS = (
    "For a target: a curve (the mean of four families, on the logit scale) is fitted to each row's accuracies over the "
    "training sizes, and carried on beyond them as far as the table says. Brackets are 90 % intervals; ≈ marks "
    "estimates beyond the largest size that was tried, ≤ is the smallest size, > the end of what the curve is good "
    "for. A curve that could mislead is refused, with the reason."
)
HOW_EQUIVALENTS = (
    "For the same accuracy as a simpler row: read from that row's own accuracies, made to rise and joined by lines, "
    "never carried on. Brackets are 95 % intervals; ≤ and > are the ends of the sizes that were tried."
)


def how_many_examples(view: View) -> Section | None:
    """Examples for target accuracies, and data equivalence; None where no row that was trained has answers."""
    targets = [one for labels in view.fitted.label_counts if (one := targets_at(view, labels)) is not None]
    if not targets:
        return None
    found = [equivalents(view, other, labels) for labels in view.fitted.label_counts for other in view.simpler_rows]
    lists = [(f"{one.num_labels} labels", _said(view, one, found)) for one in targets]
    same = [equivalents_table(view, [each for each in found if each.other == other]) for other in view.simpler_rows]
    tables = [*(titled for titled in same if titled is not None), *(targets_table(view, one) for one in targets)]
    return Section("How many examples", _how(view, found), _pictures(view, found), tables, lists=lists)


def _how(view: View, found: list[Equivalents]) -> list[str]:
    curves = view.fitted.found.values()
    said = [HOW_TARGETS]
    if not any(isinstance(curve, Curve) for curve in curves):
        said = [f"{HOW_TARGETS} Here every curve is refused."]
    reasons = {one.reason for each in found for one in each.found.values() if isinstance(one, NotComparable)}
    if any(each.comparable for each in found):
        said.append(HOW_EQUIVALENTS)
    elif reasons:
        said.append(f"No row's accuracy can be given in examples of a simpler row: {'; '.join(sorted(reasons)[:3])}.")
    if left_out := max((len(rows) for rows in view.fitted.left_out.values()), default=0):
        said.append(
            f"The grid is too big for all curves: at each label count those of the best rows at the largest size and "
            f"of what they are held against are here, and up to {counted(left_out, 'row')} left out."
        )
    return said


def _said(view: View, targets: Targets, found: list[Equivalents]) -> list[str]:
    """Of one label count: a target, then the best row at its ends and an untrained one in examples of simpler rows."""
    labels, curves = targets.num_labels, view.fitted.at(targets.num_labels)
    best = next((row for row in curves if row not in view.simpler_rows), targets.best)
    untrained = [point for point in view.answers if point.num_labels == labels and not point.train_size]
    said = [targets_sentence(view, targets, best)]
    for each in found:
        if each.num_labels != labels:
            continue
        sizes = sorted(point.train_size for point in each.found if point.row == best)
        points = [Point(best, labels, size) for size in dict.fromkeys([*sizes[:1], *sizes[-1:]])]
        if each.other == view.simpler_rows[0]:
            points += untrained[:1]
        said += [equivalent_sentence(one) for point in points if isinstance(one := each.found.get(point), Equivalence)]
    return said


def _pictures(view: View, found: list[Equivalents]) -> list[Picture]:
    """A figure for each simpler row that has points to show."""
    pictures = []
    for place, other in enumerate(view.simpler_rows):
        some = [each for each in found if each.other == other]
        if (figure := equivalence_curves(some, view.rows, view.data)) is not None:
            text = (
                f"Training examples of {other} that do what each row does with its own, on {view.data}, a panel a "
                "label count. The numbers are in the tables below."
            )
            pictures.append(view.draw(f"same_as_{('baseline', 'probe')[place]}", figure, text))
    return pictures
