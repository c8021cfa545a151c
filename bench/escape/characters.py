"""Characters that are not seen but do something: shown as escapes, wherever text goes."""

import re

_ACTING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 but tab and newline: ESC begins a terminal's commands
    "\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # no width, or turn the direction
    "\ud800-\udfff\ufffe\uffff"  # no characters at all
)
_MANY_LINES = re.compile(f"[{_ACTING}]")
_ONE_LINE = re.compile(f"[\t\n{_ACTING}]")
_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def visible(text: str) -> str:
    r"""`text` with control characters, bidirectional controls and lone surrogates as escapes (`\x1b`, `\u202e`).

    Tabs and newlines stay. Joiners that emoji and scripts need stay as well.
    """
    return text if text.isascii() and text.isprintable() else _MANY_LINES.sub(_shown, text)


def visible_line(text: str) -> str:
    r"""The same on one line: tabs and newlines are escapes as well (`\t`, `\n`)."""
    return text if text.isascii() and text.isprintable() else _ONE_LINE.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    character = found.group()
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def shortened(text: str, length: int = 240) -> str:
    """`text` on one line and cut to `length` characters, with an ellipsis where something is left out."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
