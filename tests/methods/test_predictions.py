"""Answers made elsewhere: from the export of the test examples to the record, by the commands that a user types."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.config import PredictionsConfig
from bench.errors import UserError
from bench.methods.predictions import label_indices, read_answers
from bench.results import store
from bench.results.record import Record
from bench.sources.fingerprint import file_sha256
from tests.support import texts
from tests.support.cli import REPOSITORY, bench, call, environment

Judge = Callable[[pd.DataFrame, str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("predictions")
    texts.topics(60).to_csv(folder / "topics.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def task(place: Path) -> tuple[str, ...]:
    return "data=file", "data.name=topics", f"data.path={place / 'topics.csv'}", "num_labels=2", "split=nested"


@pytest.fixture(scope="module")
def asked(place: Path, task: tuple[str, ...]) -> pd.DataFrame:
    """What the export command writes."""
    command = [sys.executable, "-m", "bench.export", *task, f"out={place / 'asked.csv'}"]
    done = subprocess.run(
        command, check=False, cwd=REPOSITORY, env=environment(place), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "40 test examples" in done.stdout
    assert "business, sport" in done.stdout
    return pd.read_csv(place / "asked.csv", dtype=str)


@pytest.fixture(scope="module")
def true_labels(asked: pd.DataFrame, place: Path) -> list[str]:
    source = pd.read_csv(place / "topics.csv").set_index("text")["label"]
    return source[asked.text].tolist()


@pytest.fixture
def judge(place: Path, task: tuple[str, ...], tmp_path: Path) -> Judge:
    """Runs the command on a table of answers, under the name of a row."""

    def run(answers: pd.DataFrame, name: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / f"{name}.csv"
        answers.to_csv(path, index=False)
        return bench("model=predictions", f"model.name={name}", f"model.path={path}", *task, folder=tmp_path)

    return run


def only_record(folder: Path) -> tuple[Record, pd.DataFrame]:
    (found,) = store.scan(folder / "results")
    record = store.read(found)
    assert record is not None
    predictions = store.read_predictions(found, record)
    assert predictions is not None
    return record, predictions


def test_an_export_asks_without_telling(asked: pd.DataFrame) -> None:
    assert list(asked.columns) == ["id", "text", "labels"]
    assert set(asked.labels) == {"business | sport"}
    assert len(asked) == asked.id.nunique() == 40


def test_good_answers_are_right(
    asked: pd.DataFrame, true_labels: list[str], judge: Judge, task: tuple[str, ...], tmp_path: Path
) -> None:
    answers = pd.DataFrame({"id": asked.id, "label": [f" {label.upper()}\n" for label in true_labels]})
    more = pd.DataFrame({"id": ["not one of the task's"], "label": ["sport"]})
    done = judge(pd.concat([more, answers[::-1]]), "gpt4")
    assert done.returncode == 0, done.stderr
    record, predictions = only_record(tmp_path)
    assert record.configuration.model == "gpt4"
    assert record.configuration.method is None
    assert (record.configuration.train_size, record.configuration.seed) == (0, 0)
    measured = record.measurements
    assert measured.test.accuracy == measured.test.macro_f1 == 1
    assert measured.test.loss is measured.test.mean_confidence is None
    assert measured.choices == {"invalid_answers": 0}
    assert (measured.examples.num_train, measured.examples.num_validation, measured.examples.num_test) == (0, 0, 40)
    assert set(predictions.predicted) == {"business", "sport"}, "the task's names, however they were written"
    assert predictions.probabilities.isna().all()
    baseline = bench("model=tfidf_sgd", *task, "train_size=16", "seed=5", folder=tmp_path / "baseline")
    assert baseline.returncode == 0, baseline.stderr
    of_baseline = only_record(tmp_path / "baseline")[1]
    tested = of_baseline[of_baseline.split == "test"].reset_index(drop=True)
    assert tested[["id", "label"]].equals(predictions[["id", "label"]]), "judged on the very same examples"


def test_an_answer_that_is_no_label_is_wrong_and_counted(
    asked: pd.DataFrame, true_labels: list[str], judge: Judge, tmp_path: Path
) -> None:
    answers = pd.DataFrame({"id": asked.id, "label": true_labels})
    wrong = {0: "I cannot say", 1: "", 2: "NA"}
    answers.loc[list(wrong), "label"] = list(wrong.values())
    assert judge(answers, "gpt4").returncode == 0
    record, predictions = only_record(tmp_path)
    scores = record.measurements.test
    assert record.measurements.choices == {"invalid_answers": 3}
    assert scores.num_examples == 40
    assert scores.accuracy == 37 / 40
    assert sum(map(sum, scores.confusion_matrix)) == 37
    assert [row.precision for row in scores.per_label] == [1, 1]
    missed = {label: true_labels[:3].count(label) for label in ("business", "sport")}
    assert {row.label: row.recall for row in scores.per_label} == {n: (20 - m) / 20 for n, m in missed.items()}
    assert predictions.predicted[:3].tolist() == list(wrong.values()), "as they were given"


def test_an_edited_file_is_another_cell(
    asked: pd.DataFrame, true_labels: list[str], judge: Judge, tmp_path: Path
) -> None:
    answers = pd.DataFrame({"id": asked.id, "label": true_labels})
    assert "kept" not in judge(answers, "gpt4").stdout
    (tmp_path / "gpt4.csv").rename(tmp_path / "elsewhere.csv")
    assert judge(answers, "gpt4").stdout.startswith("kept: "), "the same content"
    answers.loc[0, "label"] = "no idea"
    assert "kept" not in judge(answers, "gpt4").stdout
    assert len(list(store.scan(tmp_path / "results"))) == 2


def test_bad_files_are_told_in_a_line(
    asked: pd.DataFrame,
    true_labels: list[str],
    task: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = pd.DataFrame({"id": asked.id, "label": true_labels})
    for table, message in (
        (answers[3:], f"has no answer for 3 of the 40 test examples of topics, the first one is {asked.id[0]!r}"),
        (pd.concat([answers, answers[4:5]]), f"gives the id {asked.id[4]!r} twice or more"),
        (answers.rename(columns={"label": "answer"}), "model.label_column=label is no column"),
        (answers.rename(columns={"id": "key"}), "columns are key, label"),
        (None, "answers.csv: No such file or directory"),
    ):
        path = tmp_path / "answers.csv"
        path.unlink(missing_ok=True)
        if table is not None:
            table.to_csv(path, index=False)
        row = ("model=predictions", "model.name=gpt4", f"model.path={path}")
        assert call(*row, *task, f"results_dir={tmp_path}", f"cache_dir={tmp_path}") == 2
        told = capsys.readouterr().err
        assert message in told
        assert told.count("\n") == 1


@pytest.mark.parametrize(
    "content", [b"", b"id,label\n1,a, or b\n", b"id,label\n1\n", b"\xff\xfe\x00id", b'id,label\n1,"a\n']
)
def test_what_is_no_table_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(content)
    config = PredictionsConfig(name="x", family="predictions", path=str(path), sha256=file_sha256(path))
    with pytest.raises(UserError, match=r"^model\.path=\S*answers\.csv.*\S$") as raised:
        read_answers(config)
    assert "\n" not in str(raised.value)


def test_a_file_that_changed_after_planning_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("id,label\n1,a\n")
    config = PredictionsConfig(name="x", family="predictions", path=str(path), sha256=file_sha256(path))
    assert read_answers(config) == {"1": "a"}
    path.write_text("id,label\n1,b\n2,c\n")
    with pytest.raises(UserError, match="was changed since"):
        read_answers(config)


def test_answers_are_matched_by_name() -> None:
    labels = ("US", "us", "Sci/Tech")
    assert label_indices(("US", "us", " sci/tech ", "Us", "SCI", ""), labels) == (0, 1, 2, None, None, None)
