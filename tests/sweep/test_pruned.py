"""Cells with a bar, run for real: the record says why one ended, and everything that follows knows it for done."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.cell import Cell
from bench.methods.bar import Bar
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.results import store
from bench.results.record import Record, Status, parse
from bench.running.run import run, run_cell
from bench.settings import Settings
from bench.sweep.bars import bar_of, gains_of
from bench.sweep.launch import expected_cells
from bench.sweep.missing import is_wanted
from bench.sweep.pool import run_pool
from bench.sweep.progress import Progress
from bench.sweep.slots import PoolOptions
from bench.sweep.survey import State, survey
from tests.support import cli
from tests.support.texts import topics


@pytest.fixture(scope="module")
def place(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pruned")
    topics(60, labels=("sport", "business")).to_csv(folder / "topics.csv", index=False)
    return folder


def words(place: Path, mirror: Path, *more: str) -> list[str]:
    return [
        "data=file", "data.name=topics", f"data.path={place / 'topics.csv'}", "num_labels=2", "train_size=32",
        "split=nested", "name=topics", "model=bert_base", "method=lora", "device=cpu", "training.num_train_epochs=4",
        "training.eval_steps=2", "training.per_device_train_batch_size=8", "training.early_stopping_patience=null",
        f"mirror_dir={mirror}", *(f"{name}_dir={place / name}" for name in ("results", "reports", "cache")), *more,
    ]  # fmt: skip


def read(place: Path, mirror: Path, *more: str) -> tuple[list[Cell], Settings]:
    from bench.compose import to_cell, to_settings

    configs = cli.composed("-m", *words(place, mirror, *more))
    return [to_cell(config) for config in configs], to_settings(configs[0])


def out_of_reach(cell: Cell, settings: Settings, *, is_right: bool = True) -> Bar:
    """A bar of a row that has every validation example right (or none), after which like cells gained nothing."""
    from bench.data.read import load_pool
    from bench.data.split import draw

    splits = draw(cell.task, load_pool(cell.task.data, cache=Path(settings.cache_dir or ""), mirror_dir=None))
    correct = dict.fromkeys(splits.validation.ids, is_right)
    return Bar(leader="llama3_2_1b qlora", correct=correct, gains=((0.5, 0.0),), alpha=0.99)


@pytest.fixture(scope="module")
def pruned(place: Path, mirror: Path) -> tuple[Cell, Settings, Record]:
    (cell,), settings = read(place, mirror, "training.learning_rate=1e-9", "seed=0")
    return cell, settings, run_cell(cell, settings, bar=out_of_reach(cell, settings))


def test_its_record_says_why_it_ended(pruned: tuple[Cell, Settings, Record]) -> None:
    cell, settings, record = pruned
    assert record.status is Status.PRUNED
    assert record.failure is not None
    assert record.failure.message.startswith("after step 8 of 16: ")
    assert "llama3_2_1b qlora had 100.0 %" in record.failure.message
    assert record.failure.traceback is None
    assert record.measurements is None
    assert parse(record.to_json()) == store.read(cell.folder(settings.results_dir)) == record


def test_it_is_done_for_sweeps_that_follow(
    pruned: tuple[Cell, Settings, Record], place: Path, mirror: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cell, settings, _ = pruned
    assert not any(is_wanted(cell, replace(settings, overwrite=how)) for how in ("failed", "missing"))
    assert is_wanted(cell, replace(settings, overwrite="always"))
    assert survey([cell], settings).standings[0].state is State.PRUNED
    grid = words(place, mirror, "training.learning_rate=1e-9", "model=bert_base,tfidf_sgd", "seed=0")
    assert cli.call("-m", *grid) == 0, "no failure"
    out = capfd.readouterr().out
    assert "2 cells, 1 done, 1 to run" in out
    assert "pruned: bert-base" in out
    assert "llama3_2_1b qlora had" in out
    assert "again" not in out
    assert cli.call("-m", *grid, "command=status") == 0
    out = capfd.readouterr().out
    assert "2 cells: 1 done, 1 pruned, 0 missing." in out
    assert "Nothing is left to run" in out
    assert cli.call(*words(place, mirror, "training.learning_rate=1e-9", "seed=0")) == 0
    assert "kept: " in capfd.readouterr().out


def test_reports_show_it_and_average_nothing(
    pruned: tuple[Cell, Settings, Record], place: Path, mirror: Path, tmp_path: Path
) -> None:
    cells, settings = read(place, mirror, "training.learning_rate=1e-9", "model=bert_base,tfidf_sgd", "seed=0")
    for cell in cells:
        if store.read(cell.folder(settings.results_dir)) is None:
            run_cell(cell, settings)
    page = write_report(expected_cells(cells, settings), tmp_path, ReportOptions("topics"))
    results = pd.read_csv(tmp_path / "results.csv").set_index("row")
    assert results.loc["bert_base lora", "status"] == "pruned"
    assert pd.isna(results.loc["bert_base lora", "test_accuracy"])
    text = page.with_name("index.md").read_text("utf-8")
    assert "1 pruned" in text
    assert "llama3_2_1b qlora had 100.0 %" in text
    assert '"state":"pruned"' in (tmp_path / "report.json").read_text().replace(": ", ":")


def test_a_bar_that_is_reached_changes_nothing(place: Path, mirror: Path, tmp_path: Path) -> None:
    (cell,), settings = read(place, mirror, "training.learning_rate=1e-2", "seed=1")
    predictions = []
    for bar, folder in ((None, "plain"), (out_of_reach(cell, settings, is_right=False), "watched")):
        own = replace(settings, results_dir=str(tmp_path / folder))
        record = run_cell(cell, own, bar=bar)
        assert record.status is Status.OK
        predictions.append(store.read_predictions(cell.folder(own.results_dir), record))
    pd.testing.assert_frame_equal(*predictions)


def test_the_pool_hands_a_cell_its_bar(place: Path, mirror: Path, tmp_path: Path) -> None:
    cells, settings = read(place, mirror, "training.learning_rate=1e-9", "seed=0,1")
    settings = replace(settings, results_dir=str(tmp_path))
    bars = {cells[0].key: out_of_reach(cells[0], settings)}
    with Progress(cells, rows={}) as progress:
        stamps = dict.fromkeys((cell.key for cell in cells), None)
        run_pool(cells, settings, progress, stamps, PoolOptions(), bars=lambda cell: bars.get(cell.key))
    found = [store.read(cell.folder(tmp_path)) for cell in cells]
    assert [record.status for record in found if record is not None] == [Status.PRUNED, Status.OK]


def test_fused_cells_are_left_alone(place: Path, mirror: Path, tmp_path: Path) -> None:
    cells, settings = read(place, mirror, "training.learning_rate=1e-9", "seed=0,1")
    settings = replace(settings, results_dir=str(tmp_path))
    records = run(cells, settings, engine="fused", bar=out_of_reach(cells[0], settings))
    assert {record.status for record in records} == {Status.OK}


def test_a_bar_is_made_of_records(place: Path, mirror: Path, tmp_path: Path) -> None:
    (cell,), settings = read(place, mirror, "training.learning_rate=1e-2", "seed=2")
    settings = replace(settings, results_dir=str(tmp_path))
    record = run_cell(cell, settings)
    folder = cell.folder(tmp_path)
    bar = bar_of("bert_base lora", folder, record, [record], 0.02)
    assert bar is not None
    assert record.measurements is not None
    assert record.measurements.validation is not None
    assert np.mean(list(bar.correct.values())) == pytest.approx(record.measurements.validation.accuracy)
    assert (bar.leader, bar.alpha) == ("bert_base lora", 0.02)
    assert [part for part, _ in bar.gains] == [0.5, 0.625, 0.75, 0.875, 1.0]
    assert bar_of("bert_base lora", folder, record, [], 0.02) is None, "nothing is known of gains"


def test_gains_are_the_most_that_any_cell_had(place: Path, mirror: Path, tmp_path: Path) -> None:
    (cell,), settings = read(place, mirror, "training.learning_rate=1e-2", "seed=3")
    record = run_cell(cell, replace(settings, results_dir=str(tmp_path)))

    def with_scores(*scores: float) -> Record:
        """The record with validations at equal parts of its training."""
        measured = record.measurements
        assert measured is not None
        assert measured.training is not None
        assert measured.validation is not None
        point = measured.training.history[0]
        history = [
            point.model_copy(update={"step": step, "validation_accuracy": score})
            for step, score in enumerate(scores, start=1)
        ]
        training = measured.training.model_copy(update={"max_steps": len(scores), "history": history})
        validation = measured.validation.model_copy(update={"accuracy": max(scores)})
        update = {"training": training, "validation": validation}
        return record.model_copy(update={"measurements": measured.model_copy(update=update)})

    alone = gains_of([with_scores(0.2, 0.5, 0.4, 0.9)])
    assert np.array(alone) == pytest.approx(np.array([(0.5, 0.4), (0.75, 0.4), (1.0, 0.0)]))
    both = gains_of([with_scores(0.2, 0.8, 0.8, 0.9), with_scores(0.1, 0.3, 0.8, 0.8)])
    assert np.array(both) == pytest.approx(np.array([(0.5, 0.5), (0.75, 0.1), (1.0, 0.0)]))
    assert gains_of([record.model_copy(update={"status": Status.OOM})]) == ()
