"""`bench init FILE`: what it says of a file as people have them, and what it writes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from bench.init.picture import _even_edges, _log_edges
from tests.init.conftest import initialised, rows, write_csv
from tests.support import cli
from tests.support.cli import environment


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


def test_files_are_written_though_nobody_reads_on(here: Path, tickets: int) -> None:
    """As with `bench init tickets.csv | head -1`."""
    program = "from bench.command import start; start()"
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-c", program, "init", "tickets.csv"]
    ended = subprocess.run(
        words, cwd=here, env=environment(here), stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 0
    assert (here / "conf/experiment/tickets.yaml").is_file()
    assert (here / "reports/tickets/data.png").is_file()


def test_rows_of_parquet_are_counted_from_0(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame([*rows(), ("", "billing")], columns=["text", "label"]).to_parquet("t.parquet")
    assert initialised("t.parquet") == 0
    said = capsys.readouterr().out
    assert "Parquet; rows are counted from 0." in said
    assert f"left out (drop_empty) (row {len(rows())})" in said


@pytest.mark.parametrize("pause", ["", "，"])
def test_texts_without_blanks_are_counted_in_characters(
    pause: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said_of = {"好评": "这个产品非常好我很喜欢", "差评": "太差了完全不能用要退货"}
    digits = "零一二三四五六七八九"
    lines: list[list[object]] = [
        [f"{text}{pause}{digits[number // 10]}{digits[number % 10]}", label]
        for label, text in said_of.items()
        for number in range(40)
    ]
    write_csv(here / "t.csv", ["评论", "类别"], lines)
    assert initialised("t.csv") == 0
    said = capsys.readouterr().out
    count = 13 + len(pause)
    assert f"at most {count} characters, 95 % at most {count}, the longest {count} (about 15, 15 and 15 tokens)" in said
    assert f"text: column '评论' ({count} characters on average)" in said


def test_bins_of_lengths_hold_whole_lengths_and_never_get_narrower() -> None:
    for edges in (_log_edges(10_300), _even_edges(2, 31), _even_edges(7, 7), _even_edges(1, 1000)):
        widths = np.diff(edges)
        assert all(width == int(width) >= 1 for width in widths)
        assert sorted(widths) == list(widths)
        assert all(edge % 1 == 0.5 for edge in edges)
    assert (_even_edges(2, 31)[0], _even_edges(2, 31)[-1]) == (1.5, 31.5)
    assert _log_edges(10_300)[-1] > 10_300
    assert len(_even_edges(1, 1000)) <= 31
