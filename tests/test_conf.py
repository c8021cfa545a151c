"""Every YAML file under `conf/` composes and is valid, through the code that the command uses."""

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.compose import to_cell, to_settings
from tests.support.cli import REPOSITORY, composed

CONF = REPOSITORY / "conf"
FILES = sorted(path.relative_to(CONF) for path in CONF.rglob("*.y*ml"))

NEEDED = {
    "peft": ("method.peft_type=BOFT",),
    "file": ("data.name=file", "data.path={file}"),
    "folder": ("data.name=folder", "data.path={corpus}", "num_labels=2", "split=nested"),
    "trec07p": ("data.path={corpus}",),
    "predictions": ("model.name=predictions", "model.path={file}"),
    "zero_shot": ("model=smollm2_135m",),
}
"""What a file leaves to the user."""

CELLS = {
    "demo": 54,
    "go_emotions_grid": 11 * 36 + 4 * 4,  # what learns nothing has one cell a label count
    "spam_scaling": 99,
    "gpt2_spam_last_block": 6,
    "ag_news_llama": 3,
    "stance_distilbert": 6,
    "go_emotions_multi_label": 6 * 3,
    "smoke/go_emotions_grid": 10,
    "smoke/spam_scaling": 18,
    "smoke/gpt2_spam_last_block": 2,
    "smoke/ag_news_llama": 3,
    "smoke/stance_distilbert": 2,
    "smoke/go_emotions_multi_label": 6,
}
"""Rows x label counts x training sizes x seeds."""

BASES = ("data/base/options.yaml", "model/base/transformer.yaml")
"""Files that the others of their group start from (`tests/config/test_defaults.py` compares them with the schema)."""

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


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "index").write_text("spam ../data/inmail.1\n")
    return tmp_path


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_composes(file: Path, texts_file: Path, corpus: Path) -> None:
    group, choice = file.parent.as_posix(), file.stem
    if file.as_posix() in BASES:
        started = [
            yaml.safe_load(path.read_text()).get("defaults", []) for path in (CONF / file).parents[1].glob("*.yaml")
        ]
        assert any(f"base/{choice}@_here_" in defaults for defaults in started), "no file starts from it"
        return  # so it is composed with each of those
    if file == Path("config.yaml"):
        configs = composed()
    elif file.parts[0] == "experiment":
        configs = grid(file.relative_to("experiment").with_suffix("").as_posix())
    elif group == "split/method":
        split, _, method = choice.partition("_")
        configs = composed(f"split={split}", f"method={method}")
        assert configs[0]["method"].items() >= yaml.safe_load((CONF / file).read_text()).items()
    elif group == "hydra/launcher":
        configs = composed("-m", f"hydra/launcher={choice}")
    elif group in ("data", "method", "model", "split", "training"):
        needed = [text.format(file=texts_file, corpus=corpus) for text in NEEDED.get(choice, ())]
        configs = composed(f"{group}={choice}", *needed)
        if "peft_type" in configs[0][group]:  # one of its many types, which is called as its file is
            assert choice in ("peft", to_cell(configs[0]).method_label)
        elif group in NAMED:
            assert choice.startswith(configs[0][group]["name"]), "a variant's name begins with what it is a variant of"
    else:
        pytest.fail(f"no test composes conf/{file}: add its group here")
    assert configs
    for content in configs:
        to_settings(content)
        assert to_cell(content).key


@pytest.mark.parametrize("file", [file for file in FILES if file.parent == Path("model")], ids=str)
def test_every_transformer_says_what_it_is(file: Path) -> None:
    model = composed(f"model={file.stem}", *(text.format(file=file) for text in NEEDED.get(file.stem, ())))[0]["model"]
    assert model["family"]
    if "source" not in model:
        return
    assert model["parameters"] > 1, "in millions"
    assert model["licence"]
    assert model["id"] if model["source"] == "hub" else model["wheel"]["sha256"]


@pytest.mark.parametrize(
    "name",
    [file.relative_to("experiment").with_suffix("").as_posix() for file in FILES if file.parts[0] == "experiment"],
)
def test_an_experiment_has_its_cells(name: str) -> None:
    assert name in CELLS, "say here how many cells the experiment has"
    configs = grid(name)
    cells = {to_cell(content).key: to_cell(content) for content in configs}
    assert len(cells) == CELLS[name]
    assert {to_settings(content).experiment for content in configs} == {name}, "reports go to a folder of this name"
    # the baseline sees the very tasks of the transformers, or is tested on what they are where they learn nothing
    tasks = {row: {cell.task for cell in cells.values() if cell.row == row} for row in {c.row for c in cells.values()}}
    baseline = tasks["tfidf_sgd"]
    assert all(of_row in (baseline, {task.for_testing() for task in baseline}) for of_row in tasks.values())


def test_rows_of_the_demo() -> None:
    cells = [to_cell(content) for content in grid("demo")]
    assert list(dict.fromkeys(cell.row for cell in cells)) == ["minilm-lora", "minilm-linear_probe", "tfidf_sgd"]
    assert {(cell.task.num_labels, cell.task.train_size) for cell in cells} == {
        (labels, size) for labels in (2, 5) for size in (32, 128, 512)
    }
    assert {cell.task.seed for cell in cells} == {0, 1, 2}


def test_rows_of_the_main_experiment() -> None:
    configs = grid("go_emotions_grid")
    rows = {to_cell(content).row for content in configs}
    models = ("llama3_2_1b", "qwen2_5_1_5b", "gpt2_xl", "gemma3_1b", "bert_base")
    assert rows == {
        "tfidf_sgd",
        *(f"{model}-{method}" for model in models for method in ("qlora", "linear_probe")),
        *(f"{model}-zero_shot" for model in models if model != "bert_base"),
    }
    assert {content["device"] for content in configs} == {"cuda"}
