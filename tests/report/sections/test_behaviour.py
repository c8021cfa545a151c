"""Answers of models: mistakes with their texts, calibration, labels that are confused."""

import numpy as np
import pandas as pd
import pytest

from bench.report.figures.calibration import Confidences, binned, confidences, expected_calibration_error
from bench.report.figures.confusion import matrix_points, scored_points
from bench.report.figures.label_f1 import confused_pairs, f1_by_label
from bench.report.inputs.frame import cells_frame
from bench.report.inputs.mistakes import mistakes, read_texts
from bench.report.inputs.prediction_store import PredictionStore
from bench.report.inputs.records import measured_points, read_records
from bench.report.render.details import details
from bench.report.sections import label_by_label
from bench.report.statistics.points import Point
from bench.report.tables.calibration import calibration_floor, calibration_table, calibration_words
from bench.results import store
from bench.results.record import Status
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture
def cell(tmp_path):
    (cell,) = simulate.grid(tmp_path / "r", [("m", "lora")], num_labels=(3,), train_sizes=(8,), seeds=(0,))
    simulate.write(cell)
    return cell


def test_mistakes_are_the_surest_with_their_texts(cell):
    record = store.read(cell.folder)
    library = PredictionStore()
    answers, confidence = library.of(cell.folder, record), library.confidence(cell.folder, record)
    texts = read_texts(cell.folder, record)
    found = mistakes(answers, confidence, texts, 5)
    sure = np.sort(confidence[answers.correct == 0])[::-1][:5]
    assert [one.confidence for one in found] == pytest.approx(sure)
    assert all(one.label != one.predicted and one.text == texts[one.id] for one in found)


def test_texts_and_predictions_that_are_gone_are_no_error(cell):
    record = store.read(cell.folder)
    store.texts_path(cell.folder, record.texts_file).unlink()
    assert read_texts(cell.folder, record) == {}
    (cell.folder / record.predictions_file).unlink()
    (point,) = details(cells_frame([cell]), read_records([cell])).values()
    assert point["mistakes"] == []


def test_broken_predictions_are_said(cell):
    record = store.read(cell.folder)
    (cell.folder / record.predictions_file).write_bytes(b"no parquet")
    (point,) = details(cells_frame([cell]), read_records([cell])).values()
    assert point["about_mistakes"].startswith("The predictions of seed 0 could not be read")


def test_a_record_names_no_file_outside_its_folders(cell):
    record = store.read(cell.folder).model_copy(
        update={"texts_file": "../../../etc/passwd", "predictions_file": "/etc/passwd"}
    )
    assert read_texts(cell.folder, record) == {}


def test_texts_are_kept_once_and_cut(tmp_path):
    long = simulate.texts(3).assign(text=["a" * 5000, "b", "c"])
    names = {store.keep_texts(tmp_path / "data" / "row" / key, long) for key in "ab"}
    assert len(names) == 1
    (path,) = (tmp_path / "data" / store.TEXTS).iterdir()
    kept = pd.read_parquet(path)
    assert [len(text) for text in kept["text"]] == [store.MAX_CHARACTERS + 1, 1, 1]


def test_details_have_every_seed_and_command(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,), train_sizes=(32,), seeds=(0, 1, 2))
    cells = [simulate.replace(cell, command=f"run {cell.key}") for cell in cells]
    simulate.run(cells, lambda cell: [Status.OOM, Status.OK, None][cell.seed])
    points = details(cells_frame(cells), read_records(cells))
    assert len(points) == 2
    for point in points.values():
        assert [line[:2] for line in point["seeds"]] == [["0", "out of memory"], ["1", "ok"], ["2", "not run"]]
        assert len(point["commands"]) == 3
        assert point["failures"][0]["reason"] == "RuntimeError: CUDA out of memory"
        assert all(mistake["said"].endswith("seed 1") for mistake in point["mistakes"])


def test_calibration_error_by_hand():
    sure = Confidences(np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55]), np.array([1, 1, 1, 0, 1, 0], dtype=bool))
    counts, means, shares = binned(sure.confidence, sure.correct)
    assert counts.sum() == 6
    assert (means[14], shares[14], means[8], shares[8]) == pytest.approx((0.95, 0.75, 0.55, 0.5))
    assert expected_calibration_error(sure) == pytest.approx(4 / 6 * 0.2 + 2 / 6 * 0.05)


def sure_of(random, size, ability=0.0):
    """A model that is right as often as it is sure, and `ability` more often."""
    confidence = random.beta(4, 2, size)
    return Confidences(confidence, random.random(size) < confidence + ability)


@pytest.mark.parametrize(("size", "low", "high"), [(300, 0.04, 0.08), (1000, 0.02, 0.045)])
def test_a_perfectly_calibrated_model_has_the_error_that_is_shown_beside(size, low, high):
    random = np.random.default_rng(1)
    above, errors, floors = 0, [], []
    for _ in range(100):
        seeds = {seed: sure_of(random, size) for seed in range(2)}
        floor = calibration_floor(seeds)
        errors.append(np.mean([expected_calibration_error(one) for one in seeds.values()]))
        floors.append(floor.mean)
        above += errors[-1] > floor.most
    assert low < np.mean(floors) < high
    assert np.mean(errors) == pytest.approx(np.mean(floors), rel=0.05)
    assert above <= 10  # of 100, where 5 are promised


def test_the_floor_stands_in_the_table_and_in_words():
    random = np.random.default_rng(2)
    points = {
        Point("good", 2, 32): {seed: sure_of(random, 400) for seed in range(3)},
        Point("modest", 2, 32): {0: sure_of(random, 400, 0.3)},
    }
    floors = {point: calibration_floor(seeds) for point, seeds in points.items()}
    found = calibration_table(points, floors)
    column = found.header.index("of a perfectly calibrated model")
    assert column == found.header.index("expected calibration error") + 1
    floor = floors[Point("good", 2, 32)]
    assert str(found.lines[0][column]) == f"{floor.mean:.3f}, up to {floor.most:.3f}"
    _, said = calibration_words(points, floors, str.upper)
    assert said.startswith("2 labels: above that: MODEST (0.2")
    assert "no different from a perfectly calibrated model: GOOD (0.0" in said
    assert f"against {floor.mean:.3f}" in said
    no_spread = calibration_floor({0: Confidences(np.ones(50), np.ones(50, bool))})
    assert (no_spread.mean, no_spread.most) == (0, 0)


def test_a_bin_holds_its_upper_edge():
    counts, _, _ = binned(np.array([1.0, 1 / 15, 0.0]), np.array([True, True, False]))
    assert (counts[14], counts[0]) == (1, 2)


def test_calibration_is_of_the_largest_size_and_bounded(tmp_path):
    rows = [(f"m{number}", "lora") for number in range(14)] + [("tfidf_sgd", None)]
    cells = simulate.grid(tmp_path, rows, num_labels=(2, 3, 4, 5, 6), train_sizes=(8, 32), seeds=(0,))
    simulate.run(cells, num_test=30)
    points = confidences(read_records(cells), [f"{m} lora" if method else m for m, method in rows])
    assert {point.train_size for point in points} == {32}
    assert len({point.num_labels for point in points}) == 4
    assert len({point.row for point in points}) == 12
    assert "tfidf_sgd" in {point.row for point in points}


def by_number(cell):
    """Rows m0 to m13, the last ones the better; the baseline is the worst."""
    return 0.3 if cell.method is None else 0.5 + int(cell.model[1:]) / 40


def test_the_best_of_many_rows_are_shown_wherever_they_stand(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "accuracy", by_number)
    rows = [(f"m{number}", "lora") for number in (13, 0, 12, *range(1, 12))] + [("tfidf_sgd", None)]
    cells = simulate.grid(tmp_path, rows, num_labels=(2,), train_sizes=(32,), seeds=(0,))
    simulate.run(cells, num_test=200)
    found, names = read_records(cells), [f"{m} lora" if method else m for m, method in rows]
    best = {*(f"m{number} lora" for number in range(3, 14)), "tfidf_sgd"}
    assert {point.row for point in confidences(found, names)} == best
    scored = scored_points(measured_points(found, "bbc_headlines"))
    shown = label_by_label._best_of(scored, "tfidf_sgd")
    assert {point.row for point in shown} == best
    assert [point for point in scored if point in shown] == list(shown)


def test_labels_and_what_they_are_taken_for(tmp_path):
    cells = simulate.grid(tmp_path, ROWS, num_labels=(3,), train_sizes=(8, 32))
    simulate.run(cells, num_test=300)
    points = scored_points(measured_points(read_records(cells), "bbc_headlines"))
    names, values = f1_by_label(points)
    assert names == ["label 0", "label 1", "label 2"]
    first = next(iter(points.values()))
    f1 = np.mean([[one.f1 for one in measured.test.per_label] for measured in first.values()], axis=0)
    assert values[:, 0] == pytest.approx(f1)
    lines = [tuple(map(str, line)) for line in confused_pairs(points).lines]
    shares = [float(line[-1].split()[0]) for line in lines if line[0] == "minilm lora"]
    assert shares == sorted(shares, reverse=True)
    assert all(line[3] != line[4] for line in lines)


def test_big_label_counts_have_the_matrices_of_the_best_and_the_baseline(tmp_path):
    rows = [("a", "lora"), ("b", "lora"), ("tfidf_sgd", None)]
    cells = simulate.grid(tmp_path, rows, num_labels=(9, 30), train_sizes=(32,))
    simulate.run(cells)
    points = scored_points(measured_points(read_records(cells), "bbc_headlines"))
    some = matrix_points(points, 9, "tfidf_sgd")
    assert "tfidf_sgd" in {point.row for point in some}
    assert len(some) <= 2
    assert matrix_points(points, 30, "tfidf_sgd") == {}
