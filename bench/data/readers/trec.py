"""The TREC public spam corpora: raw emails in a folder, and an index that says which of them are spam."""

import email
import html.parser
import os
from email.message import Message
from pathlib import Path

import pyarrow as pa

from bench.config import DataConfig
from bench.data.errors import data_error
from bench.data.readers.files import Malformed, refuse_irregular
from bench.data.readers.part import Part

UNREAD = {"script", "style", "head", "title"}
"""HTML elements whose content no reader sees."""
BLOCKS = {"br", "p", "div", "tr", "td", "th", "li", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
"""HTML elements that end a word."""


def read_trec(root: Path, index: Path, data: DataConfig) -> Part:
    """The emails that `index` (lines `spam ../data/inmail.1`) names, by its labels; ids are their paths in `root`.

    The text is the body alone (`body_text`). Raises UserError where a line or an email is not as it should be.
    """
    rows: dict[str, list[str]] = {"id": [], "text": [], "label": []}
    for number, line in enumerate(index.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        label, _, name = line.strip().partition(" ")
        path = Path(os.path.normpath(Path(index.parent, name.strip())))
        try:
            if not path.is_relative_to(os.path.normpath(root)):
                raise Malformed("outside of the folder")
            refuse_irregular(path)
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            raise data_error(data, f"{index.name}, line {number}: no email {name!r} ({reason})") from error
        rows["id"].append(Path(os.path.relpath(path, root)).as_posix())
        rows["text"].append(body_text(content))
        rows["label"].append(label)
    table = pa.table({name: pa.array(values, pa.large_string()) for name, values in rows.items()})
    return Part(split="", table=table, columns=tuple(rows), place=rows["id"].__getitem__)


def body_text(content: bytes) -> str:
    """The text of a raw email's body: its plain parts, or its HTML ones without the tags where it has no plain text.

    Headers, attachments and what is not text are left out. Bytes that can't be decoded are replaced.
    """
    plain, markup = [], []
    for part in email.message_from_bytes(content).walk():
        if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_subtype() == "html":
            markup.append(strip_html(_decoded(part)))
        else:
            plain.append(_decoded(part))
    for texts in (plain, markup):
        text = "\n".join(texts).replace("\r\n", "\n").replace("\0", "").strip()
        if text:
            return text.encode(errors="replace").decode()  # some encodings give half characters
    return ""


def _decoded(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(str(part.get_content_charset("utf-8")), errors="replace")
    except (LookupError, ValueError):  # spam names encodings that there are none of
        return content.decode("utf-8", errors="replace")


def strip_html(markup: str) -> str:
    """What a reader of the page sees: no tags, scripts or styles; entities as characters; runs of spaces as one."""
    parser = _Text()
    # Sections such as `<![if ...]>` are no HTML; Python's parser raises an error at those that it does not know, and
    # skips other declarations.
    parser.feed(markup.replace("<![", "<! "))
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


class _Text(html.parser.HTMLParser):
    """Collects the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unread: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        if self.unread is None and tag in UNREAD:
            self.unread = tag
        if tag == "body":  # a head that was never closed
            self.unread = None
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Called by the parser."""
        if tag == self.unread:
            self.unread = None
        if tag in BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Called by the parser."""
        if self.unread is None:
            self.pieces.append(data.replace("\n", " "))
