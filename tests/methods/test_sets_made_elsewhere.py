"""Answers made elsewhere to texts with several labels: lists, names between separators, one name or none."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from bench.compose import to_cell
from bench.export import main as export
from bench.methods.predictions import names_in
from bench.options.without_effect import Point, why_without_effect
from tests.support.cli import call, composed
from tests.test_multi_label import file, rows_of, run, words  # noqa: F401 - a fixture

KNOWN = {row["text"]: row["label"] for row in rows_of()}
FORMS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "lists": (json.dumps, ()),
    "Python's lists": (repr, ()),
    "bars": ("| ".join, ('model.label_separator="|"',)),
}


def answers(file: Path, folder: Path, form: Any) -> tuple[Path, list[dict[str, str]]]:  # noqa: F811
    """A file of answers to the exported test examples: all right but for the first, which has no label, and the last,
    which has a name that is none and one in capitals."""
    out, path = folder / "test.csv", folder / "answers.csv"
    assert export([*words(file), f"out={out}"]) == 0
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    given = [KNOWN[row["text"]] for row in rows]
    given[0], given[-1] = [], ["LATE", "nonsense"]
    with path.open("w", newline="", encoding="utf-8") as made:
        csv.writer(made).writerows(
            [["id", "label"], *([row["id"], form(of)] for row, of in zip(rows, given, strict=True))]
        )
    return path, rows


@pytest.mark.parametrize("form", FORMS)
def test_they_are_judged_as_sets(form: str, file: Path, tmp_path: Path) -> None:  # noqa: F811
    write, more = FORMS[form]
    path, rows = answers(file, tmp_path, write)
    record, predictions = run(tmp_path, file, "model=predictions", "model.name=people", f"model.path={path}", *more)
    assert record.measurements is not None
    measured = record.measurements
    test = predictions[predictions["split"] == "test"].set_index("id")
    for row in rows[1:-1]:
        assert set(test.loc[row["id"]]["predicted"]) == set(KNOWN[row["text"]])
    assert list(test.loc[rows[0]["id"]]["predicted"]) == []
    assert list(test.loc[rows[-1]["id"]]["predicted"]) == ["late"]
    assert test["probabilities"].isna().all()
    assert measured.choices == {"invalid_answers": 1}
    assert measured.test.macro_f1 > 0.9
    assert measured.test.loss is None
    assert measured.test.metric("lrap") is None
    assert measured.test.label_sets is not None


def test_a_report_has_them_beside_other_rows(file: Path, tmp_path: Path) -> None:  # noqa: F811
    path, _ = answers(file, tmp_path, json.dumps)
    places = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
    given = ["-m", *words(file), *places, "name=both", "seed=0,1", "hydra.launcher.workers=1"]
    assert (
        call(
            *given,
            f"hydra.sweeper.rows=[{{model:tfidf_sgd}},{{model:predictions,model.name:people,model.path:{path}}}]",
        )
        == 0
    )
    text = (tmp_path / "reports" / "both" / "index.md").read_text()
    assert "people" in text
    for trouble in ("could not be made", "can't be read", "are gone", "could not be drawn"):
        assert trouble not in text


def test_what_names_no_label(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    path, _ = answers(file, tmp_path, "; ".join)
    assert "with any of ball, money, late" in capsys.readouterr().out
    content = path.read_text().replace("ball", "x").replace("money", "y").replace("late", "z").replace("LATE", "z")
    path.write_text(content)
    given = ("model=predictions", "model.name=people", f"model.path={path}", f"results_dir={tmp_path}")
    assert call(*words(file, *given), f"reports_dir={tmp_path}", f"cache_dir={tmp_path}") != 0
    assert "no answer is a label of" in capsys.readouterr().err


def test_names_in_an_answer() -> None:
    assert names_in(' ["a", "b"] ', None) == ["a", "b"]
    assert names_in("a; b;", ";") == ["a", "b"]
    assert names_in("a; b", None) == ["a; b"]
    assert names_in(" ", None) == names_in("[]", "|") == []


def test_a_separator_is_for_several_labels(file: Path, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "answers.csv"
    path.write_text("id,label\n")
    chosen = ("model=predictions", "model.name=people", f"model.path={path}", 'model.label_separator="|"')
    one = composed("data=file", f"data.path={path}", "num_labels=2", "train_size=4", "split=natural", *chosen)[0]
    cell = to_cell(one)
    assert getattr(cell.model, "label_separator") is None  # noqa: B009
    assert why_without_effect("model.label_separator", Point(one, cell)) == "it goes with task=multi_label"
    several = composed(*words(file, *chosen))[0]
    assert why_without_effect("model.label_separator", Point(several, to_cell(several))) is None
