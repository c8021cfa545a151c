"""Files of texts as bytes and characters: what kind they are, unpacked and decoded. Imports nothing heavy."""

import gzip
import re
import stat
import zlib
from collections.abc import Iterable
from pathlib import Path

LARGEST = 2**31
"""Bytes that a compressed file may unpack to."""
JSON_FILES = (".json", ".jsonl", ".ndjson")
"""Endings of JSON lines and arrays, without .gz and so on, as all endings here."""
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
"""By the ending of a table in text, what usually separates its columns."""
PACKED = {
    b"PK\x03\x04": "a ZIP file (as Excel's are; save the table as CSV)",
    b"\x1f\x8b": "a gzip file (its name has to end in .gz)",
    b"PAR1": "a Parquet file (its name has to end in .parquet)",
}
"""By their first bytes, files that people give the name of another kind."""

SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
ALONE = 0.9
"""The share of runs of bytes beyond ASCII that are one byte long, at least, in languages of Western Europe."""


class Malformed(ValueError):
    """A file is not what it should be; the message says where and why, in one line."""


def said_of(name: str, error: Malformed) -> str:
    """What is wrong with the file `name`, as one sentence: `x.csv, line 2: ...` or `x.csv is ...`."""
    message = str(error)
    joint = ", " if message.startswith(("line ", "item ")) else " " if message.startswith(("is ", "unpacks ")) else ": "
    return f"{name}{joint}{message}"


def local_path(text: str) -> Path:
    """The path that a user wrote, `~` resolved. Raises Malformed where there can't be such a path."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # no such user
        raise Malformed(f"nobody here has the home folder {text.partition('/')[0]}") from error


def refuse_irregular(path: Path) -> None:
    """Raise Malformed where `path` is no regular file, for reading a pipe or a device may never end; or OSError."""
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL in the name
        raise Malformed(f"there is no such file ({error})") from error
    if not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe, a socket or a device"
        raise Malformed(f"is {what}, no file")


def kind_of(path: Path) -> str:
    """The ending that says how a file is read, in small letters and without `.gz`."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def ending_text(path: Path, endings: Iterable[str]) -> str:
    """What is said of a file that ends in none of the `endings`."""
    advice = "; a spreadsheet program saves a sheet as CSV (UTF-8)" if kind_of(path) in SPREADSHEETS else ""
    return f"must end in one of {', '.join(endings)} (or .csv.gz and so on){advice}"


def content_of(path: Path) -> bytes:
    """The file's bytes, unpacked where it ends in `.gz`. Raises OSError and Malformed."""
    refuse_irregular(path)
    if path.suffix.lower() != ".gz":
        return path.read_bytes()
    try:
        with gzip.open(path) as file:
            content = file.read(LARGEST)
            if file.read(1):
                raise Malformed(f"unpacks to more than {LARGEST:,} bytes: unpack it, and cut it")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Malformed(f"is no whole gzip file ({error})") from error
    return content


def decoded(content: bytes, encodings: str, option: str) -> str:
    """The text in the first of the `encodings` (separated by commas) that fits. Raises Malformed, naming `option`."""
    reasons = []
    for encoding in encodings.split(","):
        try:
            text = content.decode(encoding.strip())
            text.encode()  # half characters, which some encodings let through
        except UnicodeDecodeError as error:
            reasons.append(f"byte {error.start}: {error.reason}")
        except UnicodeError as error:
            reasons.append(str(error))
        except (LookupError, ValueError) as error:
            raise Malformed(f"{option}={encodings}: {error}") from error
        else:
            return text.removeprefix("\ufeff")
    if packed := next((what for start, what in PACKED.items() if content.startswith(start)), None):
        raise Malformed(f"is {packed}, whatever its name says, and no text")
    hint = likely_encoding(content)
    advice = f"{option}={hint} may be right (\"{option}='utf-8,{hint}'\" tries both)"
    if hint is None:
        advice = f"{option} names what it was written in, such as cp1252, shift_jis, gb18030 or koi8-r"
    raise Malformed(f"is not {encodings} text ({reasons[0]}); {advice}")


def likely_encoding(content: bytes) -> str | None:
    """The encoding that bytes which are no UTF-8 look like; None where none stands out."""
    if content[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    start = content[:4096]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 8:
        return "utf-16-be" if even > odd else "utf-16-le"
    runs = re.findall(rb"[\x80-\xff]+", content)
    if sum(len(run) == 1 for run in runs) < ALONE * len(runs):
        return None  # in other alphabets such bytes are letters, side by side with others
    # what is a letter or a quote in Windows' encoding is a control character in Latin-1
    return "cp1252" if any(0x80 <= byte < 0xA0 for byte in set(content)) and _fits(content, "cp1252") else "latin-1"


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
