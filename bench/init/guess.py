"""Which column holds the texts and which the labels, by what stands in them. Imports nothing heavy."""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.data.set_names import set_of
from bench.errors import UserError

Values = Sequence[str | None]

TEXT_NAMES = frozenset(
    [
        "text",
        "texts",
        "body",
        "message",
        "content",
        "title",
        "headline",
        "sentence",
        "comment",
        "review",
        "tweet",
        "utterance",
        "description",
        "question",
        "document",
        "email",
        "sms",
        "post",
        "subject",
        "summary",
        "abstract",
        "query",
    ]
)
LABEL_NAMES = frozenset(
    [
        "label",
        "labels",
        "class",
        "category",
        "topic",
        "target",
        "intent",
        "sentiment",
        "kind",
        "queue",
        "tag",
        "type",
        "y",
        "rating",
        "stars",
        "score",
        "emotion",
        "genre",
        "department",
        "priority",
        "outcome",
    ]
)
SPLIT_NAMES = frozenset(["split", "set", "fold", "partition", "subset"])
GROUP_NAMES = frozenset(
    ["customer", "customer_id", "user", "user_id", "author", "account", "thread", "thread_id", "group"]
)
SAMPLE = 2000
"""Rows that are looked at, spread over the file."""
MAX_LABELS, MAX_LABEL_LENGTH = 1000, 60
"""Different values, and characters of one in the mean, that labels have at most."""
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([ T]\d{1,2}:\d{2}.*)?")
_NUMBER = re.compile(r"[-+]?[\d.,\s]+%?")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a column is like, by a sample of its rows."""

    name: str
    filled: float
    """Share of the rows that have a value."""
    distinct: float
    """Different values as a share of those there are."""
    num_distinct: int
    characters: float
    """Of a value, in the mean."""
    words: float
    dates: float
    """Share of the values that are dates, and numbers."""
    numbers: float

    @property
    def is_text(self) -> bool:
        """Whether it can be what is classified."""
        return self.filled > 0.5 and self.num_distinct > 2 and self.dates < 0.5 and self.numbers < 0.9

    @property
    def is_label(self) -> bool:
        """Whether it can be what texts are sorted into."""
        few = 2 <= self.num_distinct <= MAX_LABELS and self.distinct < 0.5
        is_short = self.characters <= MAX_LABEL_LENGTH or _is_called(self.name, LABEL_NAMES)
        return few and is_short and self.dates < 0.5


@dataclass(frozen=True, slots=True)
class Guess:
    """A column, why it was chosen, and which others could be meant."""

    column: str
    reason: str
    others: tuple[str, ...] = ()


def profile(name: str, values: Values) -> Profile:
    """What the column `name` is like."""
    step = max(1, len(values) // SAMPLE)
    sample = [value.strip() for value in values[::step] if value is not None and value.strip()]
    looked_at = max(1, len(values[::step]))
    if not sample:
        return Profile(name, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.0)
    return Profile(
        name=name,
        filled=len(sample) / looked_at,
        distinct=len(set(sample)) / len(sample),
        num_distinct=len(set(sample)),
        characters=statistics.fmean(map(len, sample)),
        words=statistics.fmean(len(value.split()) for value in sample),
        dates=sum(_DATE.fullmatch(value) is not None for value in sample) / len(sample),
        numbers=sum(_NUMBER.fullmatch(value) is not None for value in sample) / len(sample),
    )


def guess_text(profiles: Sequence[Profile]) -> Guess:
    """The column of texts: by its name, else the one with the longest values. Raises UserError where there is none."""
    able = [each for each in profiles if each.is_text]
    if not able:
        raise UserError(
            f"no column of {_named(profiles)} holds texts (more than two different ones, neither dates nor numbers): "
            "name it with --text"
        )
    longest = sorted(able, key=lambda each: -each.characters)
    called = [each for each in longest if _is_called(each.name, TEXT_NAMES)]
    # a name counts only where its texts are not much shorter than those of another column
    chosen = next((each for each in called if 4 * each.characters >= longest[0].characters), longest[0])
    is_spaced = chosen.characters < 12 * chosen.words  # Chinese and its like put no blanks between words
    size = f"{chosen.words:.0f} words" if is_spaced else f"{chosen.characters:.0f} characters"
    reason = f"{size} in the mean"
    others = [each.name for each in longest if each is not chosen and each.words >= 3]
    return Guess(chosen.name, reason, tuple(others[:3]))


def guess_label(profiles: Sequence[Profile], text: str) -> Guess:
    """The column of labels: by its name, else the one with the fewest values. Raises UserError where there is none."""
    able = [each for each in profiles if each.is_label and each.name != text and not _is_split(each)]
    if not able:
        raise UserError(
            f"no column of {_named(profiles)} holds labels (from 2 to {MAX_LABELS} short values, each several times): "
            "name it with --label"
        )
    called = [each for each in able if _is_called(each.name, LABEL_NAMES)]
    chosen = min(called or able, key=lambda each: (each.numbers > 0.9, each.distinct, each.num_distinct))
    others = [each.name for each in able if each is not chosen]
    return Guess(chosen.name, f"{chosen.num_distinct} different values", tuple(others[:3]))


def guess_split(profiles: Mapping[str, Values]) -> str | None:
    """A column that says of each row whether it is for training or for testing; None where none does."""
    for name, values in profiles.items():
        sets = {set_of(value) for value in dict.fromkeys(values) if value is not None}
        if None not in sets and {"train", "test"} <= sets:
            return name
    return None


def _is_split(column: Profile) -> bool:
    return _is_called(column.name, SPLIT_NAMES) and column.num_distinct <= 4


def _is_called(name: str, known: frozenset[str]) -> bool:
    """Whether one of the words of a column's name is known."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    return bool(set(words) & known)


def _named(profiles: Sequence[Profile]) -> str:
    return ", ".join(each.name for each in profiles[:20]) or "the file"
