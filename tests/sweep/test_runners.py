"""Who runs a sweep's cells is one object: a made-up one comes in by the door that CONTRIBUTING describes."""

import re
from dataclasses import fields
from pathlib import Path
from unittest import mock

import pytest

from bench.errors import UserError
from bench.results.claims import CLAIM
from bench.running.devices import Gpu
from bench.sweep.runners import RUNNERS, pool, runner_of
from bench.sweep.runners.base import Runner
from tests.support.cli import REPOSITORY, call
from tests.sweep import simulated
from tests.sweep.inline_runner import HEARING, Inline

TFIDF = ("-m", "model=tfidf_sgd", "seed=0,1")


@pytest.fixture
def inline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command for eight cells by the made-up runner: its line in the table, and its file of options."""
    monkeypatch.setitem(RUNNERS, "inline", Inline)
    words = simulated.small(tmp_path)
    write(tmp_path, "inline", "_target_: hydra_plugins.bench_sweep.SweepLauncher\nrunner: inline\nat_once: 3\n")
    return [*words, "hydra/launcher=inline", "model=tfidf_sgd", "device=cpu", f"reports_dir={tmp_path / 'reports'}"]


def write(folder: Path, launcher: str, content: str) -> None:
    path = folder / "conf/hydra/launcher" / f"{launcher}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def refused(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    capfd.readouterr()
    assert call(*words) == 2
    err = capfd.readouterr().err
    assert err.startswith("error: ")
    assert "Traceback" not in err
    return err.removeprefix("error: ").rstrip("\n")


def test_a_runner_of_ones_own(inline: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = [*inline, "train_size=16"]
    assert "On the CPU, 3 workers." in simulated.said("plan", two, tmp_path, capsys)
    assert "On the CPU, 1 worker." in simulated.said("plan", [*two, "hydra.launcher.at_once=1"], tmp_path, capsys)
    assert "with 3 workers, none at work now" in simulated.said("status", two, tmp_path, capsys)
    said = simulated.said("run", two, tmp_path, capsys)
    assert "mine: 2 cells, 0 done, 2 to run" in said
    assert "report: " in said
    assert len(list((tmp_path / "results").rglob("record.json"))) == 2
    assert "2 cells: 2 done, 0 to run, 0 infeasible." in simulated.said("plan", two, tmp_path, capsys)
    assert call(*(word for word in two if word != "-m"), "--cfg=hydra", "--package=hydra.launcher") == 0
    assert "at_once: 3" in capsys.readouterr().out


def test_observers_hear_of_its_cells(
    inline: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hearing.py").write_text(HEARING)
    monkeypatch.syspath_prepend(tmp_path)
    said = simulated.said("run", [*inline, "train_size=16", "observers=[hearing]"], tmp_path, capsys)
    assert "here begins with " in said
    assert "in another sweep" not in said
    assert (tmp_path / "results/heard.txt").read_text().split() == ["ok", "ok", "closed"]
    assert not list((tmp_path / "results").rglob(CLAIM))


def test_its_options_are_checked_as_all_are(
    inline: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own = (*inline, f"results_dir={tmp_path / 'results'}")
    assert refused(capfd, *own, "hydra.launcher.at_once=0").startswith("hydra.launcher.at_once=0: ")
    assert "hydra/launcher=slurm has" in refused(capfd, *own, "hydra.launcher.partition=gpu")
    assert refused(capfd, *own, "device=cuda") == "hydra/launcher=inline has no GPU"
    assert "hydra/launcher=pool or hydra/launcher=slurm or hydra/launcher=ray or hydra/launcher=inline" in refused(
        capfd, *TFIDF, "hydra/launcher=basic"
    )
    assert not (tmp_path / "results").exists()


def test_what_a_runner_forgets_is_named() -> None:
    forgetful = type("Forgetful", (Inline,), {"run": Runner.run})
    with pytest.raises(TypeError, match=r"Forgetful.*run"):
        forgetful()


def test_an_options_file_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cluster's values, kept beside those of the runner; and an experiment's, which win."""
    write(tmp_path, "lab", "defaults: [slurm]\npartition: short\nmax_running: 2\n")
    words = [*simulated.small(tmp_path), "device=cpu", "hydra/launcher=lab"]
    said = simulated.said("plan", words, tmp_path, capsys)
    assert "On Slurm (partition short): 2 of 8 tasks at once (hydra.launcher.max_running=2), each with no GPU" in said
    path = tmp_path / "conf/experiment/mine.yaml"
    path.write_text(f"{path.read_text()}  launcher: {{partition: long, cells_per_job: 4}}\n")
    said = simulated.said("plan", words, tmp_path, capsys)
    assert "On Slurm (partition long): 2 of 2 tasks at once" in said
    assert "for 4 cells" in said


def test_an_experiment_cannot_choose_the_launcher(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = simulated.small(tmp_path)
    path = tmp_path / "conf/experiment/mine.yaml"
    written = f"{path.read_text()}  launcher: {{partition: long}}\n"
    path.write_text(written)
    assert refused(capfd, *words) == (
        "hydra.launcher.partition: hydra/launcher=pool has no such option, hydra/launcher=slurm has"
    )
    path.write_text(written.replace("/data: file", "/data: file\n  - override /hydra/launcher: slurm", 1))
    said = refused(capfd, *words)
    assert said.startswith(str(path))
    assert said.endswith("leave it out here and add hydra/launcher=slurm there")


OLD = {
    "slurm.partition=gpu": "slurm.partition: its name is hydra.launcher.partition now, with hydra/launcher=slurm",
    "+slurm.options.account=lab": "slurm.options.account: its name is hydra.launcher.options.account now",
    "~slurm.partition": "slurm.partition: its name is hydra.launcher.partition now",
    "pool.devices=0,2": "pool.devices: its name is hydra.launcher.devices now",
    "++pool.workers=2": "pool.workers: its name is hydra.launcher.workers now",
    "hydra.launcher=slurm": "hydra.launcher=slurm: it is written hydra/launcher=slurm",
    "pool={workers: 2}": "pool: its name is hydra.launcher.NAME now",
}


MEANT = {
    "slurm.time=60": "hydra.launcher.time: there is no such option; did you mean hydra.launcher.time_minutes",
    "workers=2": "workers: there is no such option; did you mean hydra.launcher.workers?",
    "launcher.partition=gpu": "launcher.partition: there is no such option; did you mean hydra.launcher.partition?",
}


@pytest.mark.parametrize("word", MEANT)
def test_names_that_were_never_there_are_told_with_what_is_meant(word: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert call("-m", "model=tfidf_sgd", word) == 2
    assert MEANT[word] in capfd.readouterr().err


@pytest.mark.parametrize("word", OLD)
@pytest.mark.parametrize("mode", [(), ("-m",), ("-m", "command=plan"), ("-m", "hydra/launcher=slurm")])
def test_old_names_are_refused_with_the_new_ones(
    word: str, mode: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    said = refused(capfd, *mode, "model=tfidf_sgd", word)
    assert OLD[word] in said
    assert "\n" not in said


IN_FILES = {
    "slurm: {partition: gpu, max_running: 2}": ["hydra.launcher.partition", "hydra.launcher.max_running"],
    "pool: {workers: 2}": ["pool.workers: its name is hydra.launcher.workers"],
    "pool: 3": ["hydra.launcher.NAME"],
}


@pytest.mark.parametrize("line", IN_FILES)
def test_old_names_in_a_file_of_ones_own(line: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = simulated.small(tmp_path, line)
    for mode in (words, [word for word in words if word != "-m"]):
        said = refused(capfd, *mode)
        assert [part for part in IN_FILES[line] if part not in said] == []
        assert 'below "hydra: launcher:"' in said
        assert "\n" not in said


@pytest.mark.parametrize("key", ["slurm.partition", "hydra.launcher.partition", "hydra/launcher"])
def test_a_launcher_is_no_axis_of_a_grid(key: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = simulated.small(tmp_path)
    path = tmp_path / "conf/experiment/mine.yaml"
    path.write_text(path.read_text().replace("seed: 0,1", f'{key}: "pool,slurm"'))
    assert key in (said := refused(capfd, *words))
    assert "one value for the whole sweep" in said or "its name is hydra.launcher.partition now" in said


def test_several_values_are_a_list_or_refused(capfd: pytest.CaptureFixture[str]) -> None:
    caught: list[Runner] = []
    with mock.patch("bench.sweep.launch.launch", lambda configs, runner, *_: caught.append(runner) or 0):
        for devices in ("0,2", "[0,2]", "GPU-1,GPU-2", "1"):
            assert call(*TFIDF, f"hydra.launcher.devices={devices}") == 0
    assert [runner.options.asked_devices for runner in caught] == [(0, 2), (0, 2), ("GPU-1", "GPU-2"), (1,)]
    slurm = "hydra/launcher=slurm"
    for words in ([*TFIDF, slurm, "hydra.launcher.partition=a,b"], [*TFIDF, "hydra.launcher.workers=1,2"]):
        assert "it has one value for the whole sweep" in refused(capfd, *words)


EFFECT = {
    "hydra.launcher.per_device=2": "cells run on the CPU",
    "hydra.launcher.devices=0,2": "hydra.launcher.devices=0,2 has no effect, for cells run on the CPU here",
    "hydra.launcher.isolate=true hydra.launcher.cells_per_worker=2": "hydra.launcher.cells_per_worker=2 has no effect",
    "hydra.launcher.isolate=true engine=fused": "engine=fused has no effect, for hydra.launcher.isolate=true",
    "hydra/launcher=ray hydra.launcher.per_device=2": "cells run on the CPU",
    "hydra/launcher=ray hydra.launcher.isolate=true engine=fused": "engine=fused has no effect",
    "hydra/launcher=ray hydra.launcher.address=auto hydra.launcher.workers=2 device=auto": "cells run on GPUs",
    "hydra/launcher=slurm hydra.launcher.isolate=true": "cells_per_job=auto gives each array task one cell",
    "hydra/launcher=slurm hydra.launcher.workers=2": "cells_per_job=auto gives each array task one cell",
    "hydra/launcher=slurm hydra.launcher.gpus_per_task=1 hydra.launcher.workers=2 device=auto": "cells run on GPUs",
    "hydra/launcher=slurm hydra.launcher.cells_per_job=2 hydra.launcher.per_device=2": "cells run on the CPU",
    "hydra/launcher=slurm engine=fused": "engine=fused has no effect, for hydra.launcher.cells_per_job=auto",
    "hydra/launcher=slurm hydra.launcher.max_running=1 hydra.launcher.cells_per_job=1 engine=fused": "cells_per_job=1 ",
}


@pytest.mark.parametrize("words", EFFECT)
def test_what_would_change_nothing_is_refused(words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    grid = ("-m", "model=minilm", "method=lora", "seed=0,1", "device=cpu")
    for command in ("plan", "run"):
        said = refused(capfd, *grid, *words.split(), f"command={command}", f"results_dir={tmp_path / 'results'}")
        assert EFFECT[words] in said
        assert "leave it out" in said


def test_what_is_for_the_cpu_on_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pool, "visible_gpus", lambda: [Gpu("GPU-1", "Chip", 24_000_000_000)])
    words = (*TFIDF, "command=plan", f"results_dir={tmp_path / 'results'}", f"cache_dir={tmp_path / 'cache'}")
    assert "hydra.launcher.per_device is for those" in refused(capfd, *words, "hydra.launcher.workers=2")
    for word in ("hydra.launcher.per_device=2", "hydra.launcher.devices=0", "hydra.launcher.cells_per_worker=1"):
        assert call(*words, word) == 0, word


@pytest.mark.parametrize(
    "word", ["hydra.launcher.workers=2", "hydra/launcher=slurm", "+hydra.launcher.options.token=x"]
)
def test_a_single_cell_has_no_launcher(word: str, capfd: pytest.CaptureFixture[str]) -> None:
    more = ("hydra/launcher=slurm",) if "options" in word else ()
    said = refused(capfd, "model=tfidf_sgd", *more, word)
    assert "has no effect, for a single cell is run in this process" in said
    assert "token=x" not in said


RAY = {
    "": "On the CPU, 1 worker.",
    "hydra.launcher.workers=3": "On the CPU, 3 workers.",
    "hydra.launcher.address=auto hydra.launcher.workers=2": (
        "On Ray (auto): 2 workers on each node's CPU, planned for one node with one device."
    ),
    "hydra.launcher.address=auto hydra.launcher.max_workers=4": (
        "On Ray (auto): 1 worker on each node's CPU, up to 4 at once."
    ),
}


@pytest.mark.parametrize("words", RAY)
def test_a_plan_for_ray_starts_none(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = [*simulated.small(tmp_path), "device=cpu", "hydra/launcher=ray", *words.split()]
    with mock.patch.dict("sys.modules", {"ray": None}):
        assert RAY[words] in simulated.said("plan", grid, tmp_path, capsys)


REFUSED_OF_RAY = {
    "hydra.launcher.address=ray://head:10001": "not through Ray's client",
    "device=cuda": "a GPU is needed, but none is visible here",
}


@pytest.mark.parametrize("word", REFUSED_OF_RAY)
def test_what_ray_cannot_run_is_refused(word: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    results = f"results_dir={tmp_path / 'results'}"
    assert REFUSED_OF_RAY[word] in refused(
        capfd, "-m", "model=minilm", "method=lora", "hydra/launcher=ray", word, results
    )


def test_ray_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("bench.sweep.runners.ray.is_here", lambda package: False)
    said = refused(capfd, *TFIDF, "hydra/launcher=ray", f"results_dir={tmp_path / 'results'}")
    assert said == "hydra/launcher=ray needs a package that is not installed: pip install 'finetune-bench[ray]'"


def test_every_option_is_read() -> None:
    """One that no code reads would have no effect, and say nothing of it."""
    code = "\n".join(path.read_text() for path in (REPOSITORY / "bench/sweep").rglob("*.py"))
    for runner in RUNNERS.values():
        for option in fields(runner.schema):
            assert re.search(rf"\b(?:options|slurm|self)\.{option.name}\b", code), f"{runner.name}: {option.name}"


def test_options_that_are_wrong_are_told_together() -> None:
    with pytest.raises(UserError) as caught:
        runner_of("slurm", {"cells_per_job": 0, "max_running": -1})
    assert "hydra.launcher.cells_per_job=0: " in str(caught.value)
    assert "hydra.launcher.max_running=-1: " in str(caught.value)
    with pytest.raises(UserError, match="there is no such runner; there are pool, slurm, ray"):
        runner_of("dask", {})
