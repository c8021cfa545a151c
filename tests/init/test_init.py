"""`bench init FILE`: what it says of a file as people have them, and what it writes."""

from pathlib import Path

import pytest
import yaml

from tests.init.conftest import initialised, rows, write_csv
from tests.support import cli


def test_what_is_seen_is_said_with_rows_as_a_spreadsheet_counts(
    here: Path, tickets: int, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (here / "tickets.csv").read_bytes()
    assert initialised("tickets.csv") == 0
    said = capsys.readouterr().out
    assert f"{tickets + 3:,} rows, {tickets:,} of them with a text and a label. CSV" in said
    assert "text: column 'body'" in said
    assert "label: column 'queue'" in said
    first = 2 + len(rows())  # the header is row 1
    assert f"2 rows without a text: left out (drop_empty) (row {first}, row {first + 2})" in said
    assert f"2 rows without a label: left out (drop_unlabelled) (row {first + 1}, row {first + 2})" in said
    assert f"blanks at its ends: they are taken off (strip_labels) (row {first + 3})" in said
    assert "'billing' (60), 'Billing' (1): each group is made one (merge_labels)" in said
    assert "first number, by cross-validation" in said
    assert (here / "tickets.csv").read_bytes() == content
    assert (here / "reports/tickets/data.png").read_bytes()[:4] == b"\x89PNG"


def test_its_files_say_what_was_found(here: Path, tickets: int) -> None:
    assert initialised("tickets.csv") == 0
    data = yaml.safe_load((here / "conf/data/tickets.yaml").read_text())
    assert data == {
        "defaults": ["base/options@_here_", "_self_"],
        "name": "tickets",
        "source": "file",
        "path": "tickets.csv",
        "text_column": "body",
        "label_column": "queue",
        "drop_empty": True,
        "drop_unlabelled": True,
        "strip_labels": True,
        "merge_labels": {"Billing": "billing"},
    }
    experiment = yaml.safe_load((here / "conf/experiment/tickets.yaml").read_text())
    assert experiment["experiment"] == "tickets"
    assert "training" not in experiment
    assert experiment["hydra"]["sweeper"]["params"]["num_labels"] == "all"
    models = [row["model"] for row in experiment["hydra"]["sweeper"]["rows"]]
    assert models == ["majority", "tfidf_sgd", "tfidf_logistic", "minilm", "minilm"]


def test_values_that_yaml_or_hydra_would_read_otherwise(here: Path) -> None:
    name = "a folder with a long name, so that no column of blanks is left # ${data.name}"
    (here / name).mkdir()
    called = {"billing": "no", "delivery": "on time", "returns": "${x}\nlate"}
    lines: list[list[object]] = [[text, called[label]] for text, label in rows()]
    lines += [["one more text", "No"], ["and another text", "${x} late"]]
    write_csv(here / name / "t.csv", ["text: here", "label"], lines)
    assert initialised(f"{name}/t.csv") == 0
    (config,) = cli.composed("data=t", "model=tfidf_sgd", "num_labels=all")
    assert config["data"]["path"] == f"{name}/t.csv"
    assert config["data"]["text_column"] == "text: here"
    assert config["data"]["merge_labels"] == {"No": "no", "${x} late": "${x}\nlate"}


def test_unequal_labels_are_weighted_and_chosen_by_macro_f1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    some = rows()
    few = [pair for pair in some if pair[1] != "billing"] + [pair for pair in some if pair[1] == "billing"][:20]
    write_csv(here / "t.csv", ["text", "label"], [list(pair) for pair in few])
    assert initialised("t.csv") == 0
    experiment = (here / "conf/experiment/t.yaml").read_text()
    assert yaml.safe_load(experiment)["training"] == {"class_weight": "balanced", "best_metric": "macro_f1"}
    assert "the largest label has 3 times the rows of the smallest" in experiment
    configs = cli.composed("-m", "+experiment=t")
    assert {config["training"]["best_metric"] for config in configs} == {"macro_f1"}
    assert cli.call("-m", "+experiment=t", "cache_dir=cache", "command=plan") == 0
    assert "0 infeasible" in capsys.readouterr().out


def test_labels_that_look_wrong_are_named_by_their_rows_whatever_was_left_out_before(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = rows(80)
    text, label = good[200]
    other = next(each for each in ("delivery", "billing") if each != label)
    lines: list[list[object]] = [list(pair) for pair in [("", "billing"), good[0], *good]]
    lines[202] = [text, other]
    write_csv(here / "t.csv", ["text", "label"], lines)
    assert initialised("t.csv") == 0
    said = capsys.readouterr().out
    assert f"row 204: {other!r}, likelier {label!r}: {text[:60]}" in said


def test_files_that_are_there_stay(here: Path, tickets: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert initialised("tickets.csv") == 0
    (here / "conf/data/tickets.yaml").write_text("mine")
    capsys.readouterr()
    assert initialised("tickets.csv") == 2
    said = capsys.readouterr()
    assert "--overwrite writes it anew, --name gives another name" in said.err
    assert not said.out  # it is said before the file is looked at
    assert (here / "conf/data/tickets.yaml").read_text() == "mine"
    assert initialised("tickets.csv", "--name", "other") == 0
    assert initialised("tickets.csv", "--overwrite") == 0
