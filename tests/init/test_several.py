"""`bench init` where rows have several labels: lists, separators and columns of 0 and 1 give the same task."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.init import first_of_sets
from bench.init.first_of_sets import first_of_sets as first_number
from tests.init.conftest import initialised
from tests.support.cli import composed
from tests.support.several import pool_of

NAMES = ("late", "money", "sport")


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, tuple[str, ...]]]:
    """Texts with their labels: several in some rows, none in others."""
    pool = pool_of(200)
    return list(zip(pool.texts, pool.label_sets, strict=True))


def table(path: Path, header: list[str], lines: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *lines])


@pytest.fixture
def files(here: Path, rows: list[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    """The same rows in each form; by name of the form, the file."""
    lists = [json.dumps({"text": text, "tags": labels}) + "\n" for text, labels in rows]
    (here / "lists.jsonl").write_text("".join(lists))
    table(here / "spelt.csv", ["text", "tags"], [[text, json.dumps(labels)] for text, labels in rows])
    for name, sign in (("bar", "|"), ("semicolon", "; "), ("comma", ", ")):
        table(here / f"{name}.csv", ["text", "tags"], [[text, sign.join(labels)] for text, labels in rows])
    hot = [[number, text, *(int(name in labels) for name in NAMES)] for number, (text, labels) in enumerate(rows)]
    table(here / "hot.csv", ["number", "text", *NAMES], hot)
    return {path.stem: path.name for path in here.glob("*.*")}


FORMS: dict[str, dict[str, Any]] = {
    "lists": {"label_column": "tags"},
    "spelt": {"label_column": "tags"},
    "bar": {"label_column": "tags", "label_separator": "|"},
    "semicolon": {"label_column": "tags", "label_separator": ";"},
    "comma": {"label_column": "tags", "label_separator": ","},
    "hot": {"label_columns": ["late", "money", "sport"]},
}


def test_all_forms_give_one_task(files: dict[str, str], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples, said = {}, set()
    for form, expected in FORMS.items():
        assert initialised(files[form], "--several") == 0
        lines = capsys.readouterr().out.splitlines()
        said.add(
            "\n".join(
                line for line in lines if line.startswith(("first number", "most often")) or "have several" in line
            )
        )
        data = yaml.safe_load((here / f"conf/data/{form}.yaml").read_text())
        assert data["multi_label"] == "keep"
        assert {name: value for name, value in data.items() if name.startswith("label_")} == expected
        (point,) = composed(f"data={form}", f"+experiment={form}", "model=tfidf_sgd", "train_size=40", "data.name=same")
        cell = to_cell(point)
        assert (cell.task.kind, cell.task.split.name, cell.task.num_labels) == ("multi_label", "natural", 3)
        splits = draw(cell.task, load_pool(cell.task.data, cache=here / "cache", mirror_dir=None))
        examples[form] = (splits.labels, splits.train.labels, splits.validation.labels, splits.test.labels)
    assert len(set(examples.values())) == 1
    assert len(said) == 1


def test_what_is_said(
    files: dict[str, str], rows: list[tuple[str, tuple[str, ...]]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert initialised(files["bar"], "--several") == 0
    said = capsys.readouterr().out
    several, none = (sum(are) / len(rows) for are in zip(*((len(of) > 1, not of) for _, of in rows), strict=True))
    assert "200 rows, 200 of them with a text." in said
    assert "label: column 'tags' (3 different labels between '|')" in said
    assert f"{100 * several:.0f} % of the rows have several labels, {100 * none:.0f} % have none" in said
    both = sum({"money", "sport"} <= set(of) for _, of in rows)
    assert f"most often together: 'money' and 'sport' ({both})" in said
    assert f"  sport {sum('sport' in of for _, of in rows):>33,}" in said
    assert "TF-IDF, each label against the rest, macro F1 0.9" in said


@pytest.mark.parametrize("form", FORMS)
def test_several_labels_are_proposed(form: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code = initialised(files[form])
    assert code in (0, 2)  # a column of nothing but lists is no column of single labels
    out, error = capsys.readouterr()
    assert "--several" in out + error
    if code == 0:  # what it says is a command that goes, now that the files are there
        (words,) = re.findall(r": (--several .*) keeps them all", out)
        assert initialised(files[form], *words.split()) == 0


def test_asked_columns(files: dict[str, str], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert initialised(files["hot"], "--several", "--label", "money,sport", "--name", "two") == 0
    assert "label: columns 'money', 'sport' (columns of 0 and 1)" in capsys.readouterr().out
    assert yaml.safe_load((here / "conf/data/two.yaml").read_text())["label_columns"] == ["money", "sport"]
    assert initialised(files["hot"], "--several", "--label", "money,absent", "--name", "none") == 2
    assert "--label absent: no such column" in capsys.readouterr().err
    assert initialised(files["bar"], "--several", "--label", "text", "--name", "none") == 2
    assert "--several: --label text holds lists of labels" in capsys.readouterr().err


def test_one_label_a_row_has_none_to_keep(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table(here / "one.csv", ["text", "label"], [[f"goal match {n}, or a bill", "ab"[n % 2]] for n in range(40)])
    assert initialised("one.csv") == 0
    assert "--several" not in capsys.readouterr().out
    assert initialised("one.csv", "--several", "--name", "two") == 2
    assert "--several: no column holds" in capsys.readouterr().err


def test_rows_that_all_have_several_labels(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [["late", "sport"], ["late", "money"], ["money", "sport"]]
    lines = [json.dumps({"text": f"goal match number {n}", "tags": pairs[n % 3]}) + "\n" for n in range(60)]
    (here / "all.jsonl").write_text("".join(lines))
    assert initialised("all.jsonl") == 2
    assert "rows have several labels in tags: --several keeps them" in capsys.readouterr().err
    assert initialised("all.jsonl", "--several") == 0


@pytest.mark.parametrize(("answer", "kept"), [("y", True), ("", False)])
def test_it_asks_on_a_terminal(
    answer: str, kept: bool, files: dict[str, str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.init.__main__ import main

    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    assert main([files["hot"], "--no-plan"]) == 0
    assert "of the rows have several labels in late, money, sport: keep them all? [y/N]" in asked[0]
    assert ("multi_label: keep" in (here / "conf/data/hot.yaml").read_text()) is kept


def test_a_rare_label_is_found_beyond_the_sample(here: Path, rows: list[tuple[str, tuple[str, ...]]]) -> None:
    lines = [[f"{text} {n}", *(int(name in of) for name in NAMES), 0] for n in range(25) for text, of in rows]
    for line in lines[:8]:
        line[-1] = 1
    table(here / "rare.csv", ["text", *NAMES, "rare"], lines)
    assert initialised("rare.csv", "--several") == 0
    assert "rare" in yaml.safe_load((here / "conf/data/rare.yaml").read_text())["label_columns"]


def test_the_threshold_of_a_fold_is_found_on_the_others(rows: list[tuple[str, tuple[str, ...]]]) -> None:
    texts, labels = zip(*rows, strict=True)
    found = first_number(texts, labels, range(len(rows)))
    assert found is not None
    assert (found.rows, found.labels, found.is_sample) == (200, 3, False)
    assert found.macro_f1 > 0.8
    true = np.asarray([[1, 0], [0, 1]] * 4)
    probabilities = np.where(true, 0.3, 0.1)
    probabilities[:2] = np.where(true[:2], 0.9, 0.6)
    given = first_of_sets._given(probabilities, true, [np.arange(2), np.arange(2, 8)])
    assert given[:2].all(), "by the low threshold of the others"
    assert first_number(texts, [("a",)] * len(texts), range(len(texts))) is None
