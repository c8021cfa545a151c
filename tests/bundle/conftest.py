"""A study of a user's own, the hub and the index that it needs, and the program's sources to build a wheel of."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle.hub_server import Hub, serving
from tests.bundle.stubs import stubs
from tests.sources.conftest import WheelShelf, shelf
from tests.support import tiny
from tests.support.cli import REPOSITORY, environment
from tests.support.texts import topics

__all__ = ["shelf"]

PROGRAM = """\
import sys
from pathlib import Path
from bench.bundle import own_wheel
own_wheel.CHECKOUT = Path(sys.argv.pop(1))
from bench.command import start
start()
"""
"""The command, as if it ran from the sources in a folder: building in the checkout would be in the way of others."""
CARD = """---
configs:
- config_name: small
  data_files: [{split: train, path: small/*.parquet}]
- config_name: big
  data_files: [{split: train, path: big/*.parquet}]
---
"""
DATA = "defaults: [base/options@_here_, _self_]\nname: {}\n"
EXPERIMENT = """# @package _global_
experiment: mine
hydra:
  sweeper:
    params: {num_labels: 2, train_size: 8, seed: 0, device: cpu}
    rows:
      - {model: bert_base, method: linear_probe, data: hubs}
      - {model: tfidf_sgd, data: "tickets,shelf", split: nested}
"""


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A model with more files than are read, and a data set of two configurations."""
    folder = tmp_path_factory.mktemp("hub")
    model = folder / "models/google-bert/bert-base-uncased"
    tiny.build("bert", model)
    for name in ("pytorch_model.bin", "tf_model.h5", "onnx/model.onnx", "coreml/config.json"):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("not read")
    (model / "LICENSE").write_text("terms")
    data = folder / "datasets/someone/topics"
    for name in ("small", "big"):
        (data / name).mkdir(parents=True)
        topics(60, seed=len(name)).to_parquet(data / name / "train-00000-of-00001.parquet")
    (data / "README.md").write_text(CARD)
    with serving(folder) as served:
        yield served


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the user's, as `bench init` would leave it; `tickets.csv` is below, a table of texts in a wheel."""
    home = tmp_path_factory.mktemp("study")
    for name in ("conf/data", "conf/experiment", "texts"):
        (home / name).mkdir(parents=True)
    topics(60).to_csv(home / "texts/tickets.csv", index=False)
    (home / "shelf").mkdir()
    table = topics(60, seed=5).to_csv(index=False).encode()
    wheel = WheelShelf(home / "shelf").add({"tiny/data/train.csv": table}, package="tiny-texts")
    pinned = f"wheel: {{package: tiny-texts, version: '1.0', sha256: {wheel.sha256}, root: tiny/data}}\n"
    data = {
        "hubs": "source: hub\nid: someone/topics\nconfig: small\n",
        "tickets": "source: file\npath: texts/tickets.csv\n",
        "shelf": f"source: wheel\n{pinned}",
    }
    for name, text in data.items():
        (home / f"conf/data/{name}.yaml").write_text(DATA.format(name) + text)
    (home / "conf/experiment/mine.yaml").write_text(EXPERIMENT)
    (home / "constraints.txt").write_text(stubs(home / "shelf"))
    return home


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program's own."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("bench", "hydra_plugins", "conf"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder)
    return folder


class Bundler:
    """`bench bundle` in the user's folder, where a hub and an index answer."""

    def __init__(self, study: Path, sources: Path, hub: Hub, folder: Path) -> None:
        self.study, self.hub, self.folder = study, hub, folder
        self.program = [sys.executable, "-c", PROGRAM, str(sources), "bundle"]

    def __call__(self, *words: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.study / "shelf"), "PIP_CONFIG_FILE": os.devnull}
        net = {"HF_ENDPOINT": self.hub.address, "HF_HUB_OFFLINE": None, "PIP_NO_BUILD_ISOLATION": "0"}
        caches = {"FINETUNE_BENCH_CACHE": str(self.folder / "cache")}
        env = environment(self.folder, {**index, **net, **caches, "PYTHONPATH": str(REPOSITORY), **changes})
        return subprocess.run(
            [*self.program, *words], cwd=self.study, env=env, check=False, capture_output=True, text=True, timeout=200
        )


@pytest.fixture(scope="session")
def bundler(study: Path, sources: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Bundler:
    return Bundler(study, sources, hub, tmp_path_factory.mktemp("caches"))


@pytest.fixture(scope="session")
def bundle(bundler: Bundler, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of the experiment `mine`; not to be changed."""
    folder = tmp_path_factory.mktemp("made") / "bundle"
    made = bundler("mine", "--to", str(folder), "--constraints", "constraints.txt")
    assert made.returncode == 0, made.stdout + made.stderr
    return folder
