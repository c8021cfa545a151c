"""What somebody should know about texts and labels before training on them, as data: nothing is refused here."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.data.problems import Problem
from bench.data.sametext import alike_text, same, several_text
from bench.data.survey import Repeats, Survey
from bench.wording import counted

MAX_SHOWN = 5
"""Lines that one finding names."""
FEW_ROWS = 10
"""A label with fewer rows than so many is rare: its test set says next to nothing."""
MAX_EXCLUDED = 20
"""Labels that are left out by name; of more, the number of the others is said."""
MIN_ROWS = 2
"""Different texts that a label needs: one for training, one for testing."""
MIN_ROWS_OF_SETS = 5
"""Where rows have several labels, which no draw keeps apart: so many that training has one."""
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+")
PHONE = re.compile(r"(?<![\w.])(\+|00|0|\()[\d()/ .-]{8,18}\d(?!\w)")
LEAK_SHARE, LEAK_PURITY = 0.2, 0.95
"""A label's name in so many of its texts, and hardly in others, gives it away."""

MAX_LABELS_TRIED = 50
"""The most frequent labels, whose names are looked for."""

READ_TOKENS, LONG_SHARE = 512, 0.05
"""`training.max_length` of most models, and the share of longer texts from which on that is said."""
LAST_LATIN, SCRIPT_CHARACTERS = "\u024f", 200
"""The last of the Latin letters, and of a text as many characters as are looked at."""

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
    places: tuple[str, ...] = ()
    """Where the first of the rows stand that it is about."""
    options: Mapping[str, object] | None = None
    """Options of the data's YAML that deal with it."""


def blanks(problems: Iterable[Problem], empty_lines: int) -> list[Finding]:
    """Rows without a text or a label, and lines that are no rows."""
    found = []
    for problem in problems:
        what, option = ("label", "drop_unlabelled") if problem.kind == "no_label" else ("text", "drop_empty")
        said = f"{counted(problem.count, 'row')} without a {what}: left out ({option})"
        found.append(Finding(problem.kind, "problem", problem.count, said, problem.places, {option: True}))
    if empty_lines:
        said = f"{counted(empty_lines, 'empty line')}, counted as no row"
        found.append(Finding("empty_lines", "note", empty_lines, said))
    return found


def unlabelled_splits(counts: Mapping[str, int]) -> list[Finding]:
    """Files or splits, by name with their rows, in which no row has a label."""
    shown = ", ".join(f"{name} ({counted(rows, 'row')})" for name, rows in counts.items())
    return [Finding("unlabelled_splits", "problem", len(counts), f"without any label, and left out (splits): {shown}")]


def unread_tables(names: Sequence[str]) -> list[Finding]:
    """Files of a folder that are not read, for others are called by the sets of a split, or are of another kind."""
    if not names:
        return []
    more = f" and {len(names) - MAX_SHOWN} more" if len(names) > MAX_SHOWN else ""
    said = (
        f"not read of this folder: {', '.join(names[:MAX_SHOWN])}{more}; where tables are called train and test only "
        "these are read, and only those of one kind (to read another, give init that file)"
    )
    return [Finding("unread_tables", "warning", len(names), said)]


def several_labels(rows: int) -> list[Finding]:
    """Rows whose list of labels has none, or more than one."""
    said = f"{counted(rows, 'row')} with several labels, or with none: left out (multi_label)"
    return [Finding("not_single", "problem", rows, said)] if rows else []


def spellings(seen: Survey) -> list[Finding]:
    """Labels that differ by case, blanks or signs that nobody sees, and labels that look like several in one."""
    counts, found = seen.label_counts, []
    padded = {label for label in counts if label != label.strip()}
    if padded:
        rows = [row for row in range(len(seen.labels)) if padded.intersection(seen.names_of(row))]
        said = f"{counted(len(rows), 'row')} whose label has blanks at its ends: they are taken off (strip_labels)"
        places = tuple(seen.where(row) for row in rows[:MAX_SHOWN])
        found.append(Finding("padded_labels", "problem", len(rows), said, places, {"strip_labels": True}))
    groups = [list(dict.fromkeys(label.strip() for label in group)) for group in seen.look_alikes]
    if groups := [group for group in groups if len(group) > 1]:
        stripped: Counter[str] = Counter()
        for label, count in counts.items():
            stripped[label.strip()] += count
        merged = {label: group[0] for group in groups for label in group[1:]}
        said = f"{alike_text(groups, stripped)}: each group is made one (merge_labels)"
        found.append(Finding("alike_labels", "problem", len(groups), said, (), {"merge_labels": merged}))
    return found


def joined_labels(seen: Survey) -> list[Finding]:
    """Labels that look like several in one cell."""
    if not seen.several_in_one:
        return []
    said = several_text(seen.several_in_one, seen.label_counts)
    return [Finding("several_labels", "warning", len(seen.several_in_one), said)]


def rare_labels(
    counts: Mapping[str, int], too_few: Sequence[str], *, is_marked: bool = False, least: int = MIN_ROWS
) -> list[Finding]:
    """Labels with too few rows to learn or to judge; `too_few` can't be used at all.

    `counts` are the rows of each label; `is_marked` says whether the source says which rows are for training, `least`
    how many different texts a label needs where it does not.
    """
    found = []
    if too_few:
        why = "no text that is marked for training" if is_marked else f"fewer than {least} different texts"
        option = "exclude_labels" if len(too_few) <= MAX_EXCLUDED else "num_labels"
        said = f"labels with {why} are left out ({option}): {_with_counts([(counts[each], each) for each in too_few])}"
        found.append(Finding("unusable_labels", "problem", len(too_few), said))
    rare = sorted((count, label) for label, count in counts.items() if count < FEW_ROWS and label not in too_few)
    if rare:
        named = _with_counts(rare)
        said = f"labels with fewer than {FEW_ROWS} rows: {named}; their scores rest on one or two test texts"
        found.append(Finding("rare_labels", "warning", len(rare), said))
    return found


def repeats(normalized: Repeats, near: Repeats | None = None) -> list[Finding]:
    """Texts that come again: as they are, under other labels, and nearly (None: nobody looked)."""
    found = []
    if normalized.rows:
        said = f"{counted(normalized.rows, 'row')} {_do(normalized.rows, 'repeat')} a text: it counts once"
        found.append(Finding("repeats", "note", normalized.rows, said, _pairs(normalized.alike)))
    if normalized.conflicting_texts:
        texts, rows = counted(normalized.conflicting_texts, "text"), counted(normalized.conflicting_rows, "row")
        said = f"{texts} under more than one label ({rows}): none of them is used"
        places = _pairs(normalized.conflicting)
        found.append(Finding("conflicts", "warning", normalized.conflicting_texts, said, places))
    more = 0 if near is None else near.rows - normalized.rows
    if more > 0 and near is not None:
        said = (
            f"{counted(more, 'row')} {_do(more, 'nearly repeat')} a text (but for digits, addresses, punctuation): "
            "on both sides of the split they flatter every row; split.same_text=near takes them for one"
        )
        known = {*normalized.alike, *normalized.conflicting}
        places = _pairs([own for own in (*near.conflicting, *near.alike) if own not in known])
        found.append(Finding("near_repeats", "warning", more, said, places))
    return found


def long_texts(tokens: Sequence[int]) -> list[Finding]:
    """Texts of more tokens than models with a usual number of positions read; `tokens` are about those of each."""
    long = sum(count > READ_TOKENS for count in tokens)
    if long < LONG_SHARE * len(tokens):
        return []
    said = (
        f"{counted(long, 'text')} of {len(tokens):,} {_do(long, 'have', 'has')} more than about {READ_TOKENS} tokens, "
        "of which encoders read the beginning: training.truncation=head_tail takes both ends, "
        "training.windows=mean more of them"
    )
    return [Finding("long_texts", "warning", long, said)]


def scripts(seen: Survey, rows: Sequence[int]) -> list[Finding]:
    """Texts that are not in Latin letters: small encoders know English alone."""
    letters = [character for row in rows for character in seen.texts[row][:SCRIPT_CHARACTERS] if character.isalpha()]
    if 2 * sum(character > LAST_LATIN for character in letters) <= len(letters):
        return []
    said = (
        "most letters are not Latin, and minilm was trained on English texts: expect little of it, and add a model "
        "that knows the language (qwen2_5_0_5b knows many)"
    )
    return [Finding("scripts", "warning", len(rows), said)]


def personal_data(seen: Survey, rows: Sequence[int]) -> list[Finding]:
    """E-mail addresses and telephone numbers in `rows`: records keep test texts, and reports show them."""
    found = []
    for kind, pattern, name in (
        ("emails", EMAIL, "an e-mail address"),
        ("phones", PHONE, "what looks like a telephone number"),
    ):
        some = [row for row in rows if pattern.search(seen.texts[row])]
        if some:
            said = f"{counted(len(some), 'row')} with {name}: reports show texts (save_texts=false keeps none)"
            places = tuple(seen.where(row) for row in some[:MAX_SHOWN])
            found.append(Finding(kind, "warning", len(some), said, places))
    return found


def names_in_texts(seen: Survey, rows: Sequence[int]) -> list[Finding]:
    """Labels whose name stands in their texts, and hardly in others."""
    found = []
    texts = [(row, seen.texts[row].casefold()) for row in rows]
    for label, count in Counter(name for row in rows for name in seen.names_of(row)).most_common(MAX_LABELS_TRIED):
        name = same(label)
        if len(name) < 4 or name.isdigit() or count < FEW_ROWS:
            continue
        word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        some = [row for row, text in texts if name in text and word.search(text)]
        own = sum(label in seen.names_of(row) for row in some)
        if own >= LEAK_SHARE * count and own >= LEAK_PURITY * len(some):
            said = f"{own:,} of {count:,} texts of {label!r} hold that word: is it part of how they were labelled?"
            places = tuple(seen.where(row) for row in some[:MAX_SHOWN])
            found.append(Finding("label_in_text", "warning", own, said, places))
    return found


def columns_that_tell(labels: Sequence[str], others: Mapping[str, Sequence[str | None]]) -> list[Finding]:
    """Columns that give the label away."""
    found = []
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


def _do(count: int, verb: str, singular: str | None = None) -> str:
    """The verb in the form that goes with so many."""
    return verb if count != 1 else singular or f"{verb}s"


def _with_counts(pairs: Sequence[tuple[int, str]]) -> str:
    shown = ", ".join(f"{label!r} ({count:,})" for count, label in pairs[:6])
    return shown + (f" and {len(pairs) - 6} more" if len(pairs) > 6 else "")


def _pairs(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Where the rows of some texts stand: `row 3 = row 7`."""
    return tuple(" = ".join(own[:3]) for own in groups[:MAX_SHOWN])
