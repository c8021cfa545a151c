"""Without the packages of the extras: what needs none of them runs, and what needs one says which."""

import os
import subprocess
from pathlib import Path

import pytest

from bench.extras import EXTRAS, how_to_install
from bench.results import store
from bench.results.record import Status
from tests.support.cli import bench
from tests.support.texts import topics


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str | None]:
    """The environment of a Python that has none of these packages."""
    folder = tmp_path / "without"
    folder.mkdir()
    lines = ["import sys", *(f"sys.modules[{package!r}] = None" for package in EXTRAS)]
    (folder / "sitecustomize.py").write_text("\n".join(lines) + "\n")
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


def run(*words: str, folder: Path, env: dict[str, str | None]) -> subprocess.CompletedProcess[str]:
    topics(40, labels=("sport", "business")).to_csv(folder / "t.csv", index=False)
    data = ("data=file", f"data.path={folder / 't.csv'}", "data.name=t", "split=nested", "num_labels=2", "train_size=8")
    return bench("-m", *words, *data, "device=cpu", folder=folder, env=env, timeout=200)


def test_tfidf_and_an_encoder_run(tmp_path: Path, without, tiny_models: dict[str, Path]) -> None:
    one = run("model=tfidf_sgd", folder=tmp_path, env=without)
    assert one.returncode == 0, one.stdout + one.stderr
    small = ("model=bert_base", f"model.path={tiny_models['bert']}", "training.num_train_epochs=1")
    for more in (("seed=0",), ("seed=1,2", "engine=fused")):
        done = run(*small, "method=lora", *more, folder=tmp_path, env=without)
        assert done.returncode == 0, done.stdout + done.stderr
    records = [store.read(folder) for folder in store.scan(tmp_path / "results")]
    assert [record.status for record in records] == [Status.OK] * 4


@pytest.mark.parametrize(
    ("words", "package"),
    [
        (("model=minilm", "method=qlora"), "bitsandbytes"),
        (("model=minilm", "method=setfit"), "setfit"),
        (("model=minilm", "method=lora", "training.optim=adamw_8bit"), "bitsandbytes"),
        (("model=tfidf_sgd", "hydra/launcher=slurm", "hydra.launcher.partition=x"), "submitit"),
        (("model=tfidf_sgd", "hydra/launcher=ray"), "ray"),
        (("model=gemma3_270m_wheel", "method=lora"), "gguf"),
    ],
)
def test_what_is_missing_is_named_before_anything_runs(words, package, tmp_path: Path, without) -> None:
    done = run(*words, folder=tmp_path, env=without)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"needs a package that is not installed: {how_to_install(package)}" in done.stderr
    assert not list(tmp_path.glob("results/*/*"))
    if package not in ("submitit", "ray"):  # those who run cells are asked when there are some to run
        planned = run(*words, "command=plan", folder=tmp_path, env=without)
        assert planned.returncode == 0, planned.stderr
        assert how_to_install(package) in " ".join(planned.stdout.split())
