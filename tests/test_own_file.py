"""Somebody's own file, given with as little as it takes: its name, all of its labels, what is wrong with it at once."""

import json
from pathlib import Path

import pytest

from tests.support import cli, texts

BASELINE = ("model=tfidf_sgd", "device=cpu", "train_size=12")


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """60 texts each of three labels."""
    path = tmp_path / "my tickets.v2.csv"
    texts.topics(60, labels=("billing", "login", "other")).to_csv(path, index=False)
    return path


def places(folder: Path) -> tuple[str, ...]:
    return tuple(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache"))


def identities(folder: Path) -> list[dict]:
    return [json.loads(path.read_text())["configuration"]["identity"] for path in folder.glob("results/**/record.json")]


@pytest.mark.parametrize(
    ("file", "name"), [("tickets.csv", "tickets"), ("my tickets.v2.csv", "my tickets.v2"), ("t.csv.gz", "t")]
)
def test_data_without_a_name_is_called_as_its_file(tmp_path, file, name):
    texts.topics(60).to_csv(tmp_path / file, index=False)
    assert cli.call("data=file", f"data.path='{tmp_path / file}'", *BASELINE, *places(tmp_path)) == 0
    (identity,) = identities(tmp_path)
    assert identity["task"]["data"]["name"] == name


def test_a_folder_and_a_given_name_keep_theirs(tmp_path, tickets):
    folder = tmp_path / "v1.2"
    folder.mkdir()
    tickets.rename(folder / "train.csv")
    own = ("data=file", "data.source=hub", f"data.path={folder}", *BASELINE, *places(tmp_path))
    assert cli.call(*own) == 0
    assert cli.call(*own, "data.name=mine") == 0
    assert {identity["task"]["data"]["name"] for identity in identities(tmp_path)} == {"v1.2", "mine"}


def test_all_labels_are_the_cell_of_their_number(tmp_path, tickets, capfd):
    own = ("data=file", f"data.path='{tickets}'", *BASELINE, *places(tmp_path))
    assert cli.call(*own, "num_labels=all") == 0
    assert cli.call(*own, "num_labels=3") == 0
    assert "kept: " in capfd.readouterr().out
    (identity,) = identities(tmp_path)
    assert identity["task"]["num_labels"] == 3
    assert cli.call("-m", *own, "num_labels=all,2,3", "command=plan") == 0
    said = capfd.readouterr().out
    assert "2 cells: 1 done, 1 to run" in said
    assert "num_labels=2: 2 of 3 labels" in said


def test_all_labels_are_those_that_the_split_leaves(tmp_path, capfd):
    """A label whose every text has another label, too, has no examples; without deduplication it has."""
    frame = texts.topics(60, labels=("a", "b"))
    rows = [f"{row.text},{row.label}" for row in frame.itertuples()]
    torn = [f"{text},torn" for text in frame.text[:20]]
    (tmp_path / "torn.csv").write_text("\n".join(["text,label", *rows, *torn]) + "\n")
    own = ("-m", "data=file", f"data.path={tmp_path / 'torn.csv'}", *BASELINE, *places(tmp_path), "command=plan")
    assert cli.call(*own, "num_labels=all,2") == 0
    assert "1 cell:" in capfd.readouterr().out
    assert cli.call(*own, "num_labels=all,3", "split.deduplicate=false") == 0
    assert "1 cell:" in capfd.readouterr().out


def test_all_labels_of_data_that_is_elsewhere(tmp_path, capfd):
    """The configuration may know them; else a number is asked for, in one line."""
    assert cli.call("-m", "data=go_emotions", "num_labels=all", "model=tfidf_sgd", "train_size=280", "seed=0",
                    "command=plan", *places(tmp_path)) == 0  # fmt: skip
    assert "1 cell: 0 done, 1 to run" in capfd.readouterr().out
    elsewhere = ("data=file", "data.source=hub", "data.id=nobody/nothing", "data.path=null", "num_labels=all")
    assert cli.call(*elsewhere, *BASELINE, *places(tmp_path)) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "give the number" in err
    assert cli.call("num_labels=many", *BASELINE, *places(tmp_path)) == 2
    assert "all: every label of the data set" in capfd.readouterr().err


def test_one_label_alone_is_no_task(tmp_path, capfd):
    (tmp_path / "one.csv").write_text("text,label\n" + "".join(f"text {n},only\n" for n in range(60)))
    own = ("data=file", f"data.path={tmp_path / 'one.csv'}", "num_labels=all")
    assert cli.call(*own, *BASELINE, *places(tmp_path)) == 2
    assert "one label alone: 'only'" in capfd.readouterr().err


def test_all_columns_that_are_missing_are_told_at_once_with_how_to_give_them(tmp_path, capfd):
    (tmp_path / "odd.csv").write_text('Review Text (en),What is it?\n"a b",x\n')
    own = ("data=file", f"data.path={tmp_path / 'odd.csv'}", "data.id_column=key", *BASELINE, *places(tmp_path))
    assert cli.call(*own) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "data.text_column=text and data.label_column=label and data.id_column=key are not there" in err
    assert """'data.text_column="Review Text (en)"'""" in err
    assert not list(tmp_path.glob("results/**/record.json"))  # nothing was begun


def test_a_path_and_a_name_that_are_not_given(tmp_path, capfd):
    assert cli.call("data=file", *BASELINE, *places(tmp_path)) == 2
    assert "needs data.path=FILE" in capfd.readouterr().err
    assert cli.call("model=predictions", *places(tmp_path)) == 2
    assert capfd.readouterr().err == "error: model.name is not given and has no default: add model.name=VALUE\n"


def test_notes_on_a_file_are_said_once_a_command(tmp_path, caplog):
    """However often it is read: for its labels, for the tasks, in a plan and in a sweep."""
    folder = tmp_path / "spelt"
    folder.mkdir()
    texts.topics(60, labels=("a", "A", "b")).to_csv(folder / "train.csv", index=False)
    own = ("data=file", "data.source=hub", f"data.path={folder}", "num_labels=all,2", "train_size=12,18", "seed=0,1,2")
    assert cli.call("-m", *own, "model=tfidf_sgd", "device=cpu", "command=plan", *places(tmp_path)) == 0
    assert sum("labels look alike" in message for message in caplog.messages) == 1


def test_what_a_file_lacks_is_told_with_what_to_do(tmp_path, capfd):
    (tmp_path / "rows.csv").write_text("the coach of a team saw it,sport\nthe bank of a town lost it,money\n")
    line = json.dumps({"data": {"text": "a match"}, "annotations": [{"label": "sport"}]})
    (tmp_path / "nested.jsonl").write_text(f"{line}\n{line}\n")
    for words, way_out in (
        ([f"data.path={tmp_path / 'rows.csv'}"], "reads like a row: write a line with the columns' names above it"),
        ([f"data.path={tmp_path / 'nested.jsonl'}", "data.text_column=data.text"], "annotations, annotations.label\n"),
    ):
        assert cli.call("model=tfidf_sgd", "data=file", *words, f"results_dir={tmp_path / 'results'}") == 2
        said = capfd.readouterr().err
        assert way_out in said
        assert said.count("\n") == 1


def test_json_lines_are_read_by_their_other_name(tmp_path, capfd):
    rows = "".join(json.dumps({"text": f"{n} a text of {n % 2}", "label": n % 2}) + "\n" for n in range(60))
    plans = []
    for name in ("rows.jsonl", "rows.ndjson"):
        (tmp_path / name).write_text(rows)
        words = [f"data.path={tmp_path / name}", "data.name=rows", "num_labels=2", "train_size=16", "command=plan"]
        assert cli.call("-m", "model=tfidf_sgd", "data=file", *words, f"results_dir={tmp_path / 'results'}") == 0
        plans.append(capfd.readouterr().out)
    assert "1 cell: 0 done, 1 to run" in plans[0]
    assert plans[0] == plans[1]


def test_a_sign_that_needs_quotes_is_told_without_the_grammar_s_words(tmp_path, capfd):
    assert cli.call("model=tfidf_sgd", "data=file", "data.path=x.csv", "data.text_column=文本") == 2
    said = capfd.readouterr().err
    assert "Lexer" not in said
    assert """'data.text_column="文本"'""" in said


def test_several_numbers_are_not_told_to_be_one_text(capfd):
    assert cli.call("model=tfidf_sgd", "seed=0,1") == 2
    assert capfd.readouterr().err == "error: seed=0,1: several values need a sweep (-m)\n"
