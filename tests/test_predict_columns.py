"""A kept model knows the columns that its texts were made of, and how they were joined."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.compose import to_cell
from bench.errors import UserError
from bench.models import kept
from bench.predict.__main__ import main
from bench.predict.columns import Joining, TextColumns
from bench.predict.texts import Reading, from_file
from bench.results import store
from bench.results.record import Status
from bench.running.run import run_cell
from bench.settings import Settings
from tests.conftest import MODEL_IDS
from tests.support import texts

TEMPLATE = "{subject}: {body}"
TRAINED = Joining(("subject", "body"), TEMPLATE)


@pytest.fixture(scope="module")
def cell(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder of a cell that was trained on two columns, and the file that they are in."""
    root = tmp_path_factory.mktemp("joined")
    table = texts.topics(40, labels=("sport", "business"))
    table.insert(0, "id", [f"t{number}" for number in range(len(table))])
    words = table.pop("text").str.split(n=1)
    table["subject"], table["body"] = words.str[0], words.str[1]
    table.to_csv(root / "mail.csv", index=False)
    cell = to_cell(
        {
            "data": {"name": "mail", "source": "file", "path": str(root / "mail.csv"), "id_column": "id"}
            | {"text_column": ["subject", "body"], "text_template": TEMPLATE},
            "num_labels": 2,
            "train_size": 24,
            "seed": 0,
            "split": {"name": "nested"},
            "model": {"name": "tiny-bert", "family": "bert", "source": "hub", "id": MODEL_IDS["bert"]},
            "method": {"name": "lora"},
            "training": {"learning_rate": 1e-2, "num_train_epochs": 4, "max_length": 8},
        }
    )
    folders = {"results_dir": str(root), "mirror_dir": str(mirror), "cache_dir": str(root / "cache")}
    record = run_cell(cell, Settings(**folders, device="cpu", save_model=True))
    assert record.status is Status.OK, record.failure
    return cell.folder(root), root / "mail.csv"


@pytest.fixture
def predict(mirror: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command in this process: exit code, standard output, standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*map(str, arguments), "--mirror-dir", str(mirror)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_predict_joins_the_columns_that_the_model_was_trained_on(cell: Any, predict: Any, tmp_path: Path) -> None:
    folder, file = cell
    assert predict(folder, "--file", file, "--out", tmp_path / "out.csv")[::2] == (0, "")
    frame = store.read_predictions(folder, store.read(folder))
    test = frame[frame.split == "test"].set_index("id").probabilities
    with (tmp_path / "out.csv").open(newline="") as opened:
        rows = {row["id"]: row for row in csv.DictReader(opened)}
    labels = store.read(folder).measurements.examples.labels
    found = np.array([[float(rows[name][f"probability_{label}"]) for label in labels] for name in test.index])
    assert np.abs(found - np.stack(test)).max() < 1e-5


def test_the_card_says_which_columns_and_how(cell: Any) -> None:
    card = " ".join((cell[0] / kept.MODEL / kept.CARD).read_text().split())
    assert "A text is made of columns `subject` and `body`, as `{subject}: {body}` says" in card
    assert "- Texts: columns `subject`, `body`." in card


@pytest.mark.parametrize(
    ("header", "arguments", "message"),
    [
        ("id,subject", (), "no column 'body'; there are id, subject; the model was trained on subject and body"),
        ("id,text", (), "no column 'subject'; there are id, text; the model was trained on subject and body"),
        ("id,subject", ("--text-column", "subject,body"), "no column 'body'; there are id, subject; see --text-column"),
        ("subject,body", ("--text-template", "{subject}"), "--text-template has {subject}, and --text-column has"),
    ],
)
def test_what_is_missing_is_said(
    header: str, arguments: Any, message: str, *, cell: Any, predict: Any, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(f"{header}\n1,a word\n")
    code, printed, errors = predict(cell[0], "--file", tmp_path / "in.csv", *arguments)
    assert (code, printed, errors.count("\n")) == (2, "", 1)
    assert message in errors


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("subject", "--text-column subject leaves out body"),
        ("other", "--text-column other stands for all of them"),
        ("other,body", "--text-column other,body joins with an empty line between, and --text-template says otherwise"),
    ],
)
def test_other_columns_are_read_with_a_note(
    columns: str, message: str, *, cell: Any, predict: Any, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("subject,body,other\nHello,all is well,again\n")
    code, _, errors = predict(cell[0], "--file", tmp_path / "in.csv", "--text-column", columns)
    assert (code, errors.count("\n")) == (0, 1)
    assert "the model was trained on subject and body, joined by '{subject}: {body}'" in errors
    assert message in errors


@pytest.mark.parametrize(
    ("trained", "asked", "template", "expected"),
    [
        (TRAINED, None, None, "Hello: all is well"),
        (TRAINED, "body,subject", None, "Hello: all is well"),
        (TRAINED, None, "{body} ({subject})", "all is well (Hello)"),
        (TRAINED, "text", None, "as it is"),
        (Joining(("subject", "body")), None, None, "Hello\n\nall is well"),
        (Joining(("body",)), None, None, "all is well"),
        (Joining(("sms",)), None, None, "as it is"),
        (Joining(("body",), "Q: {body}"), None, None, "Q: all is well"),
        (Joining(), None, None, "as it is"),
    ],
)
def test_columns_come_from_the_model_where_none_are_asked_for(
    trained: Joining, asked: str | None, template: str | None, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("subject;body;text\nHello;all is well;as it is\n")
    reading = Reading(template=template, trained=trained)
    assert from_file(str(tmp_path / "in.csv"), asked, reading).whole().texts == [expected]


def test_a_model_of_an_earlier_version_reads_text_as_before(cell: Any, tmp_path: Path) -> None:
    folder, content = cell[0] / kept.MODEL, json.loads((cell[0] / kept.MODEL / kept.FILE).read_text())
    assert content.pop("text_columns") == ["subject", "body"]
    assert content.pop("text_template") == TEMPLATE
    (tmp_path / kept.FILE).write_text(json.dumps(content))
    old = kept.read(tmp_path)
    assert (old.text_columns, old.text_template) == ((), None)
    assert old.max_length == kept.read(folder).max_length


@pytest.mark.parametrize(("trained", "said"), [("message", "; the model was trained on message"), ("text", "")])
def test_the_one_column_of_training_is_named(trained: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        TextColumns(["body"], "new.csv", None, None, Joining((trained,)))
    assert str(caught.value) == f"new.csv has no column 'text'; there are body{said}; see --text-column"
