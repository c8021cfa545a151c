"""`python -m bench.doctor`: which sweep is asked about, and how the answer looks."""

import json
import re
from pathlib import Path

import pytest

from bench.doctor import checks
from bench.doctor.__main__ import DEFAULT, main
from tests.support.cli import REPOSITORY


def test_the_default_is_that_of_the_makefile() -> None:
    (written,) = re.findall(r"^EXPERIMENT \?= (\S+)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert written == DEFAULT


def test_lines_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([f"results_dir={tmp_path}"]) == 1
    *lines, empty, verdict = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100 or all(" " not in line[20:] for line in lines if len(line) > 100)
    assert all(re.match(r"(ok|note|problem) +\S+ +\S| {20}\S", line) for line in lines)
    assert empty == ""
    assert re.fullmatch(r"A sweep of go_emotions_grid could not run here: \d problems\.", verdict)
    assert [line.split()[1] for line in lines if line[0] != " "][:3] == ["experiment", "Python", "torch"]


@pytest.mark.parametrize("words", [["demo"], ["experiment=demo"], ["+experiment=demo"], ["seed=0", "experiment=demo"]])
def test_the_experiment_that_is_named(words: list[str], doctor) -> None:
    said = doctor(*words)
    assert json.loads(said.raw)["experiment"] == "demo"
    assert json.loads(said.raw)["could_run"] is True
    cells = 18 if "seed=0" in words else 54
    assert said.of("experiment") == [("ok", f"demo: {cells} cells, 0 done, {cells} to run")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no_such"], "no_such"),
        (["demo", "train_size=-1"], "train_size"),
        (["demo", "observers=[no.such.module]"], "no.such.module"),
        (["gpt2_spam_last_block", "mirror_dir=/no/such"], "mirror_dir=/no/such is not a folder"),
    ],
)
def test_a_sweep_that_is_not_valid(words: list[str], said: str, doctor) -> None:
    found = doctor(*words)
    assert found.code == 1
    assert found.problems == {"experiment"}, "the machine is looked at all the same"
    assert said in " ".join(text for _, text in found.of("experiment"))


def test_a_check_that_breaks_off(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setitem(checks.CHECKS, "CPU", breaks)
    found = doctor("demo")
    assert found.of("CPU") == [("problem", "could not be looked at: ZeroDivisionError: by zero")]
    assert found.of("Slurm")
    assert found.code == 1


def test_a_sweep_that_is_done_needs_nothing(doctor, tmp_path: Path) -> None:
    from tests.support.cli import composed
    from tests.sweep import simulated

    simulated.finish(composed("-m", "+experiment=demo", f"cache_dir={tmp_path / 'cache'}"), tmp_path / "results")
    found = doctor("demo")
    assert found.of("experiment") == [("ok", "demo: 54 cells, 54 done, 0 to run")]
    assert found.of("files") == [("ok", "none is needed")]


def test_bad_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--no-such"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_an_experiment_of_ones_own(doctor, tmp_path: Path) -> None:
    (tmp_path / "own/experiment").mkdir(parents=True)
    (tmp_path / "own/experiment/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /model: tfidf_sgd\nexperiment: mine\n"
        "hydra: {sweeper: {params: {train_size: 8, seed: '0,1'}}}\n"
    )
    said = doctor("mine", "--config-dir", str(tmp_path / "own"), "num_labels=2", "seed=0,1,2")
    assert said.of("experiment")[0] == ("ok", "mine: 3 cells, 0 done, 3 to run")
    assert said.code == 0
