"""Cells of CSV files that no spreadsheet takes for a formula (OWASP, CSV injection)."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from bench.escape.characters import visible

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = r"[+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBERS = re.compile(
    rf"{_NUMBER}(?: ?%)?(?: ±<?[\d.,]+)?(?: \[[ \d.,;+−∞<>≤≥-]*\])?(?: \(\d[\w ;,]*\))?"  # -0.021 [-0.030, -0.012]
)
_SIGNS, _BLANKS = {"=", "+", "-", "@"}, {"\t", "\r", "\n"}
_UNSEEN = re.compile(r"^[\s\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+")


def guarded(text: str) -> str:
    """`text` so that no spreadsheet runs it: an apostrophe stands before what may begin a formula.

    Full-width signs and signs after blanks or characters without width count as well. Numbers stay as they are,
    negative ones and those with an interval too.
    """
    if text[:1].isalnum():  # most texts: they begin no formula
        return text
    seen = _UNSEEN.sub("", text)
    begins = unicodedata.normalize("NFKC", seen[:1])[:1] in _SIGNS if seen else False
    if (begins and not _NUMBERS.fullmatch(text)) or text[:1] in _BLANKS:
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """What `guarded` was given, where it put an apostrophe before it; any other text as it is."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def cell(value: Any) -> Any:
    """A value of a table: texts are guarded and their control characters escapes, numbers and gaps stay as they are."""
    return guarded(visible(value)) if isinstance(value, str) else value


def frame_csv(frame: "pd.DataFrame") -> bytes:
    """`frame` as a CSV file in UTF-8 without its index, all its texts guarded."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    texts = [name for name in frame if not (is_numeric_dtype(frame[name]) or is_bool_dtype(frame[name]))]
    safe = frame.assign(**{str(name): frame[name].astype(object).map(cell) for name in texts})
    return safe.to_csv(index=False, lineterminator="\n").encode()
