"""Hydra's own options may stand anywhere among the overrides."""

from pathlib import Path

import pytest

from tests.support.cli import composed

LINES = [
    "-m model=tfidf_sgd --config-dir CONF +experiment=mine seed=0,1",
    "model=tfidf_sgd +experiment=mine -m seed=0,1 --config-dir CONF",
    "+experiment=mine --config-dir=CONF model=tfidf_sgd --multirun seed=0,1",
    "-cd CONF model=tfidf_sgd -m +experiment=mine seed=0,1",
]


@pytest.mark.parametrize("line", LINES)
def test_options_among_overrides(line: str, tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text("# @package _global_\nexperiment: mine\n")
    configs = composed(*line.replace("CONF", str(tmp_path)).split())
    assert [(config["experiment"], config["seed"]) for config in configs] == [("mine", 0), ("mine", 1)]
