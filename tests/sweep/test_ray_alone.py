"""A sweep by Ray on one machine, with a cluster for as long as it takes. More of Ray is in `test_ray.py`."""

from pathlib import Path

from tests.support.faulty import Place, below, gone


def test_a_machine_alone_has_a_cluster_for_as_long(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "results")
    process = place.start("hydra/launcher=ray", "hydra.launcher.workers=2", cells=4)
    place.wait_for("start", seconds=120)
    started = below(process)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, out + err
    assert place.statuses() == dict.fromkeys(range(4), "ok")
    assert err == ""
    assert gone(started, seconds=30)
