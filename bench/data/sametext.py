"""Which texts, and which labels, are the same to a reader: however they are typed."""

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.escape.characters import shortened

UNSEEN = str.maketrans("", "", "\u00ad\u034f\u200b\u2060\ufeff")
"""Characters that no reader sees and that change nothing about the others: soft hyphens, zero-width blanks."""
BLANK_LETTERS = "\u034f\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols, by Unicode, that are drawn as nothing."""
BLANK_KINDS = ("Cc", "Cf", "Zs", "Zl", "Zp")
SEPARATORS = re.compile(r"[,;|/]")
MAX_NAMED, MAX_LENGTH = 4, 60
"""Labels, and characters of one, that a sentence names."""


def same(text: str) -> str:
    """What texts that read the same have in common: Unicode form (NFKC), case and runs of blanks do not count."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(UNSEEN).casefold())
    return " ".join(text.casefold().split())


COMPARED: dict[str, Callable[[str], str]] = {"exact": str.strip, "normalized": same}
"""By `split.same_text`: what two texts are compared by; `near` is no matter of one text alone (`neartext`)."""


@functools.lru_cache(maxsize=8)
def compared(texts: tuple[str, ...], how: str) -> tuple[str, ...]:
    """The texts as they are compared; remembered for the tasks that are drawn from the same pool."""
    if how == "near":
        from bench.data.neartext import near_keys  # which needs numpy

        return tuple(near_keys(texts))
    return tuple(map(COMPARED[how], texts))


@functools.lru_cache(maxsize=8)
def conflicting(texts: tuple[str, ...], labels: tuple[str, ...], how: str) -> frozenset[str]:
    """Texts, as they are compared, that stand under more than one label."""
    first: dict[str, str] = {}
    keys = compared(texts, how)
    return frozenset(key for key, label in zip(keys, labels, strict=True) if first.setdefault(key, label) != label)


def is_blank(text: str) -> bool:
    """Whether there is nothing to read: white space, and characters of no width."""
    if text[:1].isalnum():
        return not text.strip(BLANK_LETTERS) if text[0] in BLANK_LETTERS else False
    return all(
        character in BLANK_LETTERS
        or unicodedata.category(character) in BLANK_KINDS
        or "\ufe00" <= character <= "\ufe0f"
        for character in text
    )


def same_label(label: str) -> str:
    """As `same`; whole numbers are the same however they are written (`1`, `1.0`, `01`).

    No character without a width counts (joiners, marks of direction), and small letters keep the dot of a capital I.
    """
    seen = "".join(character for character in label if unicodedata.category(character) != "Cf")
    plain = same(same(seen).replace("i\u0307", "i"))
    if re.fullmatch(r"[+-]?[0-9]{1,15}(\.0*)?", plain):
        return str(int(plain.split(".")[0]))
    return plain


def look_alikes(counts: Mapping[str, int]) -> list[list[str]]:
    """Groups of labels that look alike, the most frequent spelling of each first (ties: the first met)."""
    groups: dict[str, list[str]] = {}
    for label in counts:
        groups.setdefault(same_label(label), []).append(label)
    return [sorted(group, key=lambda label: -counts[label]) for group in groups.values() if len(group) > 1]


def several_in_one(labels: Iterable[str]) -> list[str]:
    """Labels that look like several of the others in one cell (`sport,money`)."""
    known = {same_label(label): label for label in labels}
    found = []
    for label in known.values():
        parts = [same_label(part) for part in SEPARATORS.split(label)]
        if len(parts) > 1 and all(part in known for part in parts):
            found.append(label)
    return found


def alike_text(groups: Sequence[Sequence[str]], counts: Mapping[str, int]) -> str:
    """Say which groups `look_alikes` found, with the rows of each label."""
    shown = "; ".join(_with_rows(group, counts) for group in groups[:MAX_NAMED])
    more = f"; and {len(groups) - MAX_NAMED} more groups" if len(groups) > MAX_NAMED else ""
    return f"labels look alike: {shown}{more}"


def several_text(several: Sequence[str], counts: Mapping[str, int]) -> str:
    """Say which labels `several_in_one` found, with the way out."""
    sign = SEPARATORS.findall(several[0])[0]
    apart = f"task=multi_label with data.label_separator='\"{sign}\"' gives a row each of them"
    return (
        f"labels look like several in one cell, and count as labels of their own: {_with_rows(several, counts)} "
        f"({apart}, data.exclude_labels leaves them out, data.merge_labels={{label: other}} gives them another name)"
    )


def _with_rows(labels: Sequence[str], counts: Mapping[str, int]) -> str:
    more = f" and {len(labels) - MAX_NAMED} more" if len(labels) > MAX_NAMED else ""
    named = [(label if len(label) <= MAX_LENGTH else shortened(label, MAX_LENGTH), counts[label]) for label in labels]
    return ", ".join(f"{label!r} ({count:,})" for label, count in named[:MAX_NAMED]) + more


def label_notes(labels: Sequence[str], texts: Sequence[str], *, merged: bool) -> list[str]:
    """What somebody should know about the labels before training on them."""
    counts = Counter(labels)
    notes = []
    if groups := look_alikes(counts):
        notes.append(f"{alike_text(groups, counts)} (data.merge_labels=true makes each group one label)")
    if several := several_in_one(counts):
        notes.append(several_text(several, counts))
    single = sum(count == 1 for count in counts.values())
    if len(counts) >= 10 and 2 * single > len(counts) and len(set(texts)) < len(counts):
        notes.append(
            f"{single:,} of {len(counts):,} labels have one example, and there are only {len(set(texts)):,} different "
            "texts: are data.text_column and data.label_column the wrong way round?"
        )
    return notes
