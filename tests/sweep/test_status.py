"""`command=status` through the command that a user types: how far, what runs where, the time left."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.cell import Cell
from bench.results.claims import CLAIM, Claim, Claims, read
from bench.results.record import Status
from bench.sweep import workforce
from tests.results.test_odd_claims import IN_THE_WAY
from tests.support.cli import bench, composed
from tests.sweep import simulated


def status(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str], *overrides: str) -> str:
    return simulated.said("status", [*words, *overrides], folder, capsys)


def baseline_seeds_0(cell: Cell) -> Status | None:
    """Half of the baseline's cells are done."""
    return Status.OK if cell.method is None and cell.task.seed == 0 else None


def claimed(words: list[str], folder: Path, number: int) -> tuple[Cell, Path]:
    """A cell that is not done, by number, and its folder."""
    cell = [cell for cell in simulated.finish(composed(*words), folder, lambda _: None) if cell.method is not None]
    return cell[number], cell[number].folder(folder / "results")


def write_claim(folder: Path, claim: Claim) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CLAIM).write_text(json.dumps(asdict(claim)))


def test_a_status_runs_and_imports_nothing(words: list[str], tmp_path: Path) -> None:
    ended = bench(*words, "command=status", "device=cuda", folder=tmp_path, light=True)
    assert ended.returncode == 0, ended.stderr
    said = " ".join(ended.stdout.split())
    assert "8 cells: 0 done, 8 missing." in said
    assert "Left: about" in said
    assert "none at work now; for 8 cells of 8 that is a guess." in said
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "reports").exists()


def test_done_failed_and_missing_by_row(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ended(cell: Cell) -> Status | None:
        if cell.method is None:
            return Status.OK
        return {(8, 0): Status.OK, (8, 1): Status.CRASHED, (16, 0): Status.OOM}.get(
            (cell.task.train_size, cell.task.seed)
        )

    simulated.finish(composed(*words), tmp_path / "results", ended)
    said = status(words, tmp_path, capsys)
    assert "model and method cells done oom crashed missing" in said
    assert "bert_base lora 4 1 1 1 1 " in said
    assert "tfidf_sgd 4 4 " in said
    assert "all 8 5 1 1 1 " in said
    assert "8 cells: 5 done, 1 oom, 1 crashed, 1 missing." in said


def test_all_done(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulated.finish(composed(*words), tmp_path / "results")
    said = status(words, tmp_path, capsys)
    assert "8 cells: 8 done, 0 missing. Nothing is left to run." in said


def test_what_runs_where_and_since_when(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulated.finish(composed(*words), tmp_path / "results", baseline_seeds_0)
    cell, folder = claimed(words, tmp_path, 0)
    with Claims(tmp_path / "results") as claims:
        assert claims.take(folder, "cuda:1")
        claim = read(folder)
        said = status(words, tmp_path, capsys)
    assert claim is not None
    assert "8 cells: 2 done, 1 running, 5 missing." in said
    assert f"running: {cell.key} on {claim.host}, cuda:1 (pool), since 20" in said
    assert "with 1 worker at work" in said
    assert "8 cells: 2 done, 6 missing." in status(words, tmp_path, capsys), "it was given up"


def test_a_dead_owner_interrupted_the_cell(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On this machine that is known; of another one's processes nothing is."""
    (cell, dead), (other, far) = claimed(words, tmp_path, 0), claimed(words, tmp_path, 1)
    with Claims(tmp_path / "results") as claims:
        assert claims.take(dead, "cpu")
        mine = read(dead)
    assert mine is not None
    gone = replace(mine, processes=("999999999@1",))
    write_claim(dead, gone)
    write_claim(far, replace(gone, machine="elsewhere", host="node7", launcher="slurm", job="17_3"))
    said = status(words, tmp_path, capsys)
    assert "8 cells: 0 done, 1 running, 1 interrupted, 6 missing." in said
    assert f"interrupted: {cell.key} on {mine.host}, cpu (pool)" in said
    assert f"running: {other.key} on node7, cpu (slurm, job 17_3)" in said


def test_a_failed_cell_that_is_tried_again_is_running(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated.finish(composed(*words), tmp_path / "results", lambda _: Status.ERROR)
    _, folder = claimed(words, tmp_path, 0)
    with Claims(tmp_path / "results") as claims:
        assert claims.take(folder, "cpu")
        assert "8 cells: 0 done, 1 running, 7 error, 0 missing." in status(words, tmp_path, capsys)


def test_the_time_left_is_that_of_like_cells_over_the_workers(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six baseline cells of 50 s each."""
    monkeypatch.setattr(workforce, "device_name", lambda _: "Simulated CPU")
    words = [*words, "model=tfidf_sgd", "seed=0,1,2,3"]
    simulated.finish(composed(*words), tmp_path / "results", baseline_seeds_0, lambda _: 50.0)
    said = status(words, tmp_path, capsys)
    assert "8 cells: 2 done, 6 missing. Left: about 5 min with 1 worker, none at work now." in said
    said = status(words, tmp_path, capsys, "hydra.launcher.workers=3")
    assert "Left: about 100 s with 3 workers" in said or "Left: about 2 min with 3 workers" in said


@pytest.mark.parametrize(
    ("started", "said_so"),
    [("yesterday", "it is not known since when"), ("9" * 900, "not known"), ("2026-13-01", "not known"),
     ("9999-12-31T23:59:59-23:00", "not known"), ("2026-01-05T10:00:00", "since 2026-01-05")],
)  # fmt: skip
def test_a_claim_of_no_time(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], started: str, said_so: str
) -> None:
    _, folder = claimed(words, tmp_path, 0)
    gone = Claim(owner="x", host="h", machine="m", processes=("1@1",), device="cpu", started=started)
    write_claim(folder, gone)
    said = status(words, tmp_path, capsys)
    assert "1 running" in said
    assert said_so in said


@pytest.mark.parametrize("command", ["status", "plan", "report"])
def test_odd_claims_are_told_and_stop_nobody(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    cells = simulated.finish(composed(*words), tmp_path / "results", lambda _: None)
    contents = [b"", b"[" * 100_000, b"9" * 5000, b'{"processes": ["abc"]}']
    for content, cell in zip(contents, cells[:4], strict=True):
        folder = cell.folder(tmp_path / "results")
        folder.mkdir(parents=True)
        (folder / CLAIM).write_bytes(content)
    for make, cell in zip(IN_THE_WAY[:4], cells[4:], strict=True):
        make(cell.folder(tmp_path / "results") / CLAIM)
    said = simulated.said(command, [*words, f"reports_dir={tmp_path / 'reports'}"], tmp_path, capsys)
    if command == "status":
        assert said.count("its claim.json cannot be used (") == 8
        assert "its claim.json cannot be used (it is not a regular file)" in said
