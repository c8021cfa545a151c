"""What somebody should know about texts and labels before training on them, as data: nothing is refused here."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.data.sametext import compared, is_blank, look_alikes, same, several_in_one
from bench.wording import counted

MAX_SHOWN = 5
"""Lines that one finding names."""
FEW_ROWS = 10
"""A label with fewer rows than so many is rare: its test set says next to nothing."""
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+")
PHONE = re.compile(r"(?<![\w.])(\+|00|0|\()[\d()/ .-]{8,18}\d(?!\w)")
LEAK_SHARE, LEAK_PURITY = 0.2, 0.95
"""A label's name in so many of its texts, and hardly in others, gives it away."""

Severity = Literal["problem", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen."""

    kind: str
    severity: Severity
    """`problem`: rows can't be used as they are; `warning`: numbers may mislead; `note`: good to know."""
    count: int
    text: str
    """One sentence."""
    rows: tuple[int, ...] = ()
    """The first rows that it is about, from 0."""
    options: Mapping[str, object] | None = None
    """Options of the data's YAML that deal with it."""


def blanks(texts: Sequence[str | None], labels: Sequence[str | None]) -> list[Finding]:
    """Rows without a text or a label."""
    without = [
        {row for row, value in enumerate(values) if value is None or is_blank(value)} for values in (texts, labels)
    ]
    neither = sorted(without[0] & without[1])
    no_text, no_label = (sorted(rows.difference(neither)) for rows in without)
    found = []
    if neither:
        said = f"{_rows(neither)} with neither text nor label: left out (drop_empty, drop_unlabelled)"
        both = {"drop_empty": True, "drop_unlabelled": True}
        found.append(Finding("empty", "problem", len(neither), said, _first(neither), both))
    if no_text:
        said = f"{_rows(no_text)} without a text: left out (drop_empty)"
        found.append(Finding("no_text", "problem", len(no_text), said, _first(no_text), {"drop_empty": True}))
    if no_label:
        said = f"{_rows(no_label)} without a label: left out (drop_unlabelled)"
        found.append(Finding("no_label", "problem", len(no_label), said, _first(no_label), {"drop_unlabelled": True}))
    return found


def spellings(labels: Sequence[str]) -> list[Finding]:
    """Labels that differ by case, blanks or signs that nobody sees, and labels that look like several in one."""
    counts, found = Counter(labels), []
    padded = [label for label in counts if label != label.strip()]
    if padded:
        rows = [row for row, label in enumerate(labels) if label != label.strip()]
        said = f"{_rows(rows)} whose label has blanks at its ends: they are taken off (strip_labels)"
        found.append(Finding("padded_labels", "problem", len(rows), said, _first(rows), {"strip_labels": True}))
    stripped: Counter[str] = Counter()
    for label, count in counts.items():
        stripped[label.strip()] += count
    groups = look_alikes(stripped)
    if groups:
        shown = "; ".join(" = ".join(f"{label!r} ({stripped[label]:,})" for label in group[:4]) for group in groups[:4])
        merged = {label: group[0] for group in groups for label in group[1:]}
        said = f"labels that look alike are made one (merge_labels): {shown}"
        found.append(Finding("alike_labels", "problem", len(groups), said, (), {"merge_labels": merged}))
    if joined := several_in_one(stripped):
        shown = ", ".join(f"{label!r} ({stripped[label]:,})" for label in joined[:4])
        said = f"labels look like several in one cell, and count as labels of their own: {shown}"
        found.append(Finding("several_labels", "warning", len(joined), said))
    return found


def rare_labels(labels: Sequence[str]) -> list[Finding]:
    """Labels with too few rows to learn or to judge."""
    counts = Counter(labels)
    rare = sorted((count, label) for label, count in counts.items() if count < FEW_ROWS)
    if not rare:
        return []
    shown = ", ".join(f"{label!r} ({count})" for count, label in rare[:6])
    more = f" and {len(rare) - 6} more" if len(rare) > 6 else ""
    said = f"labels with fewer than {FEW_ROWS} rows: {shown}{more}; their scores rest on one or two test texts"
    return [Finding("rare_labels", "warning", len(rare), said)]


def repeats(texts: Sequence[str], labels: Sequence[str], near: Sequence[str]) -> list[Finding]:
    """Texts that come again: as they are, under other labels, and nearly (those have the same `near`)."""
    found = []
    keys = compared(tuple(texts), "normalized")
    groups = _groups(keys)
    again = [row for rows in groups for row in rows[1:]]
    if again:
        said = f"{_rows(again)} that repeat a text: it counts once"
        found.append(Finding("repeats", "note", len(again), said, _first(sorted(again))))
    conflicting = [rows for rows in groups if len({labels[row] for row in rows}) > 1]
    if conflicting:
        rows = sorted(row for group in conflicting for row in group)
        said = f"{counted(len(conflicting), 'text')} under more than one label ({_rows(rows)}): none of them is used"
        found.append(Finding("conflicts", "warning", len(conflicting), said, _first(rows)))
    known = {keys[rows[0]] for rows in groups}
    alike = _groups(near)
    nearly = [
        row for rows in alike if len({keys[row] for row in rows}) > 1 for row in rows[1:] if keys[row] not in known
    ]
    if nearly:
        said = (
            f"{_rows(nearly)} that nearly repeat a text (but for digits, addresses, punctuation): "
            "on both sides of the split they flatter every row; split.same_text=near takes them for one"
        )
        found.append(Finding("near_repeats", "warning", len(nearly), said, _first(sorted(nearly))))
    return found


def personal_data(texts: Sequence[str]) -> list[Finding]:
    """E-mail addresses and telephone numbers: records keep test texts, and reports show them."""
    found = []
    for kind, pattern, name in (
        ("emails", EMAIL, "an e-mail address"),
        ("phones", PHONE, "what looks like a telephone number"),
    ):
        rows = [row for row, text in enumerate(texts) if pattern.search(text)]
        if rows:
            said = f"{_rows(rows)} with {name}: reports show texts (save_texts=false keeps none)"
            found.append(Finding(kind, "warning", len(rows), said, _first(rows)))
    return found


def leaks(texts: Sequence[str], labels: Sequence[str], others: Mapping[str, Sequence[str | None]]) -> list[Finding]:
    """What gives the label away: its own name in the text, or another column."""
    found = []
    for label, count in Counter(labels).most_common(50):
        name = same(label)
        if len(name) < 4 or name.isdigit() or count < FEW_ROWS:
            continue
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        rows = [row for row, text in enumerate(texts) if word.search(text.casefold())]
        own = sum(labels[row] == label for row in rows)
        if own >= LEAK_SHARE * count and own >= LEAK_PURITY * len(rows):
            said = f"{own:,} of {count:,} texts of {label!r} hold that word: is it part of how they were labelled?"
            found.append(Finding("label_in_text", "warning", own, said, _first(rows)))
    for name, values in others.items():
        if (share := _gives_away(values, labels)) is not None:
            said = f"column {name!r} tells the label of {share:.0%} of the rows: keep it out of the text"
            found.append(Finding("column_gives_away", "note", len(values), said))
    return found


def _gives_away(values: Sequence[str | None], labels: Sequence[str]) -> float | None:
    """How many rows have the label that is usual with their value; None where that says little."""
    by_value: dict[str, Counter[str]] = defaultdict(Counter)
    for value, label in zip(values, labels, strict=True):
        if value is not None:
            by_value[value][label] += 1
    filled = sum(sum(counts.values()) for counts in by_value.values())
    if filled < len(labels) / 2 or len(by_value) > filled / 5:  # names of single rows tell everything of them
        return None
    told = sum(max(counts.values()) for counts in by_value.values()) / filled
    floor = max(Counter(labels).values()) / len(labels)
    return told if told >= LEAK_PURITY and told > floor + 0.1 else None


def _groups(keys: Sequence[str]) -> list[list[int]]:
    """Rows that share a key, each group in order; those of one row are left out."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows[key].append(row)
    return [group for group in rows.values() if len(group) > 1]


def _first(rows: Iterable[int]) -> tuple[int, ...]:
    return tuple(list(rows)[:MAX_SHOWN])


def _rows(rows: Sequence[int]) -> str:
    return counted(len(rows), "row")
