"""One report of the records of several folders."""

from pathlib import Path

import pandas as pd
import pytest

from bench.compose import to_cell
from bench.results.record import Status
from tests.support.cli import call, composed
from tests.sweep import simulated


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Of 8 cells, four finished here, where one is out of memory and three are missing; four elsewhere."""
    words = simulated.small(tmp_path)
    configs = composed(*words)
    here, there = tmp_path / "results", tmp_path / "other"
    simulated.finish(configs[:5], here, status=lambda cell: Status.OOM if cell.key == key(configs[4]) else Status.OK)
    simulated.finish(configs[3:7], there)
    return [*words, f"results_dir={here}", f"reports_dir={tmp_path / 'reports'}", "command=report"]


def key(config: dict) -> str:
    return to_cell(config).key


def statuses(tmp_path: Path) -> list[str]:
    return pd.read_csv(tmp_path / "reports" / "mine" / "results.csv")["status"].tolist()


def test_what_is_finished_elsewhere_is_taken_in(tmp_path: Path, words: list[str]) -> None:
    assert call(*words) == 0
    assert statuses(tmp_path).count("ok") == 4
    assert call(*words, f"more_results=[{tmp_path / 'other'}]") == 0
    assert sorted(statuses(tmp_path)) == ["missing", *["ok"] * 7]
    records = {path.parent for path in (tmp_path / "results").rglob("record.json")}
    assert len(records) == 5  # nothing is copied


def test_a_failure_here_is_shown_where_no_folder_has_better(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert call(*words, f"more_results=[{tmp_path / 'empty'}]") == 0
    assert sorted(statuses(tmp_path)) == [*["missing"] * 3, *["ok"] * 4, "oom"]


def test_a_folder_that_is_not_there_is_refused(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words, f"more_results=[{tmp_path / 'gone'}]") == 2
    assert "more_results: there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "said"),
    [("more_results=[{}]", "more_results: there is no folder"), ("serving=[{}]", "has no serving.json: `bench serve ")],
)
def test_what_the_report_could_not_take_in_is_said_before_anything_runs(
    option: str, said: str, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted((tmp_path / "results").rglob("record.json"))
    assert call(*words[:-1], option.format(tmp_path / "gone")) == 2
    assert said in capsys.readouterr().err
    assert sorted((tmp_path / "results").rglob("record.json")) == before
