"""Names and paths that may hold anything: they are texts, or one line refuses them; nothing is written elsewhere."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.compose import check, to_cell, to_settings
from bench.errors import UserError
from bench.settings import Settings
from tests.support import texts
from tests.support.cli import call, composed
from tests.sweep import simulated

Refuse = Callable[..., str]
FOLDERS = ("results", "reports", "cache")


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    return [f"{name}_dir={tmp_path / name}" for name in FOLDERS]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Refuse:
    """What is said of a command line that is refused: one line."""

    def run(*words: str) -> str:
        code = call(*words)
        out, err = capfd.readouterr()
        assert code == 2, out + err
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        return err

    return run


@pytest.mark.parametrize(
    "name",
    ["../../escaped", "/tmp/absolute", "..", ".", "a/../b", "a//b", "a/", "''", ".hidden", "'blank '", "dot.", "con",
     "NUL.txt", '"a\\0b"', '"a\\nb"', '"\\e[31m"', "a\\b", "x" * 5000, "é" * 150, "1e3", "true", "~"],
)  # fmt: skip
def test_an_experiment_is_called_as_a_folder_can_be(
    told: Refuse, tmp_path: Path, folders: list[str], name: str
) -> None:
    place = tmp_path / "conf" / "experiment" / "e.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(f"# @package _global_\nexperiment: {name}\n")
    before = sorted(tmp_path.iterdir())
    assert "experiment=" in told("--config-dir", str(tmp_path / "conf"), "-m", "+experiment=e", *folders)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["demo", "smoke/demo", "7", "-x", "mit Blank", "[red]x", "体育"])
def test_other_experiments(name: str) -> None:
    (content,) = composed("model=tfidf_sgd")
    assert to_settings(content | {"experiment": int(name) if name == "7" else name}).experiment == name


def test_the_name_is_that_of_the_reports_folder(tmp_path: Path, folders: list[str]) -> None:
    words = simulated.small(tmp_path)
    simulated.finish(composed(*words), tmp_path / "results")
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    path.write_text(path.read_text().replace("experiment: mine", "experiment: 2024"))
    assert call(*words, "command=report", *folders) == 0
    assert (tmp_path / "reports" / "2024" / "index.html").exists()


@pytest.mark.parametrize("option", ["data.name", "model.name"])
@pytest.mark.parametrize("name", ["2024", "../../x", "/abs", "con", ".x", "-x", "007", "0x10", "'x '"])
def test_names_are_texts_and_stay_in_the_results(option: str, name: str, tmp_path: Path) -> None:
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    (content,) = composed(
        "model=tfidf_sgd", "data=file", "data.name=t", f"data.path={tmp_path}/topics.csv", f"{option}={name}"
    )
    cell = to_cell(content)
    assert (cell.task.data.name if option == "data.name" else cell.model.name) == name.strip("'")
    folder = cell.folder("/results")
    assert folder.resolve().is_relative_to("/results")
    assert len(folder.relative_to("/results").parts) == 3


@pytest.mark.parametrize("option", ["data.name", "model.name", "data.text_column", "model.revision"])
def test_what_is_no_text_comes_with_its_quotes(told: Refuse, folders: list[str], option: str) -> None:
    said = told(f"{option}=1e3", *folders)
    assert f"'{option}=\"...\"'" in said
    assert "=1000.0: " in said


@pytest.mark.parametrize("group", ["+experiment", "model", "data", "method", "training", "split"])
@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["cell", "sweep"])
def test_a_group_of_a_number_comes_with_the_choices(
    told: Refuse, folders: list[str], group: str, sweep: tuple[str, ...]
) -> None:
    for number in ("12", "1e3"):
        said = told(*sweep, f"{group}={number}", *folders)
        assert f"'{group.removeprefix('+')}/{number}'" in said
        assert "Available options" in said


def test_a_file_in_conf_may_be_called_as_a_number(tmp_path: Path) -> None:
    place = tmp_path / "experiment" / "7.yaml"
    place.parent.mkdir()
    place.write_text("# @package _global_\nexperiment: seven\n")
    for sweep in ((), ("-m",)):
        (content,) = composed("--config-dir", str(tmp_path), *sweep, "+experiment=7")
        assert content["experiment"] == "seven"


PATHS = ["results_dir", "reports_dir", "cache_dir", "mirror_dir", "more_results", "data.path", "model.path"]


@pytest.mark.parametrize("option", PATHS)
@pytest.mark.parametrize(
    ("path", "why"),
    [("a\0b", "NUL"), ("x" * 5000, "255 bytes"), ("x/" * 3000, "4095 bytes"), ("", "empty"), ("\ud800", "surrogate")],
)
def test_paths_that_no_file_can_have(option: str, path: str, why: str) -> None:
    """And they are told before anything is looked up: cells that read folders hash them."""
    (content,) = composed("model=minilm_hub", "data=file", "data.name=t", "data.path=/nowhere.csv")
    part, _, last = option.rpartition(".")
    target = content[part] if part else content
    target[last] = [path] if option == "more_results" else path
    with pytest.raises(UserError) as caught:
        check(content)
    text = str(caught.value)
    assert text.startswith(f"{option}")
    assert why in text
    assert "\n" not in text
    assert len(text) < 400
    assert "nowhere" not in text


@pytest.mark.parametrize("option", ["model.id", "data.id", "model.revision", "data.revision", "data.config"])
@pytest.mark.parametrize("value", ["''", "x" * 5000])
def test_ids_of_the_hub(told: Refuse, folders: list[str], option: str, value: str) -> None:
    assert told("model=minilm_hub", "data=go_emotions", f"{option}={value}", *folders).startswith(f"error: {option}=")


def test_all_is_said_though_a_folder_is_none(told: Refuse) -> None:
    said = told("seed=-1", "model=tfidf_sgd", "model.alpha=0", f"mirror_dir={'x' * 300}")
    assert [part for part in ("seed=-1", "model.alpha=0", "mirror_dir=xxx") if part not in said] == []


@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_what_stands_in_a_reports_place_is_told_before_training(tmp_path: Path, told: Refuse, kind: str) -> None:
    words = simulated.small(tmp_path)
    reports = tmp_path / "reports"
    reports.mkdir()
    _ = (reports / "mine").write_text("") if kind == "file" else os.mkfifo(reports / "mine")
    said = told(*words, "model=tfidf_sgd", *(f"{name}_dir={tmp_path / name}" for name in FOLDERS))
    assert said == f"error: reports_dir={reports} cannot be written: {reports / 'mine'}: Not a directory\n"
    assert not list((tmp_path / "results").rglob("record.json"))


def test_a_folder_that_is_a_pipe(tmp_path: Path, told: Refuse) -> None:
    words = simulated.small(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for option in ("results_dir", "reports_dir"):
        said = told(
            *words,
            "model=tfidf_sgd",
            *(f"{name}_dir={tmp_path / name}" for name in FOLDERS),
            f"{option}={tmp_path / 'pipe'}",
        )
        assert said.startswith(f"error: {option}={tmp_path / 'pipe'} cannot be ")


def test_the_default_settings_are_sound() -> None:
    assert to_settings({}) == Settings()
