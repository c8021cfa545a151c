"""What `python -m bench.export` refuses, and that it asks about a task's own test examples."""

import csv
from pathlib import Path

import pytest

from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.export import main
from tests.support import texts
from tests.support.cli import composed


@pytest.fixture
def task(tmp_path: Path) -> list[str]:
    frame = texts.topics(60)
    frame["text"] += ',\n"quoted"'
    frame.to_csv(tmp_path / "topics.csv", index=False)
    return ["data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2"]


@pytest.mark.parametrize("more", [[], ["train_size=100000"], ["split=stratified", "split.test_size=30", "seed=3"]])
def test_the_examples_are_the_tasks(more: list[str], task: list[str], tmp_path: Path) -> None:
    path = tmp_path / "asked.csv"
    assert main([*task, *more, f"out={path}"]) == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    smaller = [word for word in more if not word.startswith("train_size=")]
    trained = to_cell(composed(*task, *smaller, "train_size=16")[0]).task
    test = draw(trained, load_pool(trained.data, cache=tmp_path, mirror_dir=None)).test
    assert [(row["id"], row["text"]) for row in rows] == list(zip(test.ids, test.texts, strict=True))


def test_what_is_wrong_is_told(task: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    for arguments, message in (
        (task, "out=FILE is needed"),
        ([*task, f"out={there}"], "is there already"),
        ([*task, f"out={tmp_path / 'no' / 'x.csv'}"], "No such file or directory"),
        ([*task, "num_labels=9", f"out={tmp_path / 'x.csv'}"], "topics has 2 labels"),
        ([*task, "demo", f"out={tmp_path / 'x.csv'}"], "an experiment of this name is +experiment=demo"),
        ([*task, "nothing=9", f"out={tmp_path / 'x.csv'}"], "nothing"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
    assert there.read_text() == "mine"
    assert not (tmp_path / "x.csv").exists()


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "bench export data=bbc_headlines num_labels=5 out=test.csv" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["~nobody-of-this-name/x.csv", "a\0b.csv"])
def test_what_can_be_no_path_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"out={text}"]) == 2
    assert capsys.readouterr().err.startswith("error: out=")
