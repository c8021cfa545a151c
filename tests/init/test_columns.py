"""Columns that say how to split are found or asked for, written, and do what they say; labels that can't be used go."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.init.conftest import initialised, rows, write_csv
from tests.support import cli

QUICK = ("num_labels=all", "train_size=16", "seed=0", "cache_dir=cache", "device=cpu")


def full() -> pd.DataFrame:
    """Texts with a column of each kind that splits: every third row is for testing, five rows are of one customer."""
    frame = pd.DataFrame(rows(), columns=["text", "label"])
    number = frame.index
    return frame.assign(
        part=["test" if n % 3 == 0 else "train" for n in number],
        customer=[f"C{n // 5}" for n in number],
        created=[f"2026-{1 + n // 28:02}-{1 + n % 28:02}" for n in number],
    )


def data_of(here: Path, name: str = "t") -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load((here / f"conf/data/{name}.yaml").read_text())
    return content


def test_a_column_of_sets_is_used_and_others_are_proposed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full().to_csv("t.csv", index=False)
    assert initialised("t.csv") == 0
    said = capsys.readouterr().out
    assert "split: column 'part' says which rows are for testing (holds test, train)" in said
    assert "group: column 'customer' (36 different ones in 180 rows): not used; --group customer splits by it" in said
    assert "time: column 'created' (holds dates): not used; --time created splits by it" in said
    assert data_of(here)["split_column"] == "part"
    assert {"group_column", "time_column"}.isdisjoint(data_of(here))
    written = (here / "conf/data/t.yaml").read_text()
    assert "# group_column: customer" in written
    assert "# time_column: created" in written


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ((), {"split_column": "part"}),
        (("--group", "customer"), {"group_column": "customer"}),
        (("--time", "created"), {"time_column": "created"}),
        (("--split", "part", "--text", "text,customer"), {"split_column": "part", "text_column": ["text", "customer"]}),
    ],
)
def test_what_is_asked_for_is_written_planned_and_run(
    words: tuple[str, ...], columns: dict[str, object], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = full()
    (frame.drop(columns="part") if words and "--split" not in words else frame).to_csv("t.csv", index=False)
    assert initialised("t.csv", *words) == 0
    assert columns.items() <= data_of(here).items()
    assert cli.call("-m", "+experiment=t", "model=majority", "seed=0", "cache_dir=cache", "command=plan") == 0
    assert "0 infeasible" in capsys.readouterr().out
    assert cli.call("data=t", "model=majority", *QUICK) == 0


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        ({"part": "test,train,odd"}, ("--split", "part"), "data.split_column=part holds 'odd'"),
        ({"part": "train,validation"}, ("--split", "part"), "marks no row for testing"),
        ({"created": "2026-01-01,soon"}, ("--time", "created"), "holds 'soon', which is no time"),
    ],
)
def test_columns_that_do_not_say_it_are_refused(
    change: dict[str, str], words: tuple[str, ...], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = full()
    for name, values in change.items():
        some = values.split(",")
        frame[name] = [some[n % len(some)] for n in frame.index]
    frame.to_csv("t.csv", index=False)
    assert initialised("t.csv", *words) == 2
    assert said in capsys.readouterr().err
    assert not (here / "conf").exists()


def test_labels_with_one_text_are_left_out_by_name(here: Path) -> None:
    more = [("one alone", "rare"), ("said twice", "twice"), ("Said twice", "twice")]
    write_csv(here / "t.csv", ["text", "label"], [list(pair) for pair in [*rows(), *more]])
    assert initialised("t.csv") == 0
    assert data_of(here)["exclude_labels"] == ["rare", "twice"]
    assert cli.call("data=t", "model=majority", *QUICK) == 0


def test_of_very_many_labels_with_one_text_the_number_of_the_others_is_said(here: Path) -> None:
    more = [(f"text number {n} has a label of its own", f"L{n}") for n in range(30)]
    write_csv(here / "t.csv", ["text", "label"], [list(pair) for pair in [*rows(), *more]])
    assert initialised("t.csv") == 0
    assert "exclude_labels" not in data_of(here)
    experiment = yaml.safe_load((here / "conf/experiment/t.yaml").read_text())
    assert experiment["hydra"]["sweeper"]["params"]["num_labels"] == 3
    assert cli.call("data=t", "model=majority", "num_labels=3", *QUICK[1:]) == 0


def test_labels_that_are_in_the_test_set_alone_are_left_out(here: Path) -> None:
    frame = full()
    frame.loc[frame["label"] == "billing", "part"] = "test"
    frame.to_csv("t.csv", index=False)
    assert initialised("t.csv") == 0
    assert data_of(here)["exclude_labels"] == ["billing"]
    assert cli.call("data=t", "model=majority", *QUICK) == 0


def test_a_test_set_without_labels_is_left_out(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = full()[["text", "label"]]
    Path("export").mkdir()
    frame[:120].to_csv("export/train.csv", index=False)
    frame[120:].drop(columns="label").to_csv("export/test.csv", index=False)
    assert initialised("export") == 0
    assert "without any label, and left out (splits): test (60 rows)" in capsys.readouterr().out
    assert data_of(here, "export")["splits"] == ["train"]
    assert cli.call("data=export", "model=majority", *QUICK) == 0
    (record,) = here.glob("results/**/record.json")
    assert json.loads(record.read_text())["measurements"]["examples"]["rows_read"] == 120


def test_ratings_are_labels(here: Path) -> None:
    frame = pd.DataFrame(rows(), columns=["review", "label"]).drop(columns="label")
    frame["stars"] = [1 + n % 5 for n in frame.index]
    frame["price"] = [f"{n}.50" for n in frame.index]
    frame.to_csv("t.csv", index=False)
    assert initialised("t.csv") == 0
    assert (data_of(here)["text_column"], data_of(here)["label_column"]) == ("review", "stars")


def test_a_column_that_cannot_be_read_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f'{{"text": "{text} \\ud83d", "label": "{label}"}}' for text, label in rows()]
    Path("t.jsonl").write_text("\n".join(lines))
    assert initialised("t.jsonl") == 2
    said = capsys.readouterr().err
    assert "column text is not read, for it holds half a character" in said
    assert "t.jsonl, line 1" in said


def test_how_two_columns_of_texts_are_joined_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[list[object]] = [[f"about our {label} case", text * 2, label] for text, label in rows()]
    write_csv(here / "t.csv", ["the subject", "body", "queue"], lines)
    assert initialised("t.csv") == 0
    said = capsys.readouterr().out
    assert "--text chooses another: 'the subject' (--text 'the subject,body' joins them)" in said
    assert initialised("t.csv", "--text", "the subject,body", "--overwrite") == 0
    assert data_of(here)["text_column"] == ["the subject", "body"]
    write_csv(here / "u.csv", ["the, subject", "body", "queue"], lines)
    assert initialised("u.csv") == 0
    assert "joins them" not in capsys.readouterr().out


def test_labels_that_take_turns_are_found_in_a_large_file(here: Path) -> None:
    """Every second row has the same label, and of so many rows a part is looked at."""
    words = [row[0] for row in rows()]
    turns = [(f"{words[n % len(words)]} {n}", ("ham", "spam")[n % 2]) for n in range(4000)]
    pd.DataFrame(turns, columns=["text", "label"]).to_csv("t.csv", index=False)
    assert initialised("t.csv", "--no-plan") == 0
    assert data_of(here)["label_column"] == "label"
