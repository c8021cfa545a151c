"""JSON with a key that is there twice says two things: it is refused, and neither of them is taken in silence."""

import json
from pathlib import Path

import pytest

from bench.errors import UserError
from bench.models import kept
from bench.predict.texts import from_file
from bench.results import store
from bench.results.claims import CLAIM, Odd, look
from bench.results.record import parse
from tests.results.test_odd_claims import GOOD
from tests.support import cli, texts


@pytest.fixture
def own(tmp_path: Path) -> tuple[str, ...]:
    texts.topics(60).to_json(tmp_path / "mine.jsonl", orient="records", lines=True)
    places = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    return (
        "data=file",
        f"data.path={tmp_path / 'mine.jsonl'}",
        "model=tfidf_sgd",
        "device=cpu",
        "train_size=8",
        *places,
    )


def test_a_row_with_two_labels_or_texts(tmp_path, own, capfd):
    file = tmp_path / "mine.jsonl"
    lines = file.read_text().splitlines()
    lines[6] = lines[6].replace('"label"', '"label":"sport","label"')
    lines[9] = lines[9].replace('"text"', '"text":"other","text"')
    lines[11] = lines[11].replace('"text"', '"note":1,"note":2,"text"')  # nobody reads it
    file.write_text("\n".join(lines) + "\n")
    assert cli.call(*own) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "line 7: 'label' is there twice; line 10: 'text' is there twice" in err
    assert "note" not in err


def test_a_label_that_is_an_object_with_two_of_a_name(tmp_path, own, capfd):
    (tmp_path / "mine.jsonl").write_text('{"text": "a", "label": {"a": 1, "a": 2}}\n')
    assert cli.call(*own) == 2
    assert "objects (struct), no single values" in capfd.readouterr().err


def test_texts_to_predict(tmp_path):
    (tmp_path / "texts.jsonl").write_text('{"text": "a", "text": "b"}\n')
    with pytest.raises(UserError, match="line 1: 'text' is there twice"):
        from_file(str(tmp_path / "texts.jsonl"), "text")


def test_a_record_that_says_two_accuracies_is_none(tmp_path, own, capfd):
    assert cli.call(*own) == 0
    (path,) = (tmp_path / "results").glob(f"**/{store.RECORD}")
    text = path.read_text()
    assert parse(text).to_json() == text
    twice = text.replace('"accuracy": ', '"accuracy": 0.25, "accuracy": ', 1)
    assert twice != text
    with pytest.raises(ValueError, match="'accuracy' is there twice"):
        parse(twice)
    path.write_text(twice)
    capfd.readouterr()
    assert cli.call(*own) == 0
    assert "kept: " not in capfd.readouterr().out, "what can't be read is run again"
    assert path.read_text() != twice


def test_a_claim_of_two_owners_is_none(tmp_path):
    (tmp_path / CLAIM).write_text(json.dumps(GOOD)[:-1] + ', "owner": "y"}')
    found = look(tmp_path)
    assert isinstance(found, Odd)
    assert (found.reason, found.torn) == ("'owner' is there twice", False)


def test_a_kept_model_of_two_sorts_is_none(tmp_path):
    (tmp_path / kept.FILE).write_text('{"labels": ["a", "b"], "labels": ["b", "a"]}')
    with pytest.raises(Exception, match="is no description of a kept model"):
        kept.read(tmp_path)
