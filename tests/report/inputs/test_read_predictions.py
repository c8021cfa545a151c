import os
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from bench.report.inputs import parquet_tables as kept_tables
from bench.report.inputs import prediction_cache as answers_cache
from bench.report.inputs import prediction_store as library
from bench.report.inputs import read_predictions as reading
from bench.report.inputs.read_predictions import read_predictions
from bench.report.inputs.records import read_records
from bench.report.statistics.correctness import NO_LABEL
from bench.report.statistics.points import Point
from bench.results import store
from bench.results.record import Status
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture
def cells(tmp_path):
    made = simulate.grid(tmp_path / "results", ROWS, num_labels=(2, 5), train_sizes=(32, 128))
    simulate.run(made, num_test=60)
    return made


def rewrite(cell, change):
    """Give a cell other predictions, and its record their scores."""
    record = store.read(cell.folder)
    frame = change(store.read_predictions(cell.folder, record))
    store.write(cell.folder, rescored(record, frame), frame)


def rescored(record, frame):
    """The record with the counts and the accuracy of its test predictions, where there are any."""
    test = frame[frame["split"] == "test"]
    if "predicted" not in test or not len(test):
        return record
    labels, scores = record.measurements.examples.labels, record.measurements.test
    counts = pd.crosstab(test["label"], test["predicted"]).reindex(index=labels, columns=labels, fill_value=0)
    supports = test["label"].value_counts()
    per_label = [one.model_copy(update={"support": int(supports[one.label])}) for one in scores.per_label]
    update = {"accuracy": float((test["label"] == test["predicted"]).mean()), "per_label": per_label}
    scores = scores.model_copy(update=update | {"confusion_matrix": counts.to_numpy().tolist()})
    return record.model_copy(update={"measurements": record.measurements.model_copy(update={"test": scores})})


def test_accuracies_are_those_of_the_records(cells):
    found = read_records(cells)
    read = read_predictions(found)
    assert not read.unreadable
    for cell, record in found.items():
        answers = read.grids[cell.data][Point(cell.row, cell.num_labels, cell.train_size)][cell.seed]
        assert answers.correct.mean() == pytest.approx(record.measurements.test.accuracy)
    assert len({id(a.test_set) for seeds in read.grids[cells[0].data].values() for a in seeds.values()}) == 2


def test_examples_are_aligned_by_id_whatever_their_order(cells):
    before = read_predictions(read_records(cells))
    rewrite(cells[0], lambda frame: frame.sample(frac=1, random_state=0))
    after = read_predictions(read_records(cells))
    point = Point(cells[0].row, cells[0].num_labels, cells[0].train_size)
    one, two = (read.grids[cells[0].data][point][cells[0].seed] for read in (before, after))
    assert one.test_set.digest == two.test_set.digest
    np.testing.assert_array_equal(one.predicted, two.predicted)


def test_only_test_examples_are_taken_and_odd_answers_are_wrong(cells):
    def change(frame):
        train = frame.head(10).assign(split="train", predicted=None, probabilities=None)
        frame.loc[0, "predicted"] = "what a nice day"
        return pd.concat([train, frame], ignore_index=True)

    rewrite(cells[0], change)
    read = read_predictions(read_records(cells))
    answers = read.grids[cells[0].data][Point(cells[0].row, 2, 32)][cells[0].seed]
    assert len(answers.predicted) == 60
    assert (answers.predicted == NO_LABEL).sum() == 1
    assert answers.correct[answers.predicted == NO_LABEL].sum() == 0


def test_confidence_is_that_of_the_label_and_in_the_order_of_the_test_set(cells):
    rewrite(cells[0], lambda frame: frame.sample(frac=1, random_state=0))
    record = store.read(cells[0].folder)
    frame = store.read_predictions(cells[0].folder, record).sort_values("id")
    sure = library.PredictionStore().confidence(cells[0].folder, record)
    assert sure.tolist() == [max(row) for row in frame["probabilities"]]


@pytest.mark.parametrize("name", ["../../other/predictions-1.parquet", "/etc/passwd"])
def test_a_record_names_no_file_outside_its_folder(cells, name):
    record = store.read(cells[0].folder).model_copy(update={"predictions_file": name})
    with pytest.raises(library.UnreadablePredictions, match="is gone"):
        library.PredictionStore().of(cells[0].folder, record)


def test_failed_cells_have_no_answers(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,), train_sizes=(32,))
    simulate.run(cells, lambda cell: Status.OOM if cell.seed else Status.OK, num_test=20)
    (grid,) = read_predictions(read_records(cells)).grids.values()
    assert [list(seeds) for seeds in grid.values()] == [[0], [0]]


def test_answers_that_can_not_be_used_are_named(cells):
    (cells[0].folder / store.read(cells[0].folder).predictions_file).unlink()
    (cells[1].folder / store.read(cells[1].folder).predictions_file).write_bytes(b"no parquet")
    rewrite(cells[2], lambda frame: frame.assign(id="same"))
    rewrite(cells[3], lambda frame: frame.drop(columns="predicted"))
    rewrite(cells[4], lambda frame: frame.assign(split="validation"))
    read = read_predictions(read_records(cells))
    assert set(read.unreadable) == set(cells[:5])
    assert "have the same id" in read.unreadable[cells[2]]
    assert "lacks the column predicted" in read.unreadable[cells[3]]
    assert "has no test examples" in read.unreadable[cells[4]]


def refuse(*_args, **_kwargs):
    raise AssertionError("a predictions file was opened")


def test_the_cache_saves_opening_files_and_changes_nothing(cells, tmp_path, monkeypatch):
    cache, found = tmp_path / "answers.parquet", read_records(cells)
    rewrite(cells[0], lambda frame: frame.assign(predicted=["odd", *frame["predicted"][1:]]))
    rewrite(cells[1], lambda frame: frame.assign(probabilities=None))
    found = read_records(cells)
    first = read_predictions(found, cache)
    sure = {cell: first.library.confidence(cell.folder, found[cell]) for cell in cells[:2]}
    first.keep(cache)
    monkeypatch.setattr(kept_tables.pq, "ParquetFile", refuse)
    monkeypatch.setattr(reading, "keep", refuse)
    second = read_predictions(found, cache)
    second.keep(cache)
    for cell, known in sure.items():
        again = second.library.confidence(cell.folder, found[cell])
        assert known is again is None or (known == again).all()
    assert [one is None for one in sure.values()] == [False, True]
    for data, grid in first.grids.items():
        for point, seeds in grid.items():
            for seed, answers in seeds.items():
                again = second.grids[data][point][seed]
                assert answers.test_set.digest == again.test_set.digest
                assert answers.test_set.ids == again.test_set.ids
                np.testing.assert_array_equal(answers.correct, again.correct)
                np.testing.assert_array_equal(answers.predicted, again.predicted)
                assert answers.others == again.others
    odd = second.grids[cells[0].data][Point(cells[0].row, 2, 32)][cells[0].seed]
    assert [odd.given(int(place)) for place in np.flatnonzero(odd.predicted == NO_LABEL)] == ["odd"]


def test_a_new_answer_is_read_though_there_is_a_cache(cells, tmp_path):
    cache = tmp_path / "answers.parquet"
    read_predictions(read_records(cells), cache).keep(cache)
    rewrite(cells[0], lambda frame: frame.assign(predicted=frame["label"]))
    grid = read_predictions(read_records(cells), cache).grids[cells[0].data]
    assert grid[Point(cells[0].row, 2, 32)][cells[0].seed].correct.mean() == 1.0


@pytest.mark.parametrize("content", [b"", b"no parquet", None])
def test_a_cache_that_is_of_no_use_is_made_anew(cells, tmp_path, content):
    cache = tmp_path / "answers.parquet"
    if content is None:
        pd.DataFrame({"other": [1]}).to_parquet(cache)
    else:
        cache.write_bytes(content)
    read = read_predictions(read_records(cells), cache)
    assert not read.unreadable
    read.keep(cache)
    assert len(answers_cache.load(cache).answers) == len({store.read(cell.folder).predictions_file for cell in cells})


def test_each_file_is_opened_once_and_test_sets_are_shared(tmp_path, monkeypatch):
    cells = simulate.grid(tmp_path, [("minilm", "lora")], num_labels=(8,), train_sizes=(64, 128), seeds=range(3))
    simulate.run(cells, num_test=50)
    opened = mock.Mock(side_effect=kept_tables.pq.ParquetFile)
    monkeypatch.setattr(kept_tables.pq, "ParquetFile", opened)
    (grid,) = read_predictions(read_records(cells)).grids.values()
    assert opened.call_count == len(cells)
    assert len({id(answers.test_set) for seeds in grid.values() for answers in seeds.values()}) == 1


def damaged(path):
    """One byte of a file turned around, in its midst."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def test_a_file_is_what_its_name_says_or_it_is_not_read(cells, tmp_path):
    cache = tmp_path / "answers.parquet"
    read_predictions(read_records(cells), cache).keep(cache)
    found = read_records(cells)
    for cell in cells[:2]:
        damaged(cell.folder / found[cell].predictions_file)
    other = cells[2].folder / found[cells[2]].predictions_file
    other.write_bytes((cells[3].folder / found[cells[3]].predictions_file).read_bytes())
    (cells[4].folder / found[cells[4]].predictions_file).unlink()
    for known in (None, cache):
        read = read_predictions(found, known)
        assert set(read.unreadable) == set(cells[:5]) - {cells[3]}
        assert all("is damaged" in read.unreadable[cell] for cell in cells[:3])
        assert "is gone" in read.unreadable[cells[4]]
    with pytest.raises(store.Damaged, match="is damaged"):
        store.read_predictions(cells[0].folder, found[cells[0]])


def test_answers_that_differ_from_the_record_are_not_compared(cells):
    record = store.read(cells[0].folder)
    right = store.read_predictions(cells[0].folder, record)
    store.write(cells[0].folder, record, right.assign(predicted=right["label"]))
    store.write(cells[1].folder, store.read(cells[1].folder), right.head(30))
    read = read_predictions(read_records(cells))
    assert set(read.unreadable) == set(cells[:2])
    assert "its accuracy is 1.0000, by the record" in read.unreadable[cells[0]]
    assert "30 test examples, by the record 60" in read.unreadable[cells[1]]


ODD = {
    "no id": (lambda f: f.drop(columns="id"), "lacks the column id"),
    "no label": (lambda f: f.drop(columns="label"), "lacks the column label"),
    "ids are numbers": (lambda f: f.assign(id=range(len(f))), "no texts in the column id"),
    "a null id": (lambda f: f.assign(id=[None, *f["id"][1:]]), "1 empty places in the column id"),
    "a null label": (lambda f: f.assign(label=[None, *f["label"][1:]]), "1 empty places in the column label"),
    "labels are numbers": (lambda f: f.assign(label=1), "no texts in the column label"),
    "predicted are numbers": (lambda f: f.assign(predicted=1.5), "no texts in the column predicted"),
    "a null split": (lambda f: f.assign(split=[None, *f["split"][1:]]), "empty places in the column split"),
}
ODD_SHARES = {
    "numbers": (lambda f: f.assign(probabilities=1), "no lists of numbers"),
    "texts": (lambda f: f.assign(probabilities=[["a"]] * len(f)), "no lists of numbers"),
    "ragged": (lambda f: f.assign(probabilities=[[0.5], [0.5, 0.5]] * (len(f) // 2)), "different numbers"),
    "empty": (lambda f: f.assign(probabilities=[np.array([], "float32")] * len(f)), "different numbers"),
    "NaN": (lambda f: f.assign(probabilities=[[0.5, float("nan")]] * len(f)), "not all from 0 to 1"),
    "five": (lambda f: f.assign(probabilities=[[0.5, 5.0]] * len(f)), "not all from 0 to 1"),
}


@pytest.mark.parametrize(("change", "reason"), ODD.values(), ids=ODD)
def test_a_table_of_another_kind_is_said(cells, change, reason):
    record = store.read(cells[0].folder)
    store.write(cells[0].folder, record, change(store.read_predictions(cells[0].folder, record)))
    read = read_predictions(read_records(cells))
    assert set(read.unreadable) == {cells[0]}
    assert reason in read.unreadable[cells[0]]


@pytest.mark.parametrize(("change", "reason"), ODD_SHARES.values(), ids=ODD_SHARES)
def test_probabilities_that_are_none_are_said(cells, change, reason):
    record = store.read(cells[0].folder)
    record = store.write(cells[0].folder, record, change(store.read_predictions(cells[0].folder, record)))
    with pytest.raises(library.UnreadablePredictions, match=reason):
        library.PredictionStore().confidence(cells[0].folder, record)


def test_a_pipe_in_place_of_predictions_is_not_waited_for(cells):
    path = cells[0].folder / store.read(cells[0].folder).predictions_file
    path.unlink()
    os.mkfifo(path)
    assert "not a regular file" in read_predictions(read_records(cells)).unreadable[cells[0]]
