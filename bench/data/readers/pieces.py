"""A text file in pieces that end where a row ends, so that a big one is never in memory as a whole."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, cast

from bench.data.readers.files import Malformed, content_of, decoded

PIECE = 1 << 20
"""Characters of a piece, about."""
LONGEST = 1 << 28
"""Characters that one row may have; with more, a quote was opened and never closed."""

Rows = Literal["lines", "quoted", "backslash"]
"""What a row is: a line; a line, unless quotes are open at its end; the same, and a backslash takes a quote away."""


def encoding_of(path: Path, encodings: str, option: str) -> str:
    """The first of the `encodings` (separated by commas) that all of the file is in.

    Raises Malformed, naming `option`, where none is, and OSError.
    """
    for encoding in encodings.split(","):
        try:
            for text in _decoded(path, encoding.strip()):
                text.encode()  # half characters, which some encodings let through
        except (UnicodeError, LookupError):
            continue
        return encoding.strip()
    decoded(content_of(path), encodings, option)  # which says what is wrong
    raise Malformed(f"is not {encodings} text")


def pieces(path: Path, encoding: str, rows: Rows, size: int = PIECE) -> Iterator[str]:
    """The text of a file, unpacked where it ends in `.gz`, without the mark of its byte order, in pieces of whole rows.

    Raises OSError and Malformed.
    """
    waiting = ""
    for number, text in enumerate(_decoded(path, encoding, size)):
        waiting += text.removeprefix("\ufeff") if number == 0 else text
        if len(waiting) < size:
            continue
        end = _end_of_rows(waiting, rows)
        if not end and len(waiting) > LONGEST:
            raise Malformed(f"a row of more than {LONGEST:,} characters: a quote may be opened and never closed")
        if end:
            yield waiting[:end]
            waiting = waiting[end:]
    if waiting:
        yield waiting


def _end_of_rows(text: str, rows: Rows) -> int:
    """Where the last row ends that is whole for sure; 0 where there is none."""
    end = text.rfind("\n") + 1
    while end and rows != "lines" and _is_open(text[:end], rows):
        end = text.rfind("\n", 0, end - 1) + 1
        if end < len(text) // 2:  # the rest is one long quoted text, which more of the file will end
            return 0
    return end


def _is_open(text: str, rows: Rows) -> bool:
    """Whether a quote that is opened in the text is not closed in it."""
    if rows == "backslash":
        text = text.replace("\\\\", "").replace('\\"', "")
    return text.count('"') % 2 == 1


def _decoded(path: Path, encoding: str, size: int = PIECE) -> Iterator[str]:
    """The file's text as it is read. Raises UnicodeError, LookupError, OSError and Malformed."""
    decoder = codecs.getincrementaldecoder(encoding)()
    is_packed = path.suffix.lower() == ".gz"
    try:
        with cast(BinaryIO, gzip.open(path) if is_packed else path.open("rb")) as file:
            while content := file.read(size):
                if text := decoder.decode(content):
                    yield text
            if rest := decoder.decode(b"", final=True):
                yield rest
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Malformed(f"is no whole gzip file ({error})") from error
