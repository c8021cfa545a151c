"""Overrides that Hydra takes and that once asked for one thing and got another, or nothing."""

from pathlib import Path

import pytest

from tests.support.cli import call, composed

SMALL = ("model=tfidf_sgd", "train_size=16", "device=cpu")


def refused(capfd: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    folders = (f"{name}_dir={folder / name}" for name in ("results", "reports", "cache"))
    assert call(*words, *folders) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert err.count("\n") <= 2
    assert not list(folder.rglob("record.json"))
    return err


@pytest.mark.parametrize("word", ["seed=range(0)", "seed=range(3,1)", "data=glob(nosuch*)"])
def test_a_grid_of_nothing(capfd, tmp_path, word):
    key = word.partition("=")[0]
    assert refused(capfd, tmp_path, "-m", *SMALL, word).startswith(f"error: {key}: what is given has no value")


@pytest.mark.parametrize("sweeper", ["grid", "basic"])
def test_a_launcher_that_would_run_the_first_cell_alone(capfd, tmp_path, monkeypatch, sweeper):
    monkeypatch.chdir(tmp_path)  # Hydra's own sweeper leaves a file
    words = ("-m", *SMALL, "seed=0,1", "hydra/launcher=basic", f"hydra/sweeper={sweeper}")
    assert "hydra/launcher=pool" in refused(capfd, tmp_path, *words)


def test_two_signs_take_the_place_of_an_axis():
    assert {config["seed"] for config in composed("-m", "+experiment=demo", "++seed=7")} == {7}
    assert {config["seed"] for config in composed("-m", "+experiment=demo", "++seed=7,8")} == {7, 8}


def test_a_plan_fetches_no_wheel(capfd, tmp_path):
    words = ("command=plan", "model=minilm", "method=lora", "training.max_length=64", "train_size=16")
    assert call("-m", *words, f"cache_dir={tmp_path / 'cache'}", f"results_dir={tmp_path / 'results'}") == 0
    assert "fetching" not in capfd.readouterr().err
