"""What the doctor says of a real Slurm."""

from pathlib import Path

import pytest

from bench.doctor.__main__ import main
from tests.slurm.cluster import Cluster

pytestmark = pytest.mark.slurm


def test_the_controller_is_asked(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    folders = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
    assert main(["demo", *folders, "model=tfidf_sgd", "hydra/launcher=slurm"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.split()[1:2] == ["Slurm"]]
    assert line.startswith("ok       Slurm      the controller answers (arrays of 3 tasks), and is used")
