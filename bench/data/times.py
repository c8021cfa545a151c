"""Times as people write them, as numbers that can be compared. Imports nothing heavy."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ ,T]+(.*))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
NAMED = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%a %d %b %Y %H:%M:%S %z", "%Y%m%dT%H%M%S", "%b %Y", "%B %Y")
"""With names of months, commas taken out; and two of machines."""
Parser = Callable[[str], float]


def parse_times(values: Sequence[object]) -> tuple[list[float | None], str | None]:
    """The values as seconds or plain numbers, None for those that are no times, and what makes them ambiguous.

    All are read in one way: as numbers where all are, else as dates, with the day first where one has a day that can be
    no month (13.1.2024), or dots between. A column in which each date could be either (3/4/2024) is ambiguous: it is
    read month first, and the second part says so.
    """
    texts = [_text(value) for value in values]
    known = [text for text in texts if text]
    if known and all(_NUMBER.fullmatch(text) for text in known) and not all(map(_is_day, known)):
        return [float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None for text in texts], None
    day_first, doubt = _day_first(known)
    return [_seconds(text, day_first=day_first) if text else None for text in texts], doubt


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


def _is_day(text: str) -> bool:
    """Whether a number is a day such as 20240131."""
    try:
        return len(text) == 8 and 1800 <= datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).year <= 2200
    except ValueError:
        return False


def _day_first(texts: Iterable[str]) -> tuple[bool, str | None]:
    """Whether days stand before months, and what to say where nothing tells."""
    example, has_dots = None, False
    for text in texts:
        found = _DATE.fullmatch(text)
        if found is None or len(found[1]) > 2:
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 or second > 12:
            return first > 12, None
        has_dots = has_dots or found[2] == "."
        if first != second:
            example = example or text
    if has_dots or example is None:
        return has_dots, None
    return False, f"{example!r} may be a day and a month or a month and a day; it is read month first"


def _seconds(text: str, *, day_first: bool) -> float | None:
    """Since 1970, in UTC where no zone is given; None for what is no time."""
    if _is_day(text):
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp()
    try:
        return _utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    if (found := _DATE.fullmatch(text)) is not None:
        return _numeric(found, day_first=day_first)
    plain = " ".join(text.replace(",", " ").split())
    for form in NAMED:
        try:
            return _utc(datetime.strptime(plain, form))
        except ValueError:
            continue
    return None


def _numeric(found: re.Match[str], *, day_first: bool) -> float | None:
    one, two, three = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) > 2:
        year, month, day = one, two, three
    else:
        year, (day, month) = three, ((one, two) if day_first else (two, one))
    if year < 100:
        year += 1900 if year > 68 else 2000  # as POSIX has it
    clock = _CLOCK.fullmatch(found[5].strip()) if found[5] else None
    if found[5] and clock is None:
        return None
    hour, minute, second = (int(clock[place] or 0) if clock else 0 for place in (1, 2, 3))
    if clock and clock[5]:
        hour = hour % 12 + (12 if clock[5][0] in "pP" else 0)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _utc(moment: datetime) -> float:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
