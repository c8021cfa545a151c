"""Every kind of source, as other programs write it, is looked at, planned and swept as it was written."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.init.conftest import initialised, rows
from tests.support import cli
from tests.test_command import bench

QUICK = ("model=majority", "train_size=16", "seed=0", "cache_dir=cache", "device=cpu")


def semicolons(frame: pd.DataFrame) -> str:
    """With a BOM, as European spreadsheets write it."""
    frame.to_csv("export.csv", sep=";", index=False, encoding="utf-8-sig")
    return "export.csv"


def windows(frame: pd.DataFrame) -> str:
    frame["Nachricht"] += " für Müller – 5 €"
    frame.to_csv("export.csv", sep=";", index=False, encoding="cp1252")
    return "export.csv"


def utf_16(frame: pd.DataFrame) -> str:
    frame.to_csv("export.csv", sep="\t", index=False, encoding="utf-16")
    return "export.csv"


def gzipped(frame: pd.DataFrame) -> str:
    frame.to_csv("export.csv.gz", index=False)
    return "export.csv.gz"


def tabs(frame: pd.DataFrame) -> str:
    frame.to_csv("export.tsv", sep="\t", index=False)
    return "export.tsv"


def json_lines(frame: pd.DataFrame) -> str:
    lines = [json.dumps({"meta": {"n": 1}, **row}, ensure_ascii=False) for row in frame.to_dict("records")]
    Path("export.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return "export.jsonl"


def nested_json(frame: pd.DataFrame) -> str:
    lines = [
        json.dumps({"id": n, "ticket": row, "by": {"name": "me"}}) for n, row in enumerate(frame.to_dict("records"))
    ]
    Path("export.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return "export.jsonl"


def json_array(frame: pd.DataFrame) -> str:
    Path("export.json").write_text(json.dumps(frame.to_dict("records"), indent=1), encoding="utf-8")
    return "export.json"


def parquet(frame: pd.DataFrame) -> str:
    frame.assign(n=1.5).astype({"Thema": "category"}).to_parquet("export.parquet")
    return "export.parquet"


def class_folders(frame: pd.DataFrame) -> str:
    for number, row in enumerate(frame.itertuples()):
        Path("export", row.Thema).mkdir(parents=True, exist_ok=True)
        Path("export", row.Thema, f"{number}.txt").write_text(f"{row.Nachricht} für Müller", encoding="cp1252")
    return "export"


def two_tables(frame: pd.DataFrame, folder: str = "export") -> str:
    Path(folder).mkdir(parents=True)
    frame[:120].to_csv(Path(folder, "train.csv"), index=False)
    frame[120:].to_csv(Path(folder, "test.csv"), index=False)
    return folder


@pytest.mark.parametrize(
    "write",
    [
        semicolons, windows, utf_16, gzipped, tabs, json_lines, nested_json, json_array, parquet, class_folders,
        two_tables,
    ],
)  # fmt: skip
def test_every_kind_is_read_as_it_was_written(write, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert initialised(write(pd.DataFrame(rows(), columns=["Nachricht", "Thema"])), "--name", "mine") == 0
    assert "180 rows, 180 of them with a text and a label." in capsys.readouterr().out
    assert cli.call("-m", "+experiment=mine", *QUICK, "command=plan") == 0
    assert "1 cell: 0 done, 1 to run" in capsys.readouterr().out
    assert cli.call("data=mine", "num_labels=all", *QUICK) == 0
    (record,) = here.glob("results/**/record.json")
    examples = json.loads(record.read_text())["measurements"]["examples"]
    assert examples["labels"] == ["billing", "delivery", "returns"]
    assert examples["rows_read"] == 180


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("train", "valid", "test"), "split: 'train' for training, 'validation' for choosing, 'test' for testing"),
        (("train", "valid"), "'validation' for choosing; what is tested on is drawn from all of them"),
        (("a", "b"), "A folder of tables (train)."),
    ],
)
def test_how_the_tables_of_a_folder_are_used_is_said(
    names: tuple[str, ...], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame(rows(), columns=["text", "label"])
    (here / "export").mkdir()
    for number, name in enumerate(names):
        frame[number :: len(names)].to_csv(here / "export" / f"{name}.csv", index=False)
    frame[:9].to_json(here / "export/notes.jsonl", orient="records", lines=True)
    assert initialised("export") == 0
    printed = capsys.readouterr().out
    assert said in printed
    assert "180 rows" in printed
    assert "! not read of this folder: notes.jsonl; where tables are called train and test only these" in printed
    (here / "export/notes.jsonl").unlink()
    assert initialised("export", "--overwrite") == 0
    assert "not read" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "written", "encoding"),
    [
        (" für Müller", "latin-1", "latin-1"),
        (" un cœur, 5 €", "cp1252", "cp1252"),
        (" für Müller", "utf-16-le", "utf-16-le"),
        (" a byte \0 that is nothing", "utf-8", None),
    ],
)
def test_the_encoding_is_found(more: str, written: str, encoding: str | None, here: Path) -> None:
    frame = pd.DataFrame(rows(), columns=["Nachricht", "Thema"])
    frame["Nachricht"] += more
    frame.to_csv("export.csv", sep=";", index=False, encoding=written)
    assert initialised("export.csv") == 0
    assert yaml.safe_load((here / "conf/data/export.yaml").read_text()).get("encoding") == encoding


def test_an_encoding_that_nothing_tells_is_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.DataFrame(rows(), columns=["text", "label"])
    frame["text"] += " ключ от дома"
    frame.to_csv("export.csv", index=False, encoding="koi8-r")
    assert initialised("export.csv") == 2
    assert "data.encoding names what it was written in, such as cp1252, shift_jis" in capsys.readouterr().err
    assert initialised("export.csv", "data.encoding=koi8-r") == 0


def test_a_data_set_of_the_hub_in_a_mirror(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two_tables(pd.DataFrame(rows(), columns=["Nachricht", "Thema"]), "mirror/datasets/somebody/tickets")
    assert initialised("somebody/tickets", "--mirror-dir", "mirror") == 0
    assert "Data set somebody/tickets of the hub (train, test)" in capsys.readouterr().out
    assert cli.call("-m", "+experiment=tickets", *QUICK, "command=plan") == 0
    assert "1 cell: 0 done, 1 to run" in capsys.readouterr().out


def test_a_data_set_with_lists_of_labels_keeps_the_rows_with_one(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = [[label] if number % 10 else [label, "more"] for number, (_, label) in enumerate(rows())]
    pd.DataFrame({"text": [text for text, _ in rows()], "labels": labels}).to_parquet("export.parquet")
    assert initialised("export.parquet") == 0
    said = capsys.readouterr().out
    assert "180 rows, 162 of them with a text and a label." in said
    assert "! 18 rows with several labels, or with none: left out (multi_label)" in said
    assert "multi_label: single_only" in (here / "conf/data/export.yaml").read_text()
    assert cli.call("data=export", "num_labels=all", *QUICK) == 0


def test_two_commands_from_a_file_as_people_have_them_to_a_report(here: Path, tickets: int) -> None:
    assert initialised("tickets.csv") == 0
    quick = "hydra.sweeper.rows=[{model: tfidf_sgd},{model: majority}]"
    swept = bench("sweep", "tickets", quick, "seed=0", "cache_dir=cache", folder=here)
    assert swept.returncode == 0, swept.stdout + swept.stderr
    assert (here / "reports/tickets/index.html").is_file()
    (largest,) = [json.loads(path.read_text()) for path in here.glob("results/**/majority*/**/record.json")][-1:]
    examples = largest["measurements"]["examples"]
    assert examples["rows_of_labels"] == tickets
