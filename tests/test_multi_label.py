"""Tasks whose texts have any number of labels, by the command: from the file to the record and its predictions."""

import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.compose import to_cell, to_settings
from bench.config.model.majority import MajorityConfig
from bench.errors import UserError
from bench.methods.decisions import Decision
from bench.results import store
from bench.results.record import Record, Status
from bench.running.run import run_cell
from tests.support.cli import bench, composed
from tests.support.methods import CLASSICAL, family_of
from tests.support.tiny import BUSINESS, SPORT

LABELS = ("ball", "money", "late")
ROWS = tuple(map(family_of, CLASSICAL))
LATE = ("coach", "firm")
"""Words of texts that are late; they stand among those of both topics."""


def rows_of(count: int = 240) -> list[dict[str, Any]]:
    """Texts about one topic, both or none; some of them late."""
    draw = random.Random(0)
    rows = []
    for number in range(count):
        labels = [label for label, share in zip(LABELS, (0.5, 0.4, 0.2), strict=True) if draw.random() < share]
        words = [f"{draw.choice('abcdefgh')}{number}"]
        for label, own in zip(LABELS, (SPORT[:6], BUSINESS[:6], LATE), strict=True):
            words += draw.choices(own, k=3) if label in labels else []
        draw.shuffle(words)
        rows.append({"text": " ".join(words), "label": labels})
    return rows


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "tickets.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows_of()))
    return path


def words(file: Path, *more: str) -> tuple[str, ...]:
    return ("data=file", f"data.path={file}", "task=multi_label", "train_size=100", "device=cpu", *more)


def run(folder: Path, file: Path, *more: str) -> tuple[Record, pd.DataFrame]:
    content = composed(*words(file, f"results_dir={folder}", *more))[0]
    cell, settings = to_cell(content), to_settings(content)
    record = run_cell(cell, settings)
    assert record.status is Status.OK, record.failure
    predictions = store.read_predictions(cell.folder(folder), record)
    assert predictions is not None
    return record, predictions


def test_the_command(tmp_path: Path, file: Path) -> None:
    done = bench(*words(file, "model=tfidf_sgd"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ok, test subset accuracy " in done.stdout


@pytest.mark.parametrize("model", ROWS)
def test_classical_rows_learn_several_labels(model: str, tmp_path: Path, file: Path) -> None:
    record, predictions = run(tmp_path, file, f"model={model}")
    assert record.measurements is not None
    scores = record.measurements.test
    assert record.measurements.examples.labels == ["ball", "money", "late"]
    if model != "majority":
        assert scores.macro_f1 > 0.8
        assert scores.metric("lrap") > 0.9  # type: ignore[operator]
    assert scores.label_sets is not None
    test = predictions[predictions["split"] == "test"]
    decision = Decision.of(record.measurements.choices["thresholds"], LABELS)
    for _, row in test.iterrows():
        given = decision.given(row["probabilities"][None].astype(float))[0]
        assert list(row["predicted"]) == [label for label, has in zip(LABELS, given, strict=True) if has]
    exact = [list(a) == list(b) for a, b in zip(test["label"], test["predicted"], strict=True)]
    assert sum(exact) / len(exact) == pytest.approx(scores.accuracy)
    known = {row["text"]: row["label"] for row in rows_of()}
    texts = pd.read_parquet(next(tmp_path.rglob(str(record.texts_file))))
    assert all(
        set(label) == set(known[text])
        for label, text in zip(test["label"], texts.set_index("id").loc[test["id"]]["text"], strict=True)
    )


@pytest.mark.parametrize(
    ("thresholds", "has"),
    [("none", None), ("shared", "threshold"), ("validation", "label_thresholds"), ("top_k", "top_k")],
)
def test_thresholds(thresholds: str, has: str | None, tmp_path: Path, file: Path) -> None:
    record, _ = run(tmp_path, file, "model=tfidf_sgd", f"training.thresholds={thresholds}")
    assert record.measurements is not None
    said = record.measurements.choices.get("thresholds", {})
    assert has is None or has in said
    assert said.get("how", "none") == thresholds


def test_defaults_are_those_of_own_data(file: Path) -> None:
    cell = to_cell(composed(*words(file, "model=tfidf_logistic"))[0])
    assert (cell.task.kind, cell.task.num_labels, cell.task.split.name) == ("multi_label", 3, "natural")
    assert getattr(cell.model, "thresholds", None) == "shared"
    assert getattr(cell.model, "best_metric", None) == "average_precision"
    same = to_cell(composed("data=file", f"data.path={file}", "data.multi_label=keep", "train_size=100",
                            "model=tfidf_logistic")[0])  # fmt: skip
    assert same.key == cell.key, "task=multi_label says the same as data.multi_label=keep"


@pytest.mark.parametrize(("word", "sign"), [("tab", "\t"), ("comma", ","), (", ", ", ")])
def test_a_separator_may_be_a_word(word: str, sign: str, tmp_path: Path) -> None:
    path = tmp_path / "tickets.tsv"
    cells = (sign.join(row["label"]) for row in rows_of())
    path.write_text("text,label\n" + "".join(f'text {row},"{cell}"\n' for row, cell in enumerate(cells)))
    given = f'data.label_separator="{word}"', "data.delimiter=comma", "model=tfidf_sgd"
    cell = to_cell(composed(*words(path, *given))[0])
    assert (cell.task.data.label_separator, cell.task.num_labels) == (sign, 3)


REFUSED = {
    "no separator": (("model=tfidf_sgd", 'data.label_separator=""'), "data.label_separator=: a sign or several"),
    "no separator of answers": (
        ("model=predictions", "model.name=x", "model.path=x.csv", 'model.label_separator=""'),
        "model.label_separator=: a sign",
    ),
    "names of columns": (("model=tfidf_sgd", "num_labels=2", "data.label_columns=[ball,money]",
                          "data.label_names=[a,b]"),
                         "data.label_names has no effect beside data.label_columns"),
    "a balanced split": (("model=tfidf_sgd", "split=nested"), "split=nested draws examples of one label each"),
    "oversampling": (("model=tfidf_sgd", "training.class_weight=oversample"), "balanced or sqrt"),
    "a metric of one label": (("model=tfidf_logistic", "model.best_metric=brier"),
                              "model.best_metric=brier is no metric of task=multi_label"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_go_with_several_labels_is_refused_before_anything_runs(
    case: str, tmp_path: Path, file: Path
) -> None:
    more, said = REFUSED[case]
    done = bench(*words(file, *more), folder=tmp_path)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("record.json"))


def test_a_method_may_know_one_label_a_text_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MajorityConfig, "knows_several_labels", False)
    with pytest.raises(UserError, match="model=majority does not know task=multi_label yet"):
        to_cell(composed(*words(file, "model=majority"))[0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("training.thresholds=shared",), "training.thresholds=shared goes with task=multi_label"),
        (('data.label_separator="|"',), "data.label_separator goes with task=multi_label"),
        (("training.best_metric=lrap", "model=minilm"), "training.best_metric=lrap is no metric of task=single_label"),
        (("task=single_label", "data.multi_label=keep"), "data.multi_label=single_only takes the rows with one"),
    ],
)
def test_what_does_not_go_with_one_label_is_refused(given: tuple[str, ...], said: str, file: Path) -> None:
    with pytest.raises(UserError) as caught:
        to_cell(composed("data=file", f"data.path={file}", "model=tfidf_sgd", "num_labels=2", *given)[0])
    assert said in str(caught.value)


def test_hyperparameters_are_searched_by_what_needs_no_threshold(tmp_path: Path, file: Path) -> None:
    search = ("tune.search={model.alpha:{low:1e-6,high:1e-2},model.ngram_max:[1,2]}", "tune.trials=3")
    record, _ = run(tmp_path, file, "model=tfidf_sgd", *search)
    assert record.measurements is not None
    choices = record.measurements.choices
    assert choices["chosen_by"] == "validation_average_precision"
    best = max(choices["trials"], key=lambda trial: (trial["validation_average_precision"], -trial["validation_loss"]))
    assert choices["hyperparameters"] == best["parameters"]


def test_no_label_may_be_left_of_texts_that_stand_under_several_sets(tmp_path: Path) -> None:
    path = tmp_path / "torn.jsonl"
    torn = [{"text": "same", "label": [label]} for label in LABELS]
    rows = torn + [{"text": f"text {row}", "label": []} for row in range(30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match="num_labels=all, but there is no label left"):
        to_cell(composed(*words(path, "model=tfidf_sgd"))[0])
