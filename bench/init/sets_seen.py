"""What is to be known of rows with several labels: how many they have, and which go together."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from bench.data.survey import Survey
from bench.init.findings import Finding
from bench.init.several import LabelSets

MAX_PAIRS = 5
"""Pairs of labels that are said."""


def proposal(sets: LabelSets | None, label: str) -> list[Finding]:
    """That rows look as if they had several labels, where one label each is read."""
    if sets is None or not sets.is_proposed:
        return []
    if sets.column is None:
        option = "" if label in sets.columns else f" --label {','.join(sets.columns)}"
        what = f"columns of 0 and 1 ({', '.join(sets.columns[:6])}{', ...' if len(sets.columns) > 6 else ''})"
    else:
        option = "" if sets.column == label else f" --label {sets.column}"
        what = f"column {sets.column!r}"
    said = f"{sets.share:.0%} of the rows have several labels in {what}: --several{option} --overwrite keeps them all"
    return [Finding("label_sets", "warning", round(sets.share * 100), said)]


def pairs(seen: Survey) -> list[tuple[str, str, int]]:
    """Labels that stand together in most rows, with their number."""
    counts = Counter(pair for row in range(len(seen.texts)) for pair in combinations(seen.names_of(row), 2))
    return [(a, b, count) for (a, b), count in counts.most_common(MAX_PAIRS)]


def lines(seen: Survey) -> list[str]:
    """How many labels rows have, and which go together most often."""
    numbers = [len(seen.names_of(row)) for row in range(len(seen.texts))]
    several, none = _share([number > 1 for number in numbers]), _share([number == 0 for number in numbers])
    mean = sum(numbers) / max(len(numbers), 1)
    said = [f"{several} of the rows have several labels, {none} have none; {mean:.2f} labels a row"]
    if found := pairs(seen):
        together = ", ".join(f"{a!r} and {b!r} ({count:,})" for a, b, count in found)
        said.append(f"most often together: {together}")
    return said


def _share(are: Sequence[bool]) -> str:
    return f"{100 * sum(are) / max(len(are), 1):.0f} %"
