"""The answer: what to take at each label count and budget, in words that are made of paired comparisons."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from bench.report.content.parts import Section, Titled
from bench.report.content.race_words import rules_text
from bench.report.content.revisions import mixed_revisions
from bench.report.content.verdict_words import budget_points, crossing_text, place_text, planned_text
from bench.report.content.words import TESTS, listed
from bench.report.inputs.frame import NOT_NEEDED
from bench.report.statistics.decision import Budget, Crossing, crossing
from bench.report.statistics.ties import standing
from bench.report.tables.verdict import best_rows, crossings_table, differences_table
from bench.report.view import View
from bench.results.record import Status
from bench.wording import counted

MAX_NAMED = 4


def section(view: View) -> Section | None:
    """The best row of each label count and budget, what can't be told from it, and what is gained over simpler rows."""
    gone = sorted(set(view.measured) - set(view.predictions))
    if not view.budgets:
        if warning := _warnings(view):
            return Section("The answer", warning)
        if not gone:
            return None
        return Section("The answer", ["The predictions of all finished cells are gone, so nothing can be compared."])
    opponents = view.simpler_rows
    paragraphs, lists = [*_warnings(view), by_text(view), *_lead(view)], []
    for one in at_largest_budget(view.budgets):
        place = one.standing.num_labels, one.standing.train_size
        absent = absent_rows(view.summary, *place)
        gained = _gained(view, one, opponents)
        lists.append((place_text(*place), [*budget_points(one, view.words, absent), *gained]))
        if absent and (whole := _largest_whole(view, one)) is not None:
            where = f"{place_text(*place[:1], whole.standing.train_size)}, the most that all rows have"
            lists.append((where, budget_points(whole, view.words)))
    lists.append(("How we compare", _how(view)))  # below the answers, for these are what a reader came for
    if gone:
        rows = view.words.named(dict.fromkeys(point.row for point in gone))
        paragraphs.append(f"Predictions are gone at {counted(len(gone), 'point')} ({rows}): they are in no comparison.")
    return Section("The answer", paragraphs, lists=lists, tables=_tables(view, opponents))


def at_largest_budget(budgets: Sequence[Budget]) -> list[Budget]:
    """Of each label count, the budget with the most training examples."""
    largest = {one.standing.num_labels: one for one in sorted(budgets, key=lambda one: one.standing.train_size)}
    return [largest[labels] for labels in sorted(largest)]


def absent_rows(summary: pd.DataFrame, num_labels: int, train_size: int) -> dict[str, str]:
    """The rows of the grid that have no finished cell at a point, with how their cells ended; `summary_frame`."""
    if summary.empty:
        return {}
    here = summary[(summary["num_labels"] == num_labels) & summary["train_size"].isin([train_size, 0])]
    gone = here[(here["n_ok"] == 0) & (here["not_ok"] != NOT_NEEDED)]
    return dict(zip(gone["row"].astype(str), gone["not_ok"].astype(str), strict=True))


def _largest_whole(view: View, budget: Budget) -> Budget | None:
    """Of the same label count, the budget with the most training examples that all rows have; None for none."""
    whole = [
        one
        for one in view.budgets
        if one.standing.num_labels == budget.standing.num_labels
        and not absent_rows(view.summary, one.standing.num_labels, one.standing.train_size)
    ]
    return max(whole, key=lambda one: one.standing.train_size, default=None)


def _gained(view: View, budget: Budget, opponents: Sequence[str]) -> list[str]:
    """The planned comparison with the baseline, and what the best fine-tuned row has over what is simpler."""
    one, base = budget.standing, view.verdicts.baseline
    crossings = _crossings_of_tuned(view, budget, opponents)
    said = [crossing_text(found, view.words) for found in crossings]
    if base is None or base == one.best or any((found.row, found.opponent) == (one.best, base) for found in crossings):
        return said
    planned = view.verdicts.of(one.best, base, one.num_labels, one.train_size)
    return said if planned is None else [planned_text(planned, view.words), *said]


def _crossings_of_tuned(view: View, budget: Budget, opponents: Sequence[str]) -> list[Crossing]:
    """The best fine-tuned row against what is simpler, at every size: the best of the largest size that one has."""
    tuned, labels = view.verdicts.tuned, budget.standing.num_labels
    sizes = (one.standing.train_size for one in reversed(view.budgets) if one.standing.num_labels == labels)
    standings = (standing(view.compared, labels, size, tuned, view.verdicts) for size in sizes)
    best = next((one for one in standings if one is not None), None)
    if best is None:
        return []
    found = (crossing(view.compared, best.best, opponent, labels, view.verdicts) for opponent in opponents)
    return [one for one in found if one.verdict != "not_compared"]


def _warnings(view: View) -> list[str]:
    """Where rows of a task had other examples, or cells of a row other models or data."""
    mixed = mixed_revisions(view.cells[view.cells["status"] == Status.OK.value])
    if not view.verdicts.unequal:
        return mixed
    where = "; ".join(place_text(*place) for place in sorted(view.verdicts.unequal))
    return [
        *mixed,
        f"Warning: the rows did not have the same examples at {where}. Nothing is compared there: what "
        "differs may be the examples' doing.",
    ]


def by_text(view: View) -> str:
    """The metric that decides, and why it does."""
    return f"Rows are compared by {view.deciding.metric.label}, {view.deciding.reason}."


def _how(view: View) -> list[str]:
    """What a difference has to be to count."""
    if view.races:
        assert view.options.race is not None
        return rules_text(view.options.race, view.words)
    planned = view.simpler_rows
    said = ["Rows are compared on the same test examples and seeds; intervals are of 95 %."]
    if planned:
        said.append(
            f"Comparisons with {view.words.named(planned)} are planned: a paired test of the two rows alone decides "
            "(p < 0.05). That the best row is above them is corrected for the rows that it was chosen from, for the "
            "choice was by the same answers."
        )
    said += [
        f"{'Other pairs' if planned else 'Pairs'} at a label count and training size are tested all together: the "
        "variance between seeds is pooled over rows that are alike in it, and p is corrected for all pairs (Holm).",
        "From which size on a row beats another is tested from the largest size down, and stops at the first test that "
        "fails.",
    ]
    if max(len(seeds) for seeds in view.predictions.values()) == 1:
        said.append(
            f"There is one seed a row, which decides nothing: intervals and tests{_tests(view)} know of the test "
            "examples alone, and another seed may turn what looks decided."
        )
    return said


def _tests(view: View) -> str:
    """Those that compared the page's rows: " (McNemar)"; nothing where no two could be compared."""
    budgets = (one.standing for one in view.budgets)
    used = {pair.test for one in budgets for pair in view.verdicts.pairs(one.num_labels, one.train_size)}
    return f" ({listed(name for test, name in TESTS.items() if test in used)})" if used else ""


def _lead(view: View) -> list[str]:
    """Which rows are the first, or not significantly worse than it, at how many label counts and training sizes."""
    standings = [one.standing for one in view.budgets]
    if len(standings) < 2:
        return []
    top = Counter(row for one in standings for row in (one.best, *(contender.row for contender in one.tied)))
    alone = Counter(one.best for one in standings if one.is_significant)
    always = [row for row, count in top.items() if count == len(standings)]
    counts, sizes = len({one.num_labels for one in standings}), len({one.train_size for one in standings})
    grid = f"all {len(standings)} combinations of labels and examples"
    if min(counts, sizes) > 1 and counts * sizes == len(standings):
        grid += f" ({counts} label counts x {sizes} training sizes)"
    rest = sorted(set(top) - set(always), key=lambda row: (-top[row], -alone[row]))
    at = [f"{view.name_of(row)} at {top[row]}" + f" ({alone[row]} alone)" * (alone[row] > 0) for row in rest]
    if len(always) > 1:
        said = f"{view.words.named(always, MAX_NAMED)} tie for first at {grid}"
    elif always:
        alone_at = alone[always[0]]
        ties = ", alone" if alone_at == len(standings) else f", alone at {alone_at}" if alone_at else ", with ties"
        said = f"{view.name_of(always[0])} is first at {grid}{ties}"
    else:
        return [f"Of {grid}, first or tied for first are {listed(at, MAX_NAMED)}."]
    return [f"{said}; {listed(at, MAX_NAMED)}." if at else f"{said}."]


def _tables(view: View, opponents: Sequence[str]) -> list[Titled]:
    return [
        best_rows(view),
        *crossings_table(view, opponents),
        *(differences_table(view, opponent) for opponent in opponents),
    ]
