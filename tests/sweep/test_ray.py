"""Sweeps on a Ray cluster of two nodes, both of this machine: the rules are the pool's, whatever dies.

The cluster's processes have their environment from this one, and so have the cells that are made to fail.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import psutil
import pytest

from tests.support.cli import environment
from tests.support.faulty import FAULTS, Place, gone

pytestmark = [pytest.mark.ray, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Joint:
    """Two nodes with a worker each, and where sweeps on them are."""

    place: Place
    cluster: Any
    second: Any

    def at(self, name: str) -> Place:
        """Results of their own."""
        (self.place.folder / "runs.txt").unlink(missing_ok=True)
        self.place.plan({})
        return replace(self.place, results=self.place.folder / name)

    @property
    def words(self) -> list[str]:
        return ["hydra/launcher=ray", f"hydra.launcher.address={self.cluster.address}"]


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joint]:
    from ray.cluster_utils import Cluster

    folder = tmp_path_factory.mktemp("ray")
    place = Place(folder, folder / "results")
    faults = {"FAULTS": str(folder / "faults.json"), "RUNS": str(folder / "runs.txt"), "PYTHONPATH": str(FAULTS)}
    with mock.patch.dict(os.environ, environment(folder, {**faults, "RAY_USAGE_STATS_ENABLED": "0"}), clear=True):
        place.plan({})
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        try:
            yield Joint(place, cluster, cluster.add_node(num_cpus=1))
        finally:
            cluster.shutdown()


def agents() -> list[psutil.Process]:
    """The actors of all sweeps on this machine that have a worker."""
    return [
        each for each in psutil.process_iter(["cmdline"]) if (each.info["cmdline"] or [""])[0].startswith("ray::Agent")
    ]


def test_each_fault_costs_its_cell_only(joint: Joint) -> None:
    place = joint.at("faults")
    place.plan({0: {"kind": "raise"}, 1: {"kind": "kill"}, 2: {"kind": "segfault"}, 3: {"kind": "hang"}})
    ended = place.sweep(*joint.words, "timeout_minutes=0.3", cells=7)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert place.statuses() == {
        0: "error", 1: "crashed", 2: "crashed", 3: "timeout", 4: "ok", 5: "ok", 6: "ok",
    }  # fmt: skip
    reasons = {seed: record.failure.message for seed, record in place.records().items() if record.failure is not None}
    assert "SIGKILL" in reasons[1]
    assert "SIGSEGV" in reasons[2]
    assert place.starts() == dict.fromkeys(range(7), 1)
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "cpu (" in ended.stdout, "both nodes took part, and are told apart"
    assert place.leftovers() == []
    assert not list(place.results.glob(".ray-*"))


def test_actors_that_are_killed_cost_the_cell_that_ran(joint: Joint) -> None:
    """At random moments; nothing is lost, nothing done twice."""
    place, draw, cells, killed = joint.at("killed"), random.Random(7), 8, 0
    place.plan({"*": {"kind": "slow", "seconds": 1.0}})
    process = place.start(*joint.words, "retry.crashed=5", cells=cells)
    place.wait_for("start", seconds=120)
    while killed < 2 and process.poll() is None:
        time.sleep(draw.uniform(0.2, 1.5))
        if found := agents():
            draw.choice(found).kill()
            killed += 1
            place.wait_for("start", len(place.runs()) // 2, seconds=120)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    assert place.statuses() == dict.fromkeys(range(cells), "ok")
    starts = place.starts()
    assert set(starts) == set(range(cells))
    assert cells <= sum(starts.values()) <= cells + killed, "only what ran in a killed actor was begun again"
    ends = [line[1] for line in place.runs() if line[0] == "end"]
    assert len(ends) == len(set(ends)), "no cell was done twice"
    assert place.leftovers() == []


def test_ctrl_c_once_finishes_what_runs(joint: Joint) -> None:
    place = joint.at("interrupted")
    place.plan({"*": {"kind": "slow", "seconds": 2}})
    process = place.start(*joint.words, "hydra.launcher.max_workers=1")
    place.wait_for("start", seconds=120)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, out + err
    assert "finishing what runs (1 cell)" in out
    assert list(place.statuses().values()) == ["ok"]
    assert place.leftovers() == []


def test_a_killed_sweep_takes_its_workers_along(joint: Joint) -> None:
    place = joint.at("dead")
    place.plan({"*": {"kind": "hang"}})
    process = place.start(*joint.words)
    place.wait_for("start", 2, seconds=120)
    workers = [psutil.Process(int(line[2])) for line in place.runs()]
    process.kill()
    process.communicate()
    assert gone(workers, seconds=60)
    place.plan({})
    again = place.sweep(*joint.words)
    assert again.returncode == 0, again.stdout + again.stderr
    assert set(place.statuses().values()) == {"ok"}


def test_a_node_that_is_lost_costs_the_cell_that_ran(joint: Joint) -> None:
    place = joint.at("lost")
    place.plan({"*": {"kind": "slow", "seconds": 1.5}})
    process = place.start(*joint.words, "retry.crashed=1", cells=9)
    place.wait_for("start", 2, seconds=120)
    joint.cluster.remove_node(joint.second, allow_graceful=False)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    assert "is used no more: its Ray actor died" in out
    assert place.statuses() == dict.fromkeys(range(9), "ok")
    assert sum(place.starts().values()) == 10, "one began again"
    assert place.leftovers() == []
