"""`bench label` where a text may have several labels or none, in each form that data have them in."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.compose import to_cell, to_settings
from bench.label.__main__ import main
from bench.label.experiment import experiment
from bench.running.run import run_cell
from tests.support.cli import composed
from tests.test_multi_label import LABELS, rows_of

ONE_HOT = "data.label_columns=[ball,money,late]"


@dataclass(frozen=True)
class Form:
    """How a file has labels."""

    options: tuple[str, ...]
    save: Callable[[list[dict[str, Any]], Path], object]
    ending: str = ".csv"

    def words(self, folder: Path, *more: str) -> list[str]:
        return ["data=file", "data.name=tickets", f"data.path={self.path(folder)}", "task=multi_label", "num_labels=3",
                "train_size=60", "model=tfidf_logistic", "seed=0", "name=tickets", "device=cpu", *self.options, *more,
                *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache"))]  # fmt: skip

    def path(self, folder: Path) -> Path:
        return folder / f"tickets{self.ending}"


def _parted(rows: list[dict[str, Any]], path: Path) -> None:
    pd.DataFrame([{**row, "label": ";".join(row["label"])} for row in rows]).to_csv(path, index=False)


def _one_hot(rows: list[dict[str, Any]], path: Path) -> None:
    table = [{"text": row["text"], **{name: int(name in row["label"]) for name in LABELS}} for row in rows]
    pd.DataFrame(table).to_csv(path, index=False)


def _lists(rows: list[dict[str, Any]], path: Path) -> None:
    pd.DataFrame(rows).to_parquet(path, index=False)


FORMS = {
    "parted": Form(("data.label_separator=semicolon",), _parted),
    "one_hot": Form((ONE_HOT,), _one_hot),
    "lists": Form((), _lists, ".parquet"),
}


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Texts without a label, and one that is labelled already."""
    path = tmp_path / "pool.csv"
    texts = [row["text"] for row in rows_of(160)]
    pd.DataFrame({"number": range(61), "text": [*texts[100:], texts[0]]}).to_csv(path, index=False)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, table: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


@pytest.mark.parametrize("name", FORMS)
def test_what_was_labelled_is_read_again_as_it_was_said(
    name: str, pool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form, todo, joined = FORMS[name], tmp_path / "todo.csv", tmp_path / "joined.csv"
    known = rows_of(160)[:100]
    form.save(known, form.path(tmp_path))
    assert main([*form.words(tmp_path), "--pool", str(pool), "--n", "40", "--out", str(todo)]) == 0
    said = capsys.readouterr().out
    assert " (61 rows; " in said
    assert " are empty, repeats, or nearly the same as a labelled text)" in said
    assert "drawn at random: with several labels a text no choice was better" in said
    found, sign = rows(todo), ";" if name == "parted" else "|"
    columns = LABELS if name == "one_hot" else ("label",)
    assert list(found[0]) == ["number", "text", *columns, "guess", "probability", "rank"]
    true = {row["text"]: row["label"] for row in rows_of(160)}
    guesses = [[label for label in row["guess"].split(sign) if label] for row in found]
    assert sum(set(guess) == set(true[row["text"]]) for guess, row in zip(guesses, found, strict=True)) > 25
    numbers = [row["probability"].split(sign) if row["probability"] else [] for row in found]
    assert list(map(len, numbers)) == list(map(len, guesses))
    for row, labels in zip(found, (["ball", "late"], ["money"], [], ["ball", "new"]), strict=False):
        filled = {each: str(int(each in labels)) for each in LABELS}
        row.update(filled if name == "one_hot" else {"label": f" {sign} ".join(labels) or sign})
    write(todo, found)
    assert main([*form.words(tmp_path), "--join", str(todo), "--out", str(joined)]) == 0
    said = capsys.readouterr().out
    assert "100 rows and 4 new ones" in said
    assert ("1 label of theirs no old row has: 'new' (1)" in said) == (name != "one_hot")
    again = [word for word in form.words(tmp_path) if not word.startswith("data.path=")]
    read = experiment([*again, f"data.path={joined}"], None).labelled()
    new = () if name == "one_hot" else ("new",)
    assert read.label_sets[100:] == (("ball", "late"), ("money",), (), ("ball", *new))
    assert [sorted(labels) for labels in read.label_sets[:100]] == [sorted(row["label"]) for row in known]


def test_cells_that_say_no_labels_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, out = tmp_path / "new.csv", tmp_path / "joined.csv"
    for name, cells, said in (
        ("one_hot", "text,ball,money,late\na b,1,x,\n", "column 'money' holds 'x', neither 0 nor 1"),
        ("lists", 'text,label\na b,"[ball"\n', "'[ball' is no list of labels"),
    ):
        form = FORMS[name]
        form.save(rows_of(20), form.path(tmp_path))
        new.write_text(cells)
        assert main([*form.words(tmp_path), "--join", str(new), "--out", str(out)]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert "line 2" in error
        assert error.count("\n") == 1


def test_rows_and_kept_models_guess_sets(pool: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form = FORMS["lists"]
    form.save(rows_of(160)[:100], form.path(tmp_path))
    words = form.words(tmp_path, "save_model=true")
    content = composed(*words)[0]
    record = run_cell(to_cell(content), to_settings(content))
    asked = ["--pool", str(pool), "--n", "10", "--by", "margin", "--force", "--out", str(tmp_path / "todo.csv")]
    assert main([*words, *asked, "--row", "tfidf_logistic"]) == 0
    assert "guesses are tfidf_logistic's" in capsys.readouterr().out
    by_row = rows(tmp_path / "todo.csv")
    (model,) = (tmp_path / "results").rglob(record.key)
    assert main([*words, *asked, "--model", str(model)]) == 0
    by_model = rows(tmp_path / "todo.csv")
    assert {"|" in row["guess"] for row in by_row + by_model} == {True, False}
    single = [word for word in words if not word.startswith(("task=", "save_"))]
    assert main([*single, "data.multi_label=single_only", *asked, "--model", str(model)]) == 2
    assert "it gives texts several labels" in capsys.readouterr().err
    assert main([*words, "--wrong", "--out", str(tmp_path / "wrong.csv")]) == 2
    assert "--wrong knows one label a text: the mistakes that" in capsys.readouterr().err
