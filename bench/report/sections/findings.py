"""What sections found that have no sentence of their own: all that is read of them while they are closed.

Sentences about rows go by the verdicts, as everything on the page does.
"""

from collections.abc import Callable

from bench.report.content.amounts import gain_text, score_text, time_text
from bench.report.content.wording import capitalised, metric_words
from bench.report.content.words import listed
from bench.report.statistics.correctness import places, rows_at, sample_of
from bench.report.statistics.decision import Budget
from bench.report.statistics.metrics import lower_is_better
from bench.report.view import View


def finding(title: str, view: View) -> str:
    """The sentence of the section with this title."""
    return FOUND[title](view) if title in FOUND else ""


def _comparisons(view: View) -> str:
    """In how many places a row beats the baseline."""
    base, budgets = view.baseline, view.budgets
    if base is None or not budgets:
        return "What is best at each number of labels and examples, and what ties with it."
    beaten = [won for one in budgets if (won := _is_beaten(view, base, one)) is not None]
    name = view.name_of(base)
    if not beaten:
        return f"Nothing can be compared with {name}."
    if len(beaten) == 1:
        return f"{'Something' if beaten[0] else 'Nothing'} is significantly better than {name}."
    where = f"{sum(beaten)} of {len(beaten)} combinations of labels and examples"
    return f"At {where} something is significantly better than {name}."


def _is_beaten(view: View, base: str, one: Budget) -> bool | None:
    """Whether any row is significantly better than the baseline there; None where none can be compared with it."""
    place = one.standing.num_labels, one.standing.train_size
    made = [view.verdicts.of(row, base, *place) for row in view.verdicts.rows_at(*place) if row != base]
    known = [found for found in made if found is not None]
    return any(found.a_is_better for found in known) if known else None


def _range_of_scores(view: View) -> str:
    """From the worst to the best mean."""
    if not view.compared:
        return ""
    metric = view.deciding.metric
    means = [sample_of(seeds).mean for seeds in view.compared.values()]
    low, high = score_text(min(means), metric), score_text(max(means), metric)
    if low == high:
        return f"{capitalised(metric.label)}: {low}."
    return f"{capitalised(metric.label)} from {low} to {high}, over all rows, labels and examples."


def _growth(view: View) -> str:
    """What the row in front gains from the smallest to the largest number of examples, at most labels."""
    sizes: dict[int, list[int]] = {}
    for labels, size in places(view.compared):
        sizes.setdefault(labels, []).append(size)
    labels = max(sizes, default=0)
    row = next((one.standing.best for one in reversed(view.budgets) if one.standing.num_labels == labels), None)
    if row is None:
        return ""
    own = [size for size in sizes[labels] if size and row in rows_at(view.compared, labels, size)]
    if len(own) < 2:
        return ""
    first, last = (sample_of(rows_at(view.compared, labels, size)[row]).mean for size in (own[0], own[-1]))
    gained = gain_text(last - first, view.deciding.metric)
    return f"{view.name_of(row)}: {gained} from {own[0]:,} to {own[-1]:,} examples, with {labels} labels."


def _fall(view: View) -> str:
    """From the fewest to the most labels, at the largest number of examples that both have: the best row there."""
    labels = sorted({count for count, _ in places(view.compared)})
    if len(labels) < 2:
        return ""
    for one in sorted(view.budgets, key=lambda one: (-one.standing.num_labels, -one.standing.train_size)):
        row, size = one.standing.best, one.standing.train_size
        here, there = (rows_at(view.compared, count, size).get(row) for count in (labels[0], labels[-1]))
        if one.standing.num_labels == labels[-1] and here is not None and there is not None:
            few, many = (score_text(sample_of(seeds).mean, view.deciding.metric) for seeds in (here, there))
            where = f"with {labels[0]} labels, {many} with {labels[-1]}"
            return f"{view.name_of(row)}: {few} {where}, on {size:,} examples."
    return ""


def _metrics(view: View) -> str:
    """Whether the row with the best mean is the same by every metric, with most labels and examples."""
    if not view.budgets:
        return ""
    one = max((budget.standing for budget in view.budgets), key=lambda one: (one.num_labels, one.train_size))
    whole = view.summary[(view.summary["n_ok"] == view.summary["n_expected"]) & (view.summary["n_ok"] > 0)]
    here = whole[(whole["num_labels"] == one.num_labels) & whole["train_size"].isin([one.train_size, 0])]
    first = {}
    for column in view.shown_metrics:
        means = here.set_index("row")[f"{column}_mean"].dropna()
        if len(means) > 1:
            first[column] = str(means.idxmin() if lower_is_better(column) else means.idxmax())
    by = first.pop(view.deciding.column, None)
    if by is None or not first:
        return ""
    others = [
        f"{view.name_of(row)} by {metric_words(column).removeprefix('test ')}"
        for column, row in first.items()
        if row != by
    ]
    label = view.deciding.metric.label
    if not others:
        return f"{view.name_of(by)} has the best mean by {label} and by every other metric that is drawn."
    return f"Best mean: {view.name_of(by)} by {label}, but {listed(others)}."


def _costs(view: View) -> str:
    """From the quickest to the slowest training."""
    trained = view.cost_points.loc[view.cost_points["train_size"] > 0, "train_seconds"].dropna()
    if trained.empty:
        return ""
    least, most = time_text(float(trained.min())), time_text(float(trained.max()))
    return f"A training takes {least}." if least == most else f"A training takes from {least} to {most}."


FOUND: dict[str, Callable[[View], str]] = {
    "The answer": _comparisons,
    "Heatmaps": _range_of_scores,
    "Scaling curves": _growth,
    "Number of labels": _fall,
    "All metrics": _metrics,
    "Cost": _costs,
}
"""By the section's title; "" where nothing can be said."""
