"""Files as people have them: of another kind than their name says, in other encodings, with labels that look alike."""

import gzip
import json
import zipfile

import pytest

from bench.data.sametext import look_alikes
from tests.support import cli, texts

PAIR = texts.topics(60)


def refused(capsys, folder, *options: str) -> str:
    """What the command says of data that it refuses: one line of it."""
    places = tuple(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache"))
    assert cli.call("model=tfidf_sgd", "device=cpu", "train_size=12", *options, *places) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    return said[0]


@pytest.mark.parametrize("odd", ["kinds", "zip"])
def test_a_folder_that_datasets_cannot_read_is_one_line(tmp_path, capsys, odd):
    folder = tmp_path / "mine"
    folder.mkdir()
    if odd == "kinds":
        PAIR.to_csv(folder / "train.csv", index=False)
        (folder / "test.jsonl").write_text(json.dumps({"text": "a", "label": "b"}) + "\n")
    else:
        (folder / "a.zip").write_bytes(b"PK\x03\x04")
    said = refused(capsys, tmp_path, "data=file", "data.source=hub", f"data.path={folder}")
    assert f"data.path={folder}" in said
    assert "tables of one kind" in said


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("utf-32", "utf-32"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("latin-1", "latin-1"),
        ("shift_jis", "shift_jis, gb18030"),
        ("koi8-r", "data.encoding"),
    ],
)
def test_the_encoding_that_is_advised_fits_the_file(tmp_path, capsys, written, hint):
    word = {"cp1252": "“café” – €5", "shift_jis": "試合の朝", "koi8-r": "матч"}.get(written, "café")
    path = tmp_path / "x.csv"
    path.write_bytes(("text,label\n" + f"{word},a\n{word} b,b\n").encode(written))
    assert hint in refused(capsys, tmp_path, "data=file", f"data.path={path}")


def test_a_packed_file_with_the_name_of_a_table_is_told_by_its_content(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_bytes(gzip.compress(b"text,label\na,b\n"))
    assert "is a gzip file" in refused(capsys, tmp_path, "data=file", f"data.path={path}")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("sheet.xml", "é" * 9 + "".join(map(chr, range(1, 500))))
    assert "is a ZIP file" in refused(capsys, tmp_path, "data=file", f"data.path={path}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sport", "spo\u200drt"),
        ("sport", "spo\u200crt"),
        ("sport", "sport\u200f"),
        ("İyi", "iyi"),
        ("sport", "\u202asport\u202c"),
    ],
)
def test_labels_that_differ_by_what_nobody_sees_look_alike(one, other):
    assert look_alikes({one: 2, other: 1}) == [[one, other]]


def test_rows_that_all_contradict_each_other_are_told(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("text,label\n" + "".join(f"text {i},{label}\n" for i in range(20) for label in "ab"))
    said = refused(capsys, tmp_path, "data=file", f"data.path={path}")
    assert "all 40 rows have texts that stand under several labels" in said
    assert "split.conflicts=keep_first" in said


def test_a_validation_set_that_is_too_big_names_the_size_that_fits(tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    PAIR.iloc[:80].to_csv(folder / "train.csv", index=False)
    PAIR.iloc[80:].to_csv(folder / "test.csv", index=False)
    options = ("data=file", "data.source=hub", f"data.path={folder}", "split=official")
    said = refused(capsys, tmp_path, *options)
    size = int(said.split("at most ")[1].split()[0])
    assert "split.validation_size" in said
    assert "train_size" in refused(capsys, tmp_path, *options, f"split.validation_size={size}")


def test_a_sweep_may_be_asked_for_anywhere_on_the_command_line(tmp_path, capsys):
    PAIR.to_csv(tmp_path / "x.csv", index=False)
    places = tuple(f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    options = ("model=tfidf_sgd", "data=file", "-m", f"data.path={tmp_path / 'x.csv'}", "train_size=8,12")
    assert cli.call(*options, "command=plan", *places) == 0
    assert "2 cells" in capsys.readouterr().out
