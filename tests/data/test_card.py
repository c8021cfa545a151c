"""Folders of CSV files whose README.md says how they are read: read by the one reader, and as it says."""

from pathlib import Path

import pytest

from tests.support import cli

ROWS = [row for n in range(40) for row in ((f"a sport text {n}", "01"), (f"money text {n}", "1"), (f"other {n}", "NA"))]
BASELINE = ("model=tfidf_sgd", "device=cpu", "num_labels=3", "train_size=12")


def fill(folder: Path, said: str, *, separator: str = ";", header: bool = True, encoding: str = "utf-8") -> Path:
    folder.mkdir()
    lines = [separator.join(row) for row in ([("text", "label")] if header else []) + ROWS]
    (folder / "train.csv").write_text("\n".join(lines) + "\n", encoding=encoding)
    card = f"---\nconfigs:\n- config_name: default\n  data_files: train.csv\n{said}---\n"
    (folder / "README.md").write_text(card)
    return folder


def run(folder: Path, *arguments: str) -> int:
    places = (f"{name}_dir={folder.parent / name}" for name in ("results", "reports", "cache"))
    own = ("data=file", "data.source=hub", f"data.path='{folder}'")
    return cli.call(*own, *BASELINE, *arguments, *places)


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ('  sep: ";"\n', {}),
        ('  delimiter: ";"\n', {}),
        ('  sep: ";"\n  names: [text, label]\n', {"header": False}),
        ("  column_names: [text, label]\n", {"header": False, "separator": ","}),
        ('  sep: "\\t"\n  header: null\n  names: [text, label]\n', {"header": False, "separator": "\t"}),
        ('  sep: ";"\n  keep_default_na: false\n', {}),
        ('  sep: "~"\n  encoding: utf-16\n', {"separator": "~", "encoding": "utf-16"}),
        ('  sep: ";"\n- config_name: other\n  data_files: nothing.csv\n', {}),
    ],
)
def test_labels_are_as_they_are_written(tmp_path, capfd, said, how):
    """NA is a label, 01 is not 1: three labels, whatever the card says of separators and names."""
    assert run(fill(tmp_path / "mine", said, **how)) == 0
    assert ": ok, " in capfd.readouterr().out


def test_an_option_that_is_given_stands_above_the_card(tmp_path, capfd):
    assert run(fill(tmp_path / "mine", '  sep: "|"\n'), "data.delimiter=semicolon") == 0
    assert ": ok, " in capfd.readouterr().out


@pytest.mark.parametrize("said", ["  skiprows: 3\n", "  header: 2\n", '  quotechar: "\'"\n', "  na_values: [money]\n"])
def test_what_would_be_read_otherwise_is_refused_by_its_name(tmp_path, capfd, said):
    assert run(fill(tmp_path / "mine", said, separator=",")) == 2
    err = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(err) == 1
    assert said.split(":")[0].strip() + "=" in err[0]


def test_a_plan_does_not_read_such_a_folder_in_a_way_of_its_own(tmp_path, capfd):
    folder = fill(tmp_path / "mine", "  column_names: [text, label]\n", separator=",", header=False)
    places = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    own = ("data=file", "data.source=hub", f"data.path={folder}", *BASELINE)
    assert cli.call("-m", *own, "command=plan", *places) == 0
    assert "1 cell: 0 done, 1 to run" in capfd.readouterr().out


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path, capfd):
    folder = fill(tmp_path / "my data, v=2 (final) [é]", '  sep: ";"\n')
    (folder / "README.md").unlink()
    assert run(folder) == 0
    assert ": ok, " in capfd.readouterr().out
