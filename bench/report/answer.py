"""The answer: what to take at each label count and budget, in words that are made of paired comparisons."""

from collections import Counter
from collections.abc import Sequence

from bench.report.answer_tables import best_rows, crossings_table, differences_table
from bench.report.answer_words import budget_points, crossing_text, place_text
from bench.report.baseline import methods_of
from bench.report.content import Section, Titled, View
from bench.report.statistics.decision import Budget, Crossing, crossing
from bench.report.statistics.ties import standing
from bench.report.tables import unequal_tasks
from bench.report.wording import counted
from bench.results.record import Status

MOST_NAMED = 4
NOT_TUNED = ("linear_probe", "zero_shot")
"""Methods that leave the model as it is."""


def answer(view: View) -> Section | None:
    """The best row of each label count and budget, what can't be told from it, and what is gained over simpler rows."""
    gone = sorted(set(view.measured) - set(view.answers))
    if not view.budgets:
        if not gone:
            return None
        return Section("The answer", ["The predictions of all finished cells are gone, so nothing can be compared."])
    opponents = view.simpler_rows
    unequal = unequal_tasks(view.cells[view.cells["status"] == Status.OK.value])
    paragraphs, lists = [*unequal, *_lead(view.budgets), _how(view)], []
    for one in at_largest_budget(view.budgets):
        where = place_text(one.standing.num_labels, one.standing.train_size)
        gained = [crossing_text(found) for found in _crossings_of_tuned(view, one, opponents)]
        lists.append((where, [*budget_points(one), *gained]))
    if gone:
        rows = ", ".join(dict.fromkeys(point.row for point in gone))
        paragraphs.append(f"Predictions are gone at {counted(len(gone), 'point')} ({rows}): they are in no comparison.")
    return Section("The answer", paragraphs, lists=lists, tables=_tables(view, opponents))


def at_largest_budget(budgets: Sequence[Budget]) -> list[Budget]:
    """Of each label count, the budget with the most training examples."""
    largest = {one.standing.num_labels: one for one in sorted(budgets, key=lambda one: one.standing.train_size)}
    return [largest[labels] for labels in sorted(largest)]


def _crossings_of_tuned(view: View, budget: Budget, opponents: Sequence[str]) -> list[Crossing]:
    """The best fine-tuned row of the budget against what is simpler, at every size."""
    tuned = [row for row, method in methods_of(view.cells).items() if method not in NOT_TUNED]
    labels = budget.standing.num_labels
    best = standing(view.answers, labels, budget.standing.train_size, tuned)
    if best is None:
        return []
    found = (crossing(view.answers, best.best, opponent, labels) for opponent in opponents)
    return [one for one in found if one.verdict != "not_compared"]


def _how(view: View) -> str:
    """What a difference has to be to count."""
    text = (
        "How differences are told: rows are compared on the same test examples and seeds; brackets are 95 % intervals. "
        "A difference counts where a paired test says so, corrected for all comparisons with the best row at that "
        "budget (Holm)."
    )
    if max(len(seeds) for seeds in view.answers.values()) == 1:
        text += (
            " There is one seed a row: intervals and tests (McNemar) know of the test examples alone, and another "
            "seed may turn what looks decided."
        )
    return text


def _lead(budgets: Sequence[Budget]) -> list[str]:
    """In how many budgets a row is the best or not told apart from it."""
    if len(budgets) < 2:
        return []
    alone = Counter(one.standing.best for one in budgets if one.standing.is_decided)
    top = Counter(
        row for one in budgets for row in (one.standing.best, *(contender.row for contender in one.standing.tied))
    )
    ordered = sorted(top, key=lambda row: (-top[row], -alone[row]))
    named = [f"{row} in {top[row]}" + (f" ({alone[row]} of them alone)" if alone[row] else "") for row in ordered]
    more = f", and {counted(len(named) - MOST_NAMED, 'other row')} in fewer" if len(named) > MOST_NAMED else ""
    text = f"Of {len(budgets)} budgets (label counts x training sizes), best or not told apart from the best: "
    return [f"{text}{', '.join(named[:MOST_NAMED])}{more}."]


def _tables(view: View, opponents: Sequence[str]) -> list[Titled]:
    return [
        best_rows(view),
        *crossings_table(view, opponents),
        *(differences_table(view, opponent) for opponent in opponents),
    ]
