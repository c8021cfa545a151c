"""`command=plan` through the command that a user types: what is to run, on how much, how long; nothing is run."""

from pathlib import Path

import pytest

from bench.cell import Cell
from bench.results.record import Status
from bench.running.devices import Gpu
from bench.sweep import workforce
from bench.sweep.runners import pool
from tests.support.cli import bench, call, composed
from tests.sweep import simulated

HUB = ("data=go_emotions", "data.name=go_emotions", "data.path=null")
"""Data that is not on this machine."""
GPUS = [Gpu(f"GPU-{number}", "Chip", 24_000_000_000) for number in range(4)]


def plan(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str], *overrides: str) -> str:
    return simulated.said("plan", [*words, *overrides], folder, capsys)


def row(text: str, name: str) -> list[str]:
    """The words of the table's row `name`, up to the next row."""
    return text.partition(f" {name} ")[2].split()


def test_a_plan_runs_and_imports_nothing(words: list[str], tmp_path: Path) -> None:
    """And asks for no GPU, though the experiment does."""
    ended = bench(*words, "command=plan", "device=cuda", folder=tmp_path, light=True)
    assert ended.returncode == 0, ended.stderr
    said = " ".join(ended.stdout.split())
    assert "8 cells: 0 done, 8 to run, 0 infeasible." in said
    assert "No GPU is visible here: planned for 1 GPU" in said
    assert "Times of 8 cells are guesses" in said
    assert "GPU-hours" in said
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "reports").exists()


def test_what_is_done_and_what_failed(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def status(cell: Cell) -> Status | None:
        if cell.method is None:
            return Status.OK if cell.task.seed == 0 else None
        return Status.OOM if cell.task.train_size == 16 else Status.OK

    simulated.finish(composed(*words), tmp_path / "results", status)
    said = plan(words, tmp_path, capsys)
    assert "8 cells: 4 done, 4 to run, 0 infeasible (of those not done 2 ended as oom)." in said
    assert row(said, "bert_base lora")[:3] == ["4", "2", "2"]
    assert row(said, "tfidf_sgd")[:3] == ["4", "2", "2"]
    assert "4 done, 4 to run" in plan(words, tmp_path, capsys, "overwrite=failed")
    assert "6 done, 2 to run" in plan(words, tmp_path, capsys, "overwrite=missing")
    assert "0 done, 8 to run" in plan(words, tmp_path, capsys, "overwrite=always")


def test_nothing_is_left_to_plan(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulated.finish(composed(*words), tmp_path / "results")
    said = plan(words, tmp_path, capsys)
    assert "8 cells: 8 done, 0 to run, 0 infeasible. " in said
    assert "Nothing is to run." in said
    assert "guess" not in said


def test_plan_and_sweep_agree(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On what is done after a part of the grid has been run."""
    ended = bench(*words, "model=tfidf_sgd", "seed=1", folder=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "8 cells: 2 done, 6 to run, 0 infeasible." in plan(words, tmp_path, capsys)


def test_times_are_those_of_like_cells(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row's own records say how long the rest takes; simulated cells load for 1.5 s of what they take in all."""
    monkeypatch.setattr(workforce, "device_name", lambda _: "Simulated CPU")
    simulated.finish(
        composed(*words), tmp_path / "results", lambda cell: Status.OK if cell.task.seed == 0 else None, lambda _: 50.0
    )
    said = plan(words, tmp_path, capsys)
    assert "Times of 4 cells are from records of like cells." in said
    assert " about 3 min of work; done in about 3 min." in said, "4 x 50 s"
    assert "guesses" not in said
    assert "done in about 2 min." in plan(words, tmp_path, capsys, "hydra.launcher.workers=2")


def test_records_from_elsewhere_are_marked(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They were made on another processor; or they are of other data, which this grid has not one record of."""
    simulated.finish(composed(*words, "seed=7"), tmp_path / "results", seconds=lambda _: 50.0)
    for overrides in ((), ("data.name=other",)):
        said = plan(words, tmp_path, capsys, *overrides)
        assert "0 done, 8 to run" in said
        assert "* Times of 8 cells are from records of the same model and method on another device or other" in said
        assert row(said, "tfidf_sgd")[:9] == ["4", "0", "4", "–", "–", "50", "s*", "3", "min*"]


def test_infeasible_cells_with_their_reasons(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = plan(words, tmp_path, capsys, "train_size=8,4000", "num_labels=2,3", "split=nested")
    assert "16 cells: 0 done, 4 to run, 12 infeasible." in said
    assert "Infeasible, 4 cells: train_size=4000 with num_labels=2 needs 2000 training and 500 validation" in said
    assert "'business' of topics has 60" in said or "'sport' of topics has 60" in said
    assert "at most train_size=64 fits" in said
    assert "num_labels=3, but topics has 2 labels" in said
    assert row(said, "tfidf_sgd")[:4] == ["8", "0", "2", "6"]


def test_a_reason_that_an_earlier_sweep_found(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the data is elsewhere now."""
    elsewhere = (*HUB, "model=tfidf_sgd")
    simulated.finish(
        composed(*words, *elsewhere),
        tmp_path / "results",
        lambda cell: Status.SKIPPED if cell.task.train_size == 16 else None,
    )
    said = plan(words, tmp_path, capsys, *elsewhere)
    assert "4 cells: 0 done, 2 to run, 2 infeasible (of those not done 2 ended as skipped)." in said
    assert "Infeasible, 2 cells: simulated" in said
    assert "Not checked against the data of go_emotions: it is not on this machine" in said


def test_what_no_data_is_needed_for_is_known(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = plan(words, tmp_path, capsys, *HUB, "num_labels=29,2", "train_size=32")
    assert "Infeasible, 4 cells: num_labels=29, but go_emotions has 28 labels" in said


def test_a_plan_of_impossible_cells_alone(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = plan(words, tmp_path, capsys, "num_labels=9")
    assert "8 cells: 0 done, 0 to run, 8 infeasible." in said
    assert "Nothing is to run." in said


def test_gpus_hours_and_money(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "visible_gpus", lambda: GPUS)
    said = plan(words, tmp_path, capsys, "price_per_gpu_hour=1000", "model=bert_base")
    assert "On 4 GPUs: 4 x Chip, 24.0 GB." in said
    assert row(said, "bert_base lora")[5:6] == ["yes"], "after the memory's two words"
    hours = float(said.partition("In all about ")[2].split()[0])
    money = float(said.partition("GPU-hours, ")[2].split()[0].replace(",", ""))
    assert money == pytest.approx(1000 * hours, abs=100), "hours are rounded to a tenth"
    assert " in money; done" in said
    said = plan(words, tmp_path, capsys, "price_per_gpu_hour=1000", "currency=EUR", "model=bert_base")
    assert " EUR; done in about" in said
    said = plan(words, tmp_path, capsys, "hydra.launcher.devices=[0,3]", "hydra.launcher.per_device=2")
    assert "On 2 GPUs, 2 workers on each: 2 x Chip" in said


def test_a_price_without_gpus(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = plan(words, tmp_path, capsys, "price_per_gpu_hour=2.5", "device=cpu")
    assert "price_per_gpu_hour: nothing is charged, for no GPU is used." in said
    assert "price_per_gpu_hour" not in plan(words, tmp_path, capsys, "device=cpu")


@pytest.mark.parametrize("wrong", ["euros", "eur", "5", '"€€"'])
def test_what_is_no_currency_is_refused(wrong: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*words, "command=plan", f"currency={wrong}") == 2
    assert "a currency is a code of three capital letters (EUR) or a sign (€)" in capsys.readouterr().err


def test_bad_input_is_refused_as_ever(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*words, "command=plan", "price_per_gpu_hour=-1") == 2
    assert "price_per_gpu_hour=-1" in capsys.readouterr().err
