"""`bench init FILE`, then `bench sweep`: from somebody's own file to a report, without a line written by hand."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from bench.init.__main__ import main
from tests.support.texts import topics

LABELS = ("delivery", "billing", "returns")


def rows(count: int = 60) -> list[tuple[str, str]]:
    frame = topics(count, labels=LABELS)
    return list(zip(frame["text"], frame["label"], strict=True))


def troubled(path: Path) -> int:
    """A file as people have them; how many of its rows can be used."""
    usable = rows()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ticket", "body", "queue"])
        for number, (text, label) in enumerate(usable):
            writer.writerow([number, text, label])
        writer.writerow([900, "", "billing"])
        writer.writerow([901, "nobody said what this is", ""])
        writer.writerow(["", "", ""])
        writer.writerow([902, "a parcel that came late", "delivery "])
        writer.writerow([903, "a bill that is wrong", "Billing"])
    return len(usable) + 2


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return tmp_path


def initialised(*words: str) -> int:
    return main([*words, "--yes", "--no-plan"])


def test_what_is_seen_is_said_with_rows_as_a_spreadsheet_counts(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usable = troubled(here / "tickets.csv")
    content = (here / "tickets.csv").read_bytes()
    assert initialised("tickets.csv") == 0
    said = capsys.readouterr().out
    assert f"{usable + 3:,} rows, {usable:,} of them with a text and a label. CSV" in said
    assert "text:  column 'body'" in said
    assert "label: column 'queue'" in said
    first = 2 + len(rows())  # the header is row 1
    assert f"1 row without a text: left out (drop_empty) (row {first})" in said
    assert f"1 row without a label: left out (drop_unlabelled) (row {first + 1})" in said
    assert f"1 row with neither text nor label: left out (drop_empty, drop_unlabelled) (row {first + 2})" in said
    assert f"blanks at its ends: they are taken off (strip_labels) (row {first + 3})" in said
    assert "'billing' (60) = 'Billing' (1)" in said
    assert "first number, by cross-validation" in said
    assert (here / "tickets.csv").read_bytes() == content
    assert (here / "reports/tickets/data.png").read_bytes()[:4] == b"\x89PNG"


def test_its_files_say_what_was_found(here: Path) -> None:
    troubled(here / "tickets.csv")
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
    assert experiment["hydra"]["sweeper"]["params"]["num_labels"] == "all"
    assert experiment["hydra"]["sweeper"]["rows"][0] == {"model": "tfidf_sgd"}


def test_files_that_are_there_stay(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    troubled(here / "tickets.csv")
    assert initialised("tickets.csv") == 0
    (here / "conf/data/tickets.yaml").write_text("mine")
    assert initialised("tickets.csv") == 2
    assert "--overwrite writes it anew, --name gives another name" in capsys.readouterr().err
    assert (here / "conf/data/tickets.yaml").read_text() == "mine"
    assert initialised("tickets.csv", "--name", "other") == 0
    assert initialised("tickets.csv", "--overwrite") == 0


def frame() -> pd.DataFrame:
    return pd.DataFrame(rows(), columns=["Nachricht", "Thema"])


def written(here: Path, kind: str) -> str:
    """The file or folder of this kind, as other programs write it."""
    table = frame()
    if kind == "semicolons":
        table.to_csv(here / "export.csv", sep=";", index=False, encoding="utf-8-sig")
        return "export.csv"
    if kind == "windows":
        table["Nachricht"] += " für Müller"
        table.to_csv(here / "export.csv", sep=";", index=False, encoding="cp1252")
        return "export.csv"
    if kind == "tsv":
        table.to_csv(here / "export.tsv", sep="\t", index=False)
        return "export.tsv"
    if kind == "jsonl":
        lines = [json.dumps(row, ensure_ascii=False) for row in table.to_dict("records")]
        (here / "export.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return "export.jsonl"
    if kind == "parquet":
        table.astype({"Thema": "category"}).to_parquet(here / "export.parquet")
        return "export.parquet"
    for number, (text, label) in enumerate(rows()):
        (here / "export" / label).mkdir(parents=True, exist_ok=True)
        (here / "export" / label / f"{number}.txt").write_text(text)
    return "export"


@pytest.mark.parametrize("kind", ["semicolons", "windows", "tsv", "jsonl", "parquet", "folders"])
def test_every_kind_of_file_is_planned_and_swept_as_it_was_written(kind: str, here: Path) -> None:
    from tests.test_command import bench

    assert initialised(written(here, kind), "--name", "mine") == 0
    swept = bench("sweep", "mine", "model=tfidf_sgd", "train_size=16", "seed=0", "cache_dir=cache", folder=here)
    assert swept.returncode == 0, swept.stdout + swept.stderr
    assert (here / "reports/mine/index.html").is_file()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("a,b\n", "no rows"),
        ("text,label\nhello there,x\nanother one,x\nand a third,x\n", "holds labels"),
        ("text,text\na,b\n", "more than one column 'text'"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_in_a_line(
    content: str, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "odd.csv").write_text(content)
    assert initialised("odd.csv") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
    assert not (here / "conf").exists()


def test_columns_that_there_are_not(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    troubled(here / "tickets.csv")
    assert initialised("tickets.csv", "--text", "words", "--label", "kind") == 2
    assert "--text words and --label kind: no such column; there are ticket, body, queue" in capsys.readouterr().err
