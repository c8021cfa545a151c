"""Every YAML file under `conf/` composes and is valid, through the code that the command uses."""

import functools
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.compose import to_cell, to_settings
from bench.config import DataConfig, TransformerConfig
from tests.support.cli import REPOSITORY, composed

CONF = REPOSITORY / "conf"
FILES = sorted(path.relative_to(CONF) for path in CONF.rglob("*.y*ml"))

NEEDED = {"file": ("data.name=file", "data.path={file}")}
"""What a file under `conf/data` leaves to the user."""

CELLS = {"demo": 36, "go_emotions_grid": 216}
"""Rows x label counts x training sizes x seeds."""

BASES = {"data/base/options.yaml": DataConfig, "model/base/transformer.yaml": TransformerConfig}
"""Files that the others of their group start from, each with every option of a class at its default."""

NAMED = ("data", "method", "model", "split")
"""Groups whose files carry their own name."""


@functools.cache  # seconds for a big grid
def grid(experiment: str) -> list[dict[str, Any]]:
    return composed("-m", f"+experiment={experiment}")


@pytest.fixture
def texts_file(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text("text,label\nsome words,a\nother words,b\n")
    return path


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_composes(file: Path, texts_file: Path) -> None:
    group, choice = file.parent.as_posix(), file.stem
    if file.as_posix() in BASES:
        started = [
            yaml.safe_load(path.read_text()).get("defaults", []) for path in (CONF / file).parents[1].glob("*.yaml")
        ]
        assert any(f"base/{choice}@_here_" in defaults for defaults in started), "no file starts from it"
        return  # so it is composed with each of those
    if file == Path("config.yaml"):
        configs = composed()
    elif group == "experiment":
        configs = grid(choice)
    elif group in ("data", "method", "model", "split", "training"):
        needed = [text.format(file=texts_file) for text in NEEDED.get(choice, ())]
        configs = composed(f"{group}={choice}", *needed)
        if group in NAMED:
            assert configs[0][group]["name"] == choice
    else:
        pytest.fail(f"no test composes conf/{file}: add its group here")
    assert configs
    for content in configs:
        to_settings(content)
        assert to_cell(content).key


@pytest.mark.parametrize("file", BASES)
def test_a_base_holds_the_defaults(file: str) -> None:
    """What a file may leave out, and a command line may override, is what the class says."""
    defaults = {field.name: field.default for field in fields(BASES[file]) if field.default is not MISSING}
    written = yaml.safe_load((CONF / file).read_text())
    assert {k: tuple(v) if isinstance(v, list) else v for k, v in written.items()} == defaults


@pytest.mark.parametrize("file", [file for file in FILES if file.parent == Path("model")], ids=str)
def test_every_transformer_says_what_it_is(file: Path) -> None:
    model = composed(f"model={file.stem}")[0]["model"]
    assert model["family"]
    if model["family"] == "tfidf_sgd":
        return
    assert model["parameters"] > 1, "in millions"
    assert model["licence"]
    assert model["id"] if model["source"] == "hub" else model["wheel"]["sha256"]


@pytest.mark.parametrize("name", [file.stem for file in FILES if file.parent == Path("experiment")])
def test_an_experiment_has_its_cells(name: str) -> None:
    assert name in CELLS, "say here how many cells the experiment has"
    configs = grid(name)
    cells = {to_cell(content).key: to_cell(content) for content in configs}
    assert len(cells) == len(configs) == CELLS[name]
    assert {to_settings(content).experiment for content in configs} == {name}, "reports go to a folder of this name"
    # the baseline sees the very tasks of the transformers
    tasks = {row: {cell.task for cell in cells.values() if cell.row == row} for row in {c.row for c in cells.values()}}
    assert "tfidf_sgd" in tasks
    assert all(of_row == tasks["tfidf_sgd"] for of_row in tasks.values())


def test_rows_of_the_demo() -> None:
    cells = [to_cell(content) for content in grid("demo")]
    assert list(dict.fromkeys(cell.row for cell in cells)) == ["minilm-lora", "minilm-linear_probe", "tfidf_sgd"]
    assert {(cell.task.num_labels, cell.task.train_size) for cell in cells} == {
        (labels, size) for labels in (2, 5) for size in (32, 128, 512)
    }
    assert {cell.task.seed for cell in cells} == {0, 1}


def test_rows_of_the_main_experiment() -> None:
    configs = grid("go_emotions_grid")
    rows = {to_cell(content).row for content in configs}
    models = ("llama3_2_1b", "qwen2_5_1_5b", "gpt2_xl", "gemma3_1b", "bert_base")
    assert rows == {"tfidf_sgd", *(f"{model}-qlora" for model in models)}
    assert {content["device"] for content in configs} == {"cuda"}
