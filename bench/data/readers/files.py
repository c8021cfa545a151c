"""Files of texts as bytes and characters: what kind they are, unpacked and decoded. Imports nothing heavy."""

import gzip
import stat
import zlib
from pathlib import Path

LARGEST = 2**31
"""Bytes that a compressed file may unpack to."""


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
        raise Malformed(str(error)) from error


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
    hint = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    raise Malformed(
        f"is not {encodings} text ({reasons[0]}); {option}={hint} may be right (\"{option}='utf-8,{hint}'\" tries both)"
    )
