"""What each section found, in one sentence: all that is read of it while it is closed.

Sentences about rows go by the verdicts, as everything on the page does; a section that has no such sentence says what
is inside.
"""

from collections.abc import Callable

from bench.report.content.amounts import gain_text, score_text, time_text
from bench.report.content.wording import capitalised
from bench.report.statistics.correctness import places, rows_at, sample_of
from bench.report.statistics.decision import Budget
from bench.report.view import View
from bench.wording import counted

INSIDE = {
    "How many examples": "How many labelled examples a target takes, or a simpler row to do as well.",
    "Number of labels": "How scores fall as there are more labels to tell apart.",
    "All metrics": "Every metric of every row at its largest number of examples.",
    "Ranks": "Which places each row may have, given the uncertainty.",
    "Ours and published": "The numbers that others have published, beside ours.",
    "Label by label": "Which labels are found and which are confused.",
    "Calibration": "Whether a model that is 80 % sure is right in 80 % of texts.",
    "Training curves": "Loss and score on validation while training.",
    "Before and after training": "What training changed, on the same texts.",
    "Lengths of texts": "How many tokens texts have, and how many are cut.",
    "Data": "What was left out, repeated or doubtful in the data.",
    "How rows were trained": "The hyperparameters of each row, and where they come from.",
}


def finding(title: str, view: View) -> str:
    """The sentence of the section with this title."""
    found = FOUND[title](view) if title in FOUND else ""
    return found or INSIDE.get(title, "")


def _comparisons(view: View) -> str:
    """In how many places a row beats the baseline."""
    base, budgets = view.baseline, view.budgets
    if base is None or not budgets:
        return "What is best at each number of labels and examples, and what ties with it."
    beaten = sum(_is_beaten(view, base, one) for one in budgets)
    where = counted(len(budgets), "combination")
    return f"At {beaten} of {where} of labels and examples something is significantly better than {view.name_of(base)}."


def _is_beaten(view: View, base: str, one: Budget) -> bool:
    """Whether any row is significantly better than the baseline there."""
    place = one.standing.num_labels, one.standing.train_size
    made = (view.verdicts.of(row, base, *place) for row in view.verdicts.rows_at(*place) if row != base)
    return any(found is not None and found.a_is_better for found in made)


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
    """What the recommended row gains from the smallest to the largest number of examples, at most labels."""
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


def _costs(view: View) -> str:
    """From the quickest to the slowest training."""
    seconds = view.summary["train_seconds_mean"].dropna()
    trained = seconds[view.summary.loc[seconds.index, "train_size"] > 0]
    if trained.empty:
        return ""
    least, most = time_text(float(trained.min())), time_text(float(trained.max()))
    return f"A training takes {least}." if least == most else f"A training takes from {least} to {most}."


FOUND: dict[str, Callable[[View], str]] = {
    "The answer": _comparisons,
    "Heatmaps": _range_of_scores,
    "Scaling curves": _growth,
    "Cost": _costs,
}
"""By the section's title; "" where nothing can be said."""
