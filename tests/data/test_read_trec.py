"""A corpus of raw emails in TREC's layout, written on the spot."""

import logging
from email.message import EmailMessage
from pathlib import Path

import pytest

from bench.config import DataConfig
from bench.data.pool import Pool
from bench.data.read import content_fingerprint, load_pool
from bench.data.readers.trec import body_text, strip_html
from bench.errors import UserError

HTML = (
    b"Subject: Offer\nContent-Type: text/html; charset=iso-8859-1\n\n"
    b"<html><head><title>hidden</title><style>p {color: red}</style></head><body><p>Caf\xe9 &amp; cake<br>now</p>"
    b"<![if !mso]><script>go()</script><a href='x'>click  here</a><![endif]></body></html>\n"
)
BROKEN = b"Subject: x\nContent-Type: text/plain; charset=utf-8\n\ngood \xff\xfe bytes\n"


def plain(text: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "not part of the text"
    message.set_content(text)
    return message.as_bytes()


def alternative() -> bytes:
    message = EmailMessage()
    message.set_content("the plain words")
    message.add_alternative("<p>the <b>marked</b> words</p>", subtype="html")
    message.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="x.bin")
    message.add_attachment("a list", filename="list.txt")
    return message.as_bytes()


def corpus(root: Path, emails: list[tuple[str, bytes]]) -> Path:
    (root / "full").mkdir(parents=True)
    (root / "data").mkdir()
    lines = []
    for number, (label, content) in enumerate(emails, start=1):
        (root / "data" / f"inmail.{number}").write_bytes(content)
        lines.append(f"{label} ../data/inmail.{number}\n")
    (root / "full" / "index").write_text("".join(lines))
    return root


def describe(path: Path, **options: object) -> DataConfig:
    return DataConfig(name="emails", source="folder", reader="trec", path=str(path), **options)


def read(path: Path, **options: object) -> Pool:
    return load_pool(describe(path, **options), cache=path / "unused", mirror_dir=None)


def test_labels_ids_and_bodies(tmp_path: Path) -> None:
    root = corpus(tmp_path / "a", [("ham", plain("hello there\nyou")), ("spam", HTML), ("spam", BROKEN)])
    pool = read(root)
    assert pool.ids == ("data/inmail.1", "data/inmail.2", "data/inmail.3")
    assert pool.labels == ("ham", "spam", "spam")
    assert pool.texts == ("hello there\nyou", "Café & cake\nnow\nclick here", "good \ufffd\ufffd bytes")


def test_the_index_is_what_counts_and_not_the_folder(tmp_path: Path) -> None:
    emails = [("ham", plain("hello")), ("spam", HTML)]
    first, second = corpus(tmp_path / "a", emails), corpus(tmp_path / "b", emails)
    assert content_fingerprint(describe(first)) == content_fingerprint(describe(second)) == read(first).revision
    assert read(first) == read(second)
    third = corpus(tmp_path / "c", emails[:1])
    assert content_fingerprint(describe(third)) != content_fingerprint(describe(first))


def test_plain_text_is_preferred_and_attachments_are_not_read() -> None:
    assert body_text(alternative()) == "the plain words"


def test_empty_bodies_are_refused_or_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    picture = b"Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lGODlhAQABAAAAACw=\n"
    root = corpus(tmp_path / "a", [("ham", plain("hello")), ("spam", picture), ("spam", b""), ("spam", HTML)])
    with pytest.raises(UserError, match=r"data/inmail.2, data/inmail.3; data.drop_empty=true"):
        read(root)
    with caplog.at_level(logging.WARNING):
        assert read(root, drop_empty=True).ids == ("data/inmail.1", "data/inmail.4")
    assert "data emails: of 4 rows 2 without a text left out" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: text/plain; charset=no-such-thing\n\nwords",
        b'Content-Type: text/plain; charset="x\x80"\n\nwords',
        b"Content-Type: text/html\n\n<![foo[ words",
        b"Content-Type: text/html\n\nwords <!",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nwords",
        b"Content-Type: text/plain; charset=unicode_escape\n\nwords \\ud800",
        b"words",
        b"\xff\xfe: :\n\nwords",
    ],
)
def test_what_spam_has_in_it_is_survived(content: bytes) -> None:
    text = body_text(content)
    assert text.encode().decode() == text
    assert "words" in text or b"<![foo[" in content


def test_html_as_a_reader_sees_it() -> None:
    assert strip_html("<div>one</div><div>two&nbsp;three</div>") == "one\ntwo three"
    assert strip_html("a<script>if (a<b) {}</script>b<!-- note -->c") == "abc"
    assert strip_html("<head><title>t</title>never closed<body>seen") == "seen"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"path": None}, "data.source=folder needs data.path=FOLDER"),
        ({"path": "/not/there"}, "data.path=/not/there: full/index: No such file"),
        ({"splits": ("train",)}, "data.splits does not go with data.reader=trec"),
        ({"reader": "columns"}, "data.source=folder goes with data.reader=class_folders or data.reader=trec"),
        ({"source": "hub", "id": "a/b"}, "data.reader=trec goes with data.source=folder only"),
    ],
)
def test_what_is_no_such_corpus_is_refused(tmp_path: Path, options: dict, expected: str) -> None:
    root = corpus(tmp_path / "a", [("ham", plain("hello"))])
    base = {"name": "emails", "source": "folder", "reader": "trec", "path": str(root)}
    with pytest.raises(UserError, match=expected):
        load_pool(DataConfig(**{**base, **options}), cache=tmp_path, mirror_dir=None)


@pytest.mark.parametrize("line", ["spam ../data/inmail.9", "spam"])
def test_a_line_without_its_email(tmp_path: Path, line: str) -> None:
    root = corpus(tmp_path / "a", [("ham", plain("hello"))])
    with (root / "full" / "index").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(UserError, match="index, line 3: no email"):
        read(root)
