"""The answer's tables: what is best at every budget, from where on rows beat simpler ones, and every difference."""

from collections.abc import Sequence
from typing import Any

from bench.report.content.parts import Entry, Number, Titled, interval_numbers, known_number, point_id, size_entry
from bench.report.content.strips import with_strips
from bench.report.content.table import table
from bench.report.content.verdict_words import sure_text
from bench.report.content.wording import difference_text, number_text
from bench.report.content.words import TESTS, p_text
from bench.report.statistics.decision import Budget, Crossing, crossing
from bench.report.statistics.intervals import Interval
from bench.report.statistics.ties import Contender, Standing
from bench.report.view import View
from bench.wording import counted

VERDICTS = {
    "never": "at no size",
    "unclear": "at some sizes, not at the largest",
    "not_compared": "not compared",
}
MAX_NAMED = 3
BEST_ROWS = "Best rows"
SCORE, DIFFERENCE = 3, 3
"""Their columns."""


def best_rows(view: View) -> Titled:
    """One line a budget."""
    header = [
        "labels",
        "training examples",
        "best row",
        f"{view.deciding.metric.label} [95 %]",
        "not significantly different",
    ]
    header += ["next", "cheapest within one point", "seeds to decide"]
    lines = with_strips([_line(view, one) for one in view.budgets], SCORE)
    return Titled(BEST_ROWS, table(header, lines), name="best_rows")


def _line(view: View, one: Budget) -> list[object]:
    standing = one.standing
    size = standing.train_size
    known = (standing.best, standing.num_labels, size) in view.predictions
    point = point_id(view.data, standing.best, standing.num_labels, size if known else 0)
    nearest = standing.others[0] if standing.others else None
    return [
        standing.num_labels,
        size_entry(size),
        standing.best,
        Entry(interval_text(standing.score), point=point, numbers=_score_numbers(standing.score)),
        _tied(standing),
        "" if nearest is None else Entry(_behind(nearest), numbers=_behind_numbers(nearest)),
        _cheapest(one),
        _needed(one),
    ]


def interval_text(found: Interval) -> str:
    """ "0.912 [0.890, 0.931]"."""
    return f"{number_text(found.estimate)} [{number_text(found.low)}, {number_text(found.high)}]"


def signed_text(difference: float, low: float, high: float) -> str:
    """ "+0.021 [-0.004, +0.046]"."""
    return f"{difference_text(difference)} [{difference_text(low)}, {difference_text(high)}]"


def _behind(nearest: Contender) -> str:
    one = nearest.against_best
    if nearest.ahead:
        common = counted(len(one.seeds), "common seed")
        return f"{nearest.row}, {interval_text(one.turned.difference)} ahead on {common}"
    return f"{nearest.row}, {interval_text(one.difference)} behind ({sure_text(one)})"


def _score_numbers(score: Interval) -> dict[str, Number]:
    seeds = {"n_seeds": score.num_seeds, "n_test": score.num_examples}
    return interval_numbers(score.estimate, score.low, score.high) | seeds


def _behind_numbers(nearest: Contender) -> dict[str, Number]:
    """How far the row is behind; negative where it is ahead."""
    one = nearest.against_best
    found = one.difference
    numbers = interval_numbers(found.estimate, found.low, found.high, "behind")
    return {"row": nearest.row, **numbers, "p": one.decisive_p, "n_seeds": len(one.seeds)}


def _tied(standing: Standing) -> str:
    if not standing.others:
        return "no other row"
    apart = [contender.row for contender in standing.others if not contender.tied]
    if len(standing.tied) > MAX_NAMED and len(apart) < len(standing.tied):
        return f"all {len(standing.tied)} others" if not apart else f"all others but {', '.join(apart)}"
    return ", ".join(contender.row for contender in standing.tied) or "none"


def _cheapest(one: Budget) -> str:
    if one.cheapest is None:
        return "not known"
    return one.cheapest.row if one.cheapest.is_sure else f"{one.cheapest.row} (not sure)"


def _needed(one: Budget) -> Entry | str:
    if one.needed is None:
        return "" if not one.standing.others else "decided" if one.standing.is_significant else ""
    if one.standing.tied[0].against_best.paired.both_untrained:
        return "more seeds change nothing"
    if one.needed.seeds is not None:
        text = f"about {one.needed.seeds} for {one.needed.difference:.3f}"
        return Entry(text, numbers={"": one.needed.seeds, "for_difference": float(one.needed.difference)})
    return one.needed.reason


def crossings_table(view: View, opponents: Sequence[str]) -> list[Titled]:
    """From which training size each row beats the baseline and the probe: a table an opponent, a line a row."""
    counts = sorted({point.num_labels for point in view.predictions})
    found = []
    for opponent in opponents:
        rows = [row for row in dict.fromkeys(point.row for point in view.predictions) if row != opponent]
        lines = [
            [row, *(_where(crossing(view.predictions, row, opponent, labels, view.verdicts)) for labels in counts)]
            for row in rows
        ]
        header = ["row", *(f"{labels} labels" for labels in counts)]
        title = f"Smallest training set with which a row beats {view.name_of(opponent)}"
        if lines:
            found.append(Titled(title, table(header, lines), name=f"beats_{opponent}"))
    return found


def _where(one: Crossing) -> Entry | str:
    if one.verdict in VERDICTS:
        worse = "; worse at some" if one.is_ever_worse else ""
        return VERDICTS[one.verdict] + worse
    if not one.size:
        return "better"
    text = f"{one.size:,}" if one.verdict == "from_size" else f"{one.size:,} (smallest tried)"
    return Entry(text, numbers={"": one.size})


def differences_table(view: View, opponent: str) -> Titled:
    """Every row less `opponent` at every point that both have, with its interval, test and effect size."""
    frame = view.differences_to(opponent)
    header = [
        "row",
        "labels",
        "training examples",
        f"difference in {view.deciding.metric.label} [95 %]",
        "significant",
        "p",
    ]
    header += ["p, corrected for all pairs there", "test", "effect size (Cohen's h)", "seeds", "left out"]
    lines = [_difference_line(view, line) for line in frame.itertuples(index=False)]
    lines = with_strips(lines, DIFFERENCE, around_zero=True)
    return Titled(
        f"Differences to {view.name_of(opponent)}",
        table(header, lines),
        name=f"differences_to_{opponent}",
        folded=f"All {counted(len(lines), 'comparison')}",
    )


def _difference_line(view: View, one: Any) -> list[object]:
    known = (one.row, one.num_labels, one.train_size) in view.predictions
    point = point_id(view.data, one.row, one.num_labels, one.train_size if known else 0)
    told = "no" if not one.is_significant else "better" if one.difference > 0 else "worse"
    told = told if one.decides else "one seed"
    return [
        one.row,
        one.num_labels,
        size_entry(one.train_size),
        Entry(
            signed_text(one.difference, one.low, one.high),
            point=point,
            numbers=interval_numbers(one.difference, one.low, one.high, ""),
        ),
        told,
        Entry(_p(one), numbers={"": float(one.p), "chosen": known_number(one.chosen_p), "choices": int(one.choices)}),
        Entry(p_text(one.adjusted_p), numbers={"": float(one.adjusted_p)}),
        TESTS[one.test],
        Entry(difference_text(one.cohens_h, 2), numbers={"": known_number(one.cohens_h)}),
        one.num_seeds,
        one.seeds_left_out,
    ]


def _p(one: Any) -> str:
    return p_text(one.p) + (f"; {p_text(one.chosen_p)} as the best of {one.choices} rows" if one.choices > 1 else "")
