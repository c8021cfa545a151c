"""What can't be looked at is refused in one line that says the way out, before anything is written."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.init.__main__ import main
from tests.init.conftest import initialised, rows, write_csv
from tests.support.cli import environment


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that is said."""
    capsys.readouterr()
    assert initialised(*words) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("a,b\n", "has no rows"),
        ("text,label\n" + ",x\n" * 30, "no column of text, label holds texts"),
        ("text,label\nhello there,x\nanother one,x\nand a third,x\n", "holds labels"),
        ("text\nhello there\nanother one\nand a third\n", "no column of text holds labels"),
        ("text,text\na,b\n", "more than one column 'text'"),
        ("text,label\na b c,d,e\n", "line 2: 3 fields where the header has 2"),
        ("the parcel came too late,billing\n" + "some text came,billing\nother text,x\n" * 9, "reads like a row"),
        ('text,label\n"never closed,x\nb,y\n', "data.quoting=none reads them as they are"),
    ],
)
def test_files_that_say_nothing(content: str, said: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "odd.csv").write_text(content)
    assert said in refused(capsys, "odd.csv")
    assert not (here / "conf").exists()
    assert not (here / "reports").exists()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([f"T-{n}" for n in range(180)], "180 of them have fewer than 2 different texts"),
        ([""] * 180, "no row has both a text (--text text) and a label (--label label)"),
        (["x"] * 180, "holds one label alone, 'x'"),
        (["x"] * 179 + ["y"], "1 of them have fewer than 2 different texts"),
    ],
)
def test_labels_that_nothing_can_be_learnt_from(
    labels: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[list[object]] = [[text, label] for (text, _), label in zip(rows(), labels, strict=True)]
    write_csv(here / "t.csv", ["text", "label"], lines)
    assert said in refused(capsys, "t.csv", "--label", "label")


def test_columns_that_there_are_not(here: Path, tickets: int, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "tickets.csv", "--text", "words,body", "--label", "kind", "--time", "when")
    assert "--text words and --label kind and --time when: no such column; there are ticket, body, queue" in said
    assert "'body' is asked for as texts and as something else" in refused(
        capsys, "tickets.csv", "--text", "body", "--label", "body"
    )


def test_a_parquet_file_with_two_columns_of_one_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    column = pa.array(["a", "b"])
    pq.write_table(pa.Table.from_arrays([column, column, column], names=["text", "label", "label"]), "twice.parquet")
    assert "more than one column 'label'" in refused(capsys, "twice.parquet")


@pytest.mark.parametrize("name", ["a b", "", "2024", "null", "1e5", "../x", "-x" * 50, "é"])
def test_names_that_are_no_good(name: str, here: Path, tickets: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert "letters, digits and ._- make a name" in refused(capsys, "tickets.csv", f"--name={name}")


@pytest.mark.parametrize(
    ("file", "name"), [("2024.csv", "data_2024"), ("Yes.csv", "data_yes"), ("é.csv", "mine"), ("demo.csv", "my_demo")]
)
def test_names_of_files_that_are_none_are_made_some(file: str, name: str, here: Path, tickets: int) -> None:
    (here / "tickets.csv").rename(here / file)
    assert initialised(file) == 0
    assert (here / f"conf/data/{name}.yaml").is_file()


def test_a_name_that_the_program_has_itself(here: Path, tickets: int, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "tickets.csv", "--name", "sms_spam")
    assert "'sms_spam' is the name of a data set that comes with the program: --name gives another" in said


def test_folders_that_cannot_be_written_to(here: Path, tickets: int, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "file").touch()
    assert "cannot be written" in refused(capsys, "tickets.csv", "--conf", "file")
    assert "cannot be written" in refused(capsys, "tickets.csv", "--reports", "file")


def test_what_comes_next_in_a_folder_of_its_own(here: Path, tickets: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tickets.csv", "--yes", "--conf", "mine"]) == 0
    assert capsys.readouterr().out.endswith("\nnext: bench sweep tickets --config-dir mine\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.csv",), "nothing.csv cannot be read: No such file or directory"),
        (("folder",), "holds neither tables"),
        (("t.xlsx",), "must end in one of .csv"),
        (("t.xlsx",), "; a spreadsheet program saves a sheet as CSV (UTF-8)"),
        (("tickets.csv", "data.encoding=nonsense"), "data.encoding=nonsense: unknown encoding"),
        (("tickets.csv", "data.quoting=odd"), "data.quoting=odd"),
        (("tickets.csv", "data.name=x", "train_size=3"), "data.name=x, train_size=3: data.encoding=..."),
        (("some/where-1.5",), "; nor is there such a file or folder"),
        (("some/where.csv",), "some/where.csv cannot be read: No such file or directory"),
        (("~nobody/t.csv",), "~nobody/t.csv cannot be read"),
        (("a\0b.csv",), "cannot be read: embedded null"),
    ],
)
def test_sources_that_are_none(
    words: tuple[str, ...], said: str, here: Path, tickets: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "folder").mkdir()
    (here / "t.xlsx").touch()
    assert said in refused(capsys, *words)


def test_no_source_at_all(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        initialised()
    assert "arguments are required: FILE|FOLDER|HUB-ID (--help" in capsys.readouterr().err


def test_what_is_not_there_is_said_before_anything_heavy_is_imported(here: Path) -> None:
    program = (
        "import sys\nfrom bench.init.__main__ import main\ncode = main(['nothing.csv'])\n"
        "sys.exit(str(set(sys.modules) & {'pyarrow', 'numpy', 'sklearn', 'pandas', 'torch'}) if code == 2 else 'no')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=here, env=environment(here), check=False, capture_output=True, text=True
    )
    assert ended.stderr.splitlines() == ["error: nothing.csv cannot be read: No such file or directory", "set()"]


def test_how_a_file_is_read_can_be_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame(rows(), columns=["text", "label"])
    frame["text"] = '"never closed ' + frame["text"] + " ключ"
    Path("t.csv").write_bytes(
        ("text#label\n" + "\n".join(f"{a}#{b}" for a, b in frame.itertuples(index=False))).encode("koi8-r")
    )
    given = {"encoding": "koi8-r", "delimiter": "#", "quoting": "none"}
    assert initialised("t.csv", *(f"data.{option}={value}" for option, value in given.items())) == 0
    assert "180 rows, 180 of them" in capsys.readouterr().out
    written = (here / "conf/data/t.yaml").read_text()
    assert all(f"\n{option}: " in written for option in given)
