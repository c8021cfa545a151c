"""A grid in parts, one for each machine: every cell is in one of them, and together they are the sweep."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from bench import load_report
from bench.compose import to_cell
from bench.errors import UserError
from bench.sweep.job_index import OWN, SYSTEMS
from bench.sweep.shard import Shard, of_shard, shard_of
from tests.support.cli import call, composed
from tests.support.texts import topics
from tests.sweep import simulated

SLURM = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "5"}
JOBS = {
    "SkyPilot": ({"SKYPILOT_NODE_RANK": "1", "SKYPILOT_NUM_NODES": "4"}, "auto", "2/4"),
    "Kubernetes": ({"JOB_COMPLETION_INDEX": "0"}, "auto/5", "1/5"),
    "AWS Batch": ({"AWS_BATCH_JOB_ARRAY_INDEX": "9", "AWS_BATCH_JOB_ARRAY_SIZE": "10"}, "auto", "10/10"),
    "Slurm": (SLURM, "auto", "3/3"),
    "Slurm in steps": (SLURM | {"SLURM_ARRAY_TASK_STEP": "2"}, "auto", "2/3"),
    "PBS": ({"PBS_ARRAY_INDEX": "3"}, "auto/3", "3/3"),
    "LSF": ({"LSB_JOBINDEX": "2", "LSB_JOBINDEX_END": "6"}, "auto", "2/6"),
    "Grid Engine": (
        {"SGE_TASK_ID": "4", "SGE_TASK_FIRST": "2", "SGE_TASK_LAST": "7", "SGE_TASK_STEPSIZE": "2"}, "auto", "2/3",
    ),
    "outside of LSF's arrays": ({"LSB_JOBINDEX": "0", **SLURM}, "auto", "3/3"),
    "outside of Grid Engine's": ({"SGE_TASK_ID": "undefined", **SLURM}, "auto", "3/3"),
}  # fmt: skip
WRONG = {
    "nothing": ({}, "auto", "none of SKYPILOT_NODE_RANK"),
    "a job of a sweep's own array": ({**SLURM, OWN: "1"}, "auto", "no job of several"),
    "two systems": ({"JOB_COMPLETION_INDEX": "1", **SLURM}, "auto", "JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are"),
    "no count": ({"JOB_COMPLETION_INDEX": "1"}, "auto", "does not say how many jobs there are: shard=auto/4"),
    "above": ({"JOB_COMPLETION_INDEX": "4"}, "auto/4", "JOB_COMPLETION_INDEX=4 is none of 4 jobs"),
    "below": ({"PBS_ARRAY_INDEX": "0"}, "auto/4", "PBS_ARRAY_INDEX=0 is none of 4 jobs that are numbered from 1"),
    "gaps": (SLURM | {"SLURM_ARRAY_TASK_STEP": "4"}, "auto", "numbered from 5 in steps of 4"),
    "no number": ({"SKYPILOT_NODE_RANK": "1", "SKYPILOT_NUM_NODES": "x"}, "auto", "SKYPILOT_NUM_NODES=x is no number"),
}


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may themselves be a cluster's job."""
    for name in (OWN, *(system.index for system in SYSTEMS)):
        monkeypatch.delenv(name, raising=False)


def test_every_cell_is_in_one_shard_and_work_is_shared() -> None:
    cells = list({cell.key: cell for cell in map(to_cell, composed("-m", "+experiment=demo"))}.values())
    for count in (1, 2, 3, 5, len(cells) + 3):
        shards = [of_shard(cells, Shard(index, count)) for index in range(1, count + 1)]
        assert Counter(cell.key for shard in shards for cell in shard) == dict.fromkeys((cell.key for cell in cells), 1)
        assert max(map(len, shards)) - min(map(len, shards)) <= 1
        assert [of_shard(cells[::-1], Shard(1, count))[::-1]] == shards[:1], "the grid's order does not matter"
    for part in (of_shard(cells, Shard(1, 3)), of_shard(cells, Shard(2, 3))):
        rows, all_rows = Counter(cell.row for cell in part), Counter(cell.row for cell in cells)
        assert set(rows) == set(all_rows), "each has some of every row, the baseline too"


@pytest.mark.parametrize("name", JOBS)
def test_a_cluster_says_which_job_this_is(name: str) -> None:
    environment, asked, shard = JOBS[name]
    assert str(shard_of(asked, environment)) == shard


@pytest.mark.parametrize("name", WRONG)
def test_what_a_cluster_does_not_say_is_refused(name: str) -> None:
    environment, asked, said = WRONG[name]
    with pytest.raises(UserError, match=said):
        shard_of(asked, environment)


@pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "1/0", "a/b", "-1/2", "auto/0"])
def test_what_is_no_shard_is_refused(shard: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("-m", "model=tfidf_sgd", f"shard={shard}") == 2
    assert f"shard={shard}: " in capsys.readouterr().err


def test_plan_and_status_know_the_shard(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = simulated.said("plan", [*words, "device=cpu", "shard=1/3"], tmp_path, capsys)
    assert said.startswith("shard 1/3: 3 of 8 cells of the grid")
    assert "3 cells: 0 done, 3 to run" in said
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "2")
    said = simulated.said("status", [*words, "device=cpu", "shard=auto/3"], tmp_path, capsys)
    assert said.startswith("shard 3/3: 2 of 8 cells of the grid Status of mine-shard-3-of-3")
    assert "shard 9/9: 0 of 8 cells" in simulated.said("plan", [*words, "shard=9/9"], tmp_path, capsys)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [("decide", ["command=plan"]), ("best", ["--dry-run"])],
)
def test_what_needs_the_whole_grid_refuses_a_shard(
    verb: str, arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from bench.command import VERBS

    module = __import__(VERBS[verb].module, fromlist=["main"])
    assert module.main([words[0], words[1], words[3], "device=cpu", "shard=1/2", *arguments]) == 2
    assert "shard=1/2: " in capsys.readouterr().err


def test_one_cell_is_no_grid(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("model=tfidf_sgd", "shard=1/2") == 2
    assert "shard=1/2 has no effect" in capsys.readouterr().err


def test_three_shards_are_one_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with results of its own, as on machines that share nothing; one report on all of them."""
    topics(30).to_csv(tmp_path / "topics.csv", index=False)
    grid = [
        "-m", "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "model=tfidf_sgd,majority",
        "train_size=8,16", "seed=0,1", "device=cpu", "name=topics", f"cache_dir={tmp_path / 'cache'}",
    ]  # fmt: skip
    reports, parts = tmp_path / "reports", [tmp_path / f"results-{index}" for index in (1, 2, 3)]
    for index, folder in enumerate(parts, 1):
        assert call(*grid, f"shard={index}/3", f"results_dir={folder}", f"reports_dir={reports}") == 0
    assert sum(len(list(folder.rglob("record.json"))) for folder in parts) == 8
    for index in (1, 2, 3):
        report = reports / f"topics-shard-{index}-of-3"
        own = len(list(parts[index - 1].rglob("record.json")))
        assert f"This is shard {index} of 3: {8 - own} of 8 cells are elsewhere" in (report / "index.md").read_text()
        shard = {"index": index, "count": 3, "num_cells": own, "grid_cells": 8}
        assert json.loads((report / "report.json").read_text())["shard"] == shard
        assert f"shard {index} of 3" in load_report(report)._repr_html_()
        assert "missing" not in (report / "results.csv").read_text()
    first, *others = parts
    more = f"more_results=[{','.join(map(str, others))}]"
    assert call(*grid, "command=report", f"results_dir={first}", more, f"reports_dir={reports}") == 0
    assert "This is shard" not in (reports / "topics" / "index.md").read_text()
    assert json.loads((reports / "topics" / "report.json").read_text())["shard"] is None
    assert "This is shard" not in load_report(reports / "topics")._repr_html_()
    whole = tmp_path / "whole"
    assert call(*grid, f"results_dir={tmp_path / 'all'}", f"reports_dir={whole}") == 0
    mine, theirs = (pd.read_csv(folder / "topics" / "results.csv") for folder in (reports, whole))
    times = [name for name in theirs if re.search("second|memory|energy|started|command", name)]  # it names the folder
    pd.testing.assert_frame_equal(mine.drop(columns=times), theirs.drop(columns=times))
    assert mine["status"].tolist() == ["ok"] * 8
    shutil.rmtree(others[0])
    others[0].mkdir()
    assert call(*grid, "command=report", f"results_dir={first}", more, f"reports_dir={reports}") == 0
    assert "missing" in pd.read_csv(reports / "topics" / "results.csv")["status"].tolist()
