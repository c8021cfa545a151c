"""Texts with several labels in tables: each label, how many there are a text, which go together, which are confused."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.report.content.parts import Entry, Titled, size_entry
from bench.report.content.table import table
from bench.report.content.wording import number_text
from bench.report.inputs.records import Seeds
from bench.report.statistics.correctness import BySeed, Grid, TestSet
from bench.report.statistics.label_sets import average_precisions, in_place_of, missed, sizes, together
from bench.report.statistics.points import Point
from bench.results.scores import Evaluation

MOST = 4
"""Labels of a text that are told apart: so many and more are one column."""
MAX_PAIRS = 15
"""Of labels, in a table."""
MIN_MISSED = 5
"""Texts in which a label was missed, of all seeds: of fewer, nothing is said."""
NONE = Entry("–", numbers={})


def every_label(row: str, seeds: Seeds, answers: BySeed) -> Titled:
    """Of one point: each label's frequency, scores and threshold, means over seeds, the most frequent label first.

    `answers` are those with probabilities; without them, average precision is left out.
    """
    tests = [measured.test for measured in seeds.values()]
    thresholds = [_thresholds(measured.choices) for measured in seeds.values()]
    precisions = {seed: average_precisions(each.labelled) for seed, each in answers.items()}
    lines = []
    for place, first in enumerate(tests[0].per_label):
        scores = [test.per_label[place] for test in tests]
        own = [each.get(first.label, each.get("")) for each in thresholds]
        found = [
            values[answers[seed].test_set.names.index(first.label)]
            for seed, values in precisions.items()
            if first.label in answers[seed].test_set.names
        ]
        support = float(np.mean([one.support for one in scores]))
        share = float(np.mean([one.support / test.num_examples for one, test in zip(scores, tests, strict=True)]))
        measured = [_mean([getattr(one, name) for one in scores]) for name in ("precision", "recall", "f1")]
        entries = [*measured, _mean(found)] if support else [NONE] * 4
        count = Entry(f"{support:,.0f}", numbers={"": support})
        lines.append((support, [first.label, count, _share(share), *entries, _mean(own, 2)]))
    lines.sort(key=lambda line: -line[0])
    header = ["label", "test texts", "of all", "precision", "recall", "F1", "average precision", "threshold"]
    size = f"{len(tests[0].per_label)} labels"
    return Titled(f"Every label by {row}, {size}", table(header, [line for _, line in lines]), name="every_label")


def _thresholds(choices: Mapping[str, Any]) -> Mapping[str, float]:
    """By label, or under "" one for all, as the record has them; 0.5 where it chose none."""
    said = choices.get("thresholds")
    if not said:
        return {"": 0.5}
    return said.get("label_thresholds") or ({"": said["threshold"]} if "threshold" in said else {})


def cardinality(points: Mapping[Point, Sequence[Evaluation]], grid: Grid) -> Titled:
    """A line a row, and one for the truth: labels a text, and the share of texts with so many; all seeds together."""
    lines: list[list[Any]] = []
    labels = next(iter(points)).num_labels
    most = min(MOST, labels)
    for point, tests in points.items():
        answered = list(grid[point].values())
        if not lines:
            whole = np.sum([sizes(each.test_set.labels, most) for each in answered], axis=0)
            true = float(np.mean([test.label_sets.mean_true for test in tests if test.label_sets]))
            lines.append(["(the texts have)", "", Entry(number_text(true, 2), numbers={"": true}), *_shares(whole), ""])
        counts = np.sum([sizes(each.predicted, most) for each in answered], axis=0)
        given = float(np.mean([test.label_sets.mean_predicted for test in tests if test.label_sets]))
        exact = _share(float(np.mean([test.accuracy for test in tests])))
        size, mean = size_entry(point.train_size), Entry(number_text(given, 2), numbers={"": given})
        lines.append([point.row, size, mean, *_shares(counts), exact])
    names = [
        *("no label" if not count else f"{count}" for count in range(most)),
        f"{most}{' or more' * (most < labels)}",
    ]
    header = ["row", "training examples", "labels a text", *names, "exactly the right ones"]
    return Titled(f"Labels a text is given, {labels} labels", table(header, lines), name=f"labels_a_text_{labels}")


def pairs_together(row: str, seeds: BySeed) -> Titled | None:
    """Pairs of labels that most texts have both of, and how many are given both; None where no text has two."""
    first = next(iter(seeds.values())).test_set
    same = [each for each in seeds.values() if each.test_set.names == first.names]
    true = np.mean([together(each.test_set.labels) for each in same], axis=0)
    given = np.mean([together(each.predicted) for each in same], axis=0)
    lines = []
    for one, other in _most(np.triu(true, 1)):
        rarer = min((one, other), key=lambda label: true[label, label])
        entries = [_count(true[one, other]), _share(true[one, other] / true[rarer, rarer]), _count(given[one, other])]
        lines.append([first.names[one], first.names[other], *entries])
    if not lines:
        return None
    header = ["label", "with", "test texts with both", "of those with the rarer one", f"given both by {row}"]
    title = f"Labels that go together, {len(first.names)} labels"
    return Titled(title, table(header, lines), name=f"labels_together_{len(first.names)}")


def pairs_confused(rows: Mapping[str, BySeed], test_set: TestSet) -> Titled | None:
    """Of each row, labels that are missed, and what those texts are wrongly given; None where there is nothing."""
    lines = []
    for row, seeds in rows.items():
        same = [each for each in seeds.values() if each.test_set.names == test_set.names]
        gone, instead = (np.sum([count(each) for each in same], axis=0) for count in (missed, in_place_of))
        for label, other in _most(np.where(gone[:, None] >= MIN_MISSED, instead, 0), MAX_PAIRS // 3):
            often = [_count(gone[label] / len(same)), _share(instead[label, other] / gone[label])]
            lines.append([row, test_set.names[label], test_set.names[other], *often])
    if not lines:
        return None
    header = ["row", "label that is missed", "given wrongly there", "texts that miss it", "of these"]
    title = f"Labels given where another is missed, {len(test_set.names)} labels"
    return Titled(title, table(header, lines), name=f"labels_missed_{len(test_set.names)}")


def _most(counts: Any, most: int = MAX_PAIRS) -> list[tuple[int, int]]:
    """The places of the largest counts above zero."""
    order = np.argsort(-counts, axis=None, kind="stable")[:most]
    found = [np.unravel_index(place, counts.shape) for place in order]
    return [(int(line), int(column)) for line, column in found if counts[line, column] > 0]


def _shares(counts: Any) -> list[Entry]:
    return [_share(float(count / max(counts.sum(), 1))) for count in counts]


def _share(share: float) -> Entry:
    return Entry(f"{100 * share:.1f} %", numbers={"": float(share)})


def _count(mean: float) -> Entry:
    return Entry(f"{mean:,.0f}", numbers={"": float(mean)})


def _mean(values: Sequence[float | None], digits: int = 3) -> Entry:
    known = [value for value in values if value is not None and not np.isnan(value)]
    if not known:
        return NONE
    mean = float(np.mean(known))
    return Entry(number_text(mean, digits), numbers={"": mean})
