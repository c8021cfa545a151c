"""Which column holds the texts, which the labels, and which says how to split, by what stands in them.

Imports nothing heavy.
"""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.data.set_names import set_of
from bench.data.times import parse_times
from bench.errors import UserError

Values = Sequence[str | None]

TEXT_NAMES = re.compile(
    "text|texte|body|message|content|title|headline|sentence|comment|review|tweet|utterance|description|question|"
    "document|email|sms|post|subject|summary|abstract|query|queries|nachricht|mensaje"
)
LABEL_NAMES = re.compile(
    "label|class|classes|category|categories|topic|target|intent|sentiment|kind|queue|tag|type|y|rating|star|score|"
    "emotion|genre|department|priority|outcome|kategorie|klasse|thema|categorie"
)
SPLIT_NAMES = re.compile("split|set|fold|partition|subset")
GROUP_NAMES = re.compile(
    "customer|client|user|author|account|thread|conversation|session|patient|group|sender|kunde|nutzer|autor|cliente|"
    "auteur"
)
MAX_LABELS, MAX_LABEL_LENGTH = 1000, 60
"""Different values, and characters of one in the mean, that labels have at most."""
MIN_TIMES, TIMES_TRIED = 0.98, 200
"""Share of a column's values that are times, of the first so many, where it says when a text was written."""
MAX_SETS = 10
"""Different names that the sets of a split have at most."""
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


def profile(name: str, sample: Values) -> Profile:
    """What the column `name` is like, of which `sample` are some values."""
    values = [value.strip() for value in sample if value is not None and value.strip()]
    if not values:
        return Profile(name, 0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.0)
    return Profile(
        name=name,
        filled=len(values) / len(sample),
        distinct=len(set(values)) / len(values),
        num_distinct=len(set(values)),
        characters=statistics.fmean(map(len, values)),
        words=statistics.fmean(len(value.split()) for value in values),
        dates=sum(_DATE.fullmatch(value) is not None for value in values) / len(values),
        numbers=sum(_NUMBER.fullmatch(value) is not None for value in values) / len(values),
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
    size = f"{chosen.words:,.0f} words" if is_spaced else f"{chosen.characters:,.0f} characters"
    others = [each.name for each in longest if each is not chosen and each.words >= 3]
    return Guess(chosen.name, f"{size} on average", tuple(others[:3]))


def guess_label(profiles: Sequence[Profile], texts: Sequence[str]) -> Guess:
    """The column of labels: by its name, else the one with the fewest values. Raises UserError where there is none."""
    able = [each for each in profiles if each.is_label and each.name not in texts and not _is_split(each)]
    if not able:
        raise UserError(
            f"no column of {_named(profiles)} holds labels (from 2 to {MAX_LABELS} short values, each several times): "
            "name it with --label"
        )
    called = [each for each in able if _is_called(each.name, LABEL_NAMES)]
    chosen = min(called or able, key=lambda each: (each.numbers > 0.9, each.distinct, each.num_distinct))
    others = [each.name for each in able if each is not chosen]
    return Guess(chosen.name, f"{chosen.num_distinct} different values", tuple(others[:3]))


def is_of_sets(different: Values) -> bool:
    """Whether the `different` values of a column say of each row whether it is for training or for testing."""
    sets = {None if value is None else set_of(value) for value in different}
    return None not in sets and {"train", "test"} <= sets


def is_of_groups(name: str, filled: int, different: int) -> bool:
    """Whether a column tells whose a text is: by its name, where `different` values stand in `filled` rows."""
    return _is_called(name, GROUP_NAMES) and MAX_SETS <= different <= 0.9 * filled


def is_of_times(sample: Values) -> bool:
    """Whether a column says when a text was written: dates in nearly all rows."""
    some = sample[:TIMES_TRIED]
    values = [value for value in some if value is not None and value.strip()]
    if not values or len(values) < MIN_TIMES * len(some) or all(map(_is_plain_number, values)):
        return False
    times, _ = parse_times(values)
    return sum(time is not None for time in times) >= MIN_TIMES * len(values)


def _is_plain_number(value: str) -> bool:
    return _NUMBER.fullmatch(value.strip()) is not None and _DATE.fullmatch(value.strip()) is None


def _is_split(column: Profile) -> bool:
    return _is_called(column.name, SPLIT_NAMES) and column.num_distinct <= 4


def is_called_label(name: str) -> bool:
    """Whether a column is called as labels are."""
    return _is_called(name, LABEL_NAMES)


def _is_called(name: str, known: re.Pattern[str]) -> bool:
    """Whether one of the words of a column's name is known, in the singular or the plural."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    return any(known.fullmatch(word) or known.fullmatch(word.removesuffix("s")) for word in words)


def _named(profiles: Sequence[Profile]) -> str:
    return ", ".join(each.name for each in profiles[:20]) or "the file"
