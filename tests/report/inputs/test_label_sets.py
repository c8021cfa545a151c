"""Answers on texts with any number of labels, read back from predictions files."""

import numpy as np
import pandas as pd
import pytest

from bench.metrics.label_sets import LabelSetPredictions
from bench.metrics.table import MULTI_LABEL_METRICS
from bench.report.inputs import prediction_store as library
from bench.report.inputs.prediction_cache import keep, load
from bench.report.inputs.read_predictions import read_predictions
from bench.report.inputs.records import read_records
from bench.report.statistics.points import Point
from bench.results import store
from tests.report import simulate, simulate_sets

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture
def cells(tmp_path):
    made = simulate.grid(tmp_path / "results", ROWS, num_labels=(3, 6), train_sizes=(32,))
    simulate_sets.run(made, lambda cell: simulate_sets.write(cell, 60))
    return made


def rewrite(cell, change):
    record = store.read(cell.folder)
    store.write(cell.folder, record, change(store.read_predictions(cell.folder, record)))


def test_scores_are_those_of_the_records(cells):
    found = read_records(cells)
    read = read_predictions(found)
    assert not read.unreadable
    for cell, record in found.items():
        answers = read.grids[cell.data][Point(cell.row, cell.num_labels, 32)][cell.seed]
        assert isinstance(answers.labelled, LabelSetPredictions)
        assert answers.predicted.shape == (60, cell.num_labels)
        probable = read.library.probable(cell.folder, record)
        for name, metric in MULTI_LABEL_METRICS.items():
            given = probable.labelled if metric.needs_probabilities else answers.labelled
            assert metric.of(given) == pytest.approx(record.measurements.test.metric(name), abs=1e-6), name
    assert len({a.test_set.digest for seeds in read.grids[cells[0].data].values() for a in seeds.values()}) == 2


def test_texts_and_labels_are_aligned_whatever_their_order(cells):
    """Also where labels were named in another order: probabilities are by the record's."""
    before = read_predictions(read_records(cells))
    record = store.read(cells[0].folder)
    measured = record.measurements
    turned = measured.examples.model_copy(update={"labels": measured.examples.labels[::-1]})
    test = measured.test.model_copy(update={"per_label": measured.test.per_label[::-1]})
    record = record.model_copy(update={"measurements": measured.model_copy(update={"examples": turned, "test": test})})
    frame = store.read_predictions(cells[0].folder, record).sample(frac=1, random_state=0)
    frame["probabilities"] = [row[::-1].copy() for row in frame["probabilities"]]
    record = store.write(cells[0].folder, record, frame)
    after = read_predictions(read_records(cells))
    point = Point(cells[0].row, cells[0].num_labels, 32)
    one, two = (read.grids[cells[0].data][point][cells[0].seed] for read in (before, after))
    assert one.test_set.digest == two.test_set.digest
    np.testing.assert_array_equal(one.predicted, two.predicted)
    probable = after.library.probable(cells[0].folder, record).labelled.probabilities
    has = simulate_sets.truth(3, 60)
    order = np.argsort([f"t{number}" for number in range(60)])
    np.testing.assert_array_equal(one.test_set.labels, has[order][:, np.argsort(simulate_sets.NAMES[:3])])
    np.testing.assert_array_equal(probable >= 0.3, one.predicted)


def test_sureness_is_of_the_worst_wrong_label(cells):
    record = store.read(cells[0].folder)
    frame = store.read_predictions(cells[0].folder, record).sort_values("id")
    names, expected = record.measurements.examples.labels, []
    for line in frame.itertuples():
        wrong = [
            p if name in line.predicted else 1 - p
            for name, p in zip(names, line.probabilities, strict=True)
            if (name in line.predicted) != (name in line.label)
        ]
        expected.append(max(wrong, default=0))
    sure = library.PredictionStore().confidence(cells[0].folder, record)
    np.testing.assert_allclose(sure, expected, atol=1e-6)


def test_a_cache_holds_them(cells, tmp_path):
    found = read_records(cells)
    read = read_predictions(found)
    sure = {cell: read.library.confidence(cell.folder, record) for cell, record in found.items()}
    keep(read.library, tmp_path / "cache", read.used)
    again = load(tmp_path / "cache")
    assert again.answers.keys() == read.library.answers.keys()
    for name, answers in again.answers.items():
        known = read.library.answers[name]
        np.testing.assert_array_equal(answers.predicted, known.predicted)
        np.testing.assert_array_equal(answers.test_set.labels, known.test_set.labels)
        assert (answers.test_set.digest, answers.test_set.names) == (known.test_set.digest, known.test_set.names)
    for cell, record in found.items():
        np.testing.assert_array_equal(again.confidence(cell.folder, record), sure[cell])


def test_what_cannot_be_used_is_named(cells):
    rewrite(cells[0], lambda frame: frame.assign(predicted="joy"))
    rewrite(cells[1], lambda frame: frame.assign(predicted=[["boredom"]] * len(frame)))
    rewrite(cells[2], lambda frame: frame.assign(predicted=[None, *frame["predicted"][1:]]))
    rewrite(cells[3], lambda frame: frame.assign(predicted=frame["label"]))
    rewrite(cells[4], lambda frame: frame.assign(label=[[None], *frame["label"][1:]]))
    read = read_predictions(read_records(cells))
    assert set(read.unreadable) == set(cells[:5])
    reasons = [read.unreadable[cell] for cell in cells[:5]]
    assert "has no lists of texts in the column predicted" in reasons[0]
    assert "'boredom' is none of the record's labels" in reasons[1]
    assert "1 test examples have no list" in reasons[2]
    assert "its accuracy is 1.0000" in reasons[3]
    assert "has no lists of texts in the column label" in reasons[4]


def test_no_text_need_have_a_label(cells):
    empty = pd.Series([np.array([], dtype=object)] * 60)
    rewrite(cells[0], lambda frame: frame.assign(predicted=empty))
    record = store.read(cells[0].folder)
    without = float((simulate_sets.truth(3, 60) == 0).all(axis=1).mean())
    test = record.measurements.test.model_copy(update={"accuracy": without})
    record = record.model_copy(update={"measurements": record.measurements.model_copy(update={"test": test})})
    answers = library.PredictionStore().of(cells[0].folder, record)
    assert answers.predicted.sum() == 0
    assert answers.given(0) == "no label"
