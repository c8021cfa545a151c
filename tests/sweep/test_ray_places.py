"""Where on a Ray cluster cells run, as its nodes say what they have; no cluster is started."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UserError
from bench.running.devices import Gpu
from bench.settings import Settings
from bench.sweep.ray import agent, workers
from bench.sweep.ray.cluster import places
from bench.sweep.ray.options import RayOptions
from bench.sweep.slots import Slot
from tests.support.cli import REPOSITORY


def node(name: str, resources: Mapping[str, float], *, alive: bool = True) -> dict[str, Any]:
    return {"NodeID": f"{name}0000000", "NodeManagerHostname": name, "Alive": alive, "Resources": resources}


GPUS = [node("a", {"CPU": 8.0, "GPU": 2.0}), node("b", {"CPU": 8.0, "GPU": 1.0}), node("head", {"CPU": 4.0})]
CPUS = [node("a", {"CPU": 8.0}), node("head", {"memory": 1.0}), node("gone", {"CPU": 8.0}, alive=False)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Names of places on nodes, by options."""

    def of(nodes: list[dict[str, Any]], device: Any = "auto", cells: int = 100, **options: Any) -> list[str]:
        monkeypatch.setattr("ray.nodes", lambda: nodes)
        return [place.name for place in places(RayOptions(**options), Settings(device=device), cells)]

    return of


def test_one_worker_a_gpu_of_every_node(names: Any) -> None:
    assert names(GPUS) == ["a cuda:0", "a cuda:1", "b cuda:0"]
    assert names(GPUS, per_device=2)[2:5] == ["b cuda:0.0", "a cuda:0.1", "a cuda:1.1"], "each device has one first"
    assert names(GPUS, max_workers=2) == ["a cuda:0", "a cuda:1"]
    assert names(GPUS, cells=1) == ["a cuda:0"]


def test_on_cpus_one_worker_a_node_that_has_some(names: Any) -> None:
    assert names(CPUS) == ["a cpu"]
    assert names(CPUS, workers=2) == ["a cpu.0", "a cpu.1"]
    assert names(GPUS, "cpu") == ["a cpu", "b cpu", "head cpu"]
    twins = [node("a", {"CPU": 1.0}), {**node("a", {"CPU": 1.0}), "NodeID": "b1b2b3b4"}]
    assert names(twins) == ["a cpu (a00000)", "a cpu (b1b2b3)"]


def test_what_no_node_has_is_refused(names: Any) -> None:
    for nodes, options, said in (
        (CPUS, {"device": "cuda"}, "no node of the Ray cluster has a GPU"),
        (GPUS, {"workers": 2}, "hydra.launcher.per_device says"),
        (CPUS[1:], {}, "no node of the Ray cluster has a CPU"),
    ):
        with pytest.raises(UserError, match=said):
            names(nodes, **options)


def test_a_worker_knows_its_share_of_the_gpu_that_ray_left_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "visible_gpus", lambda: [Gpu("GPU-7", "Chip", 24_000_000_000)])
    whole = agent._whole(Slot("a cuda:1", gpu="", host="a"), 2)
    assert (whole.gpu, whole.memory, whole.sharing, whole.host) == ("GPU-7", 12_000_000_000, 2, "a")
    assert agent._whole(Slot("a cpu", host="a"), 1) == Slot("a cpu", host="a")


UNFIT = """
import sys
from bench.sweep.ray.agent import Agent
from bench.sweep.slots import Slot
if __name__ == "__main__":
    print(Agent(Slot("x", gpu=sys.argv[3] or None), 1, sys.argv[1], sys.argv[2], {}).ready().unfit)
"""


def test_a_node_without_the_sweeps_folders_is_unfit(tmp_path: Path) -> None:
    (tmp_path / "probe").touch()
    gone = str(tmp_path / "gone")
    for folder, probe, gpu, said in (
        (gone, str(tmp_path / "probe"), "", f"there is no folder {gone} on "),
        (str(tmp_path), f"{gone}/probe", "", f"does not see the sweep's results_dir={gone}"),
        (str(tmp_path), str(tmp_path / "probe"), "GPU-1", "no GPU is visible to a worker on "),
        (str(tmp_path), str(tmp_path / "probe"), "", "None"),
    ):
        words = [sys.executable, "-c", UNFIT, folder, probe, gpu]
        asked = subprocess.run(
            words,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": "", "CUDA_VISIBLE_DEVICES": ""},
        )
        assert said in asked.stdout


def test_what_a_killed_sweep_left_beside_the_results_goes_in_time(tmp_path: Path) -> None:
    old, new = tmp_path / f"{workers.PROBE}old", tmp_path / f"{workers.PROBE}new"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    workers._remove_old(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)
