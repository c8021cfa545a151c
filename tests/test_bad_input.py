"""Bad input: exit code 2 and a message that names the option and the limit, before anything heavy."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.support import texts
from tests.support.cli import bench, call

Refuse = Callable[..., str]


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 texts about sport, 30 about business; and two files with gaps beside it."""
    folder = tmp_path_factory.mktemp("bad_input")
    frame = texts.topics(60)
    kept = pd.concat([frame[frame.label == "sport"], frame[frame.label == "business"][:30]])
    kept.to_csv(folder / "topics.csv", index=False)
    kept.assign(text=kept.text.where(kept.index != kept.index[4], "  ")).to_csv(folder / "no_text.csv", index=False)
    kept.assign(label=kept.label.where(kept.index != kept.index[4], "")).to_csv(folder / "no_label.csv", index=False)
    return folder / "topics.csv"


@pytest.fixture
def mine(topics: Path) -> tuple[str, ...]:
    return ("data=file", "data.name=topics", f"data.path={topics}", "num_labels=2", "train_size=16")


@pytest.fixture
def told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Refuse:
    """What a command says that must be refused. It runs in this process: quick."""

    def run(*arguments: str) -> str:
        folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
        code = call(*arguments, *folders)
        return message(code, *capfd.readouterr())

    return run


@pytest.fixture
def told_early(tmp_path: Path) -> Refuse:
    """What a command says that must be refused before it imports anything heavy."""

    def run(*arguments: str, **options: object) -> str:
        ended = bench(*arguments, folder=tmp_path, light=True, **options)
        return message(ended.returncode, ended.stdout, ended.stderr)

    return run


def message(code: int, out: str, err: str) -> str:
    assert code == 2, out + err
    assert "Traceback" not in out + err
    assert err.startswith("error: ")
    return err.removeprefix("error: ").strip()


def one_line(text: str) -> str:
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("arguments", "choices"),
    [
        (["model=nosuch"], ["bert_base", "llama3_2_1b", "minilm", "tfidf_sgd"]),
        (["data=nosuch"], ["bbc_headlines", "file", "go_emotions"]),
        (["method=nosuch"], ["linear_probe", "lora", "qlora"]),
        (["training.nosuch=3"], ["learning_rate", "num_train_epochs"]),
        (["nosuch=3"], ["train_size", "num_labels", "results_dir"]),
        (["-m", "+experiment=nosuch"], ["demo", "go_emotions_grid"]),
        (["-m", "model=nosuch,tfidf_sgd"], ["bert_base", "tfidf_sgd"]),
        (["overwrite=nosuch"], ["missing", "failed", "always"]),
        (["device=nosuch"], ["auto", "cpu", "cuda"]),
        (["training.lr_scheduler_type=nosuch"], ["cosine", "linear"]),
    ],
    ids=lambda words: " ".join(words) if "nosuch" in str(words) else "",
)
def test_unknown_names_come_with_the_choices(told: Refuse, arguments: list[str], choices: list[str]) -> None:
    text = told(*arguments)
    assert "nosuch" in text
    assert [choice for choice in choices if choice not in text] == []


@pytest.mark.parametrize("option", ["+nosuch=3", "+method.nosuch=3", "+model.nosuch=3", "+data.nosuch=3"])
@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["cell", "sweep"])
def test_a_plus_brings_no_unknown_option_in(
    told: Refuse, mine: tuple[str, ...], sweep: tuple[str, ...], option: str
) -> None:
    """Hydra hints at the plus; a misspelt option that is then ignored would answer another question."""
    assert option.removeprefix("+").removesuffix("=3") in told(*sweep, *mine, "model=tfidf_sgd", option)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["num_labels=1"], ["num_labels=1", "2"]),
        (["num_labels=6"], ["num_labels=6", "bbc_headlines has 5 labels"]),
        (["train_size=3", "num_labels=4"], ["train_size=3", "num_labels=4"]),
        (["train_size=many"], ["train_size=many", "integer"]),
        (["train_size=1.5"], ["train_size=1.5", "integer"]),
        (["seed=-1"], ["seed=-1", "0"]),
        (["method.r=0"], ["method.r=0", "greater than 0"]),
        (["method.dropout=1"], ["method.dropout=1", "less than 1"]),
        (["training.learning_rate=fast"], ["training.learning_rate=fast", "number"]),
        (["training.gradient_checkpointing=7"], ["training.gradient_checkpointing=7", "boolean"]),
        (["method.target_modules=7"], ["method.target_modules"]),
        (["command=report"], ["command=report", "-m"]),
        (["device=cuda"], ["GPU is needed", "device=cpu"]),
    ],
    ids=lambda words: " ".join(words) if words[0].count("=") == 1 and " " not in words[0] else "",
)
def test_limits_and_types(told: Refuse, arguments: list[str], parts: list[str]) -> None:
    text = one_line(told(*arguments))
    assert [part for part in parts if part not in text] == []


def test_all_problems_are_told_together_and_early(told_early: Refuse) -> None:
    text = one_line(told_early("seed=-1", "train_size=many", "method.r=0", "training.learning_rate=-1"))
    for problem in ("seed=-1", "train_size=many", "method.r=0", "training.learning_rate=-1"):
        assert problem in text


def test_problems_of_the_cell_and_of_the_settings_are_told_together(told: Refuse) -> None:
    text = one_line(told("seed=-1", "device=tpu"))
    assert "seed=-1" in text
    assert "device=tpu" in text


@pytest.mark.parametrize("sweep", [(), ("-m", "seed=0,1")], ids=["cell", "sweep"])
def test_a_file_without_its_path(told: Refuse, sweep: tuple[str, ...]) -> None:
    assert "data.path" in told(*sweep, "data=file", "data.name=mine")


@pytest.mark.parametrize(
    ("option", "more"),
    [
        ("data.path={nowhere}", ("data=file", "data.name=mine")),
        ("data.path={nowhere}", ("data=sms_spam",)),
        ("model.path={nowhere}", ("model=bert_base",)),
        ("mirror_dir={nowhere}", ("model=bert_base",)),
    ],
    ids=["data file", "data folder", "model folder", "mirror"],
)
def test_a_folder_or_file_that_is_not_there(
    told_early: Refuse, mine: tuple[str, ...], tmp_path: Path, option: str, more: tuple[str, ...]
) -> None:
    option = option.format(nowhere=tmp_path / "nowhere")
    assert option in one_line(told_early(*mine, *more, option))


@pytest.mark.parametrize(("sweep", "option"), [((), "results"), (("-m",), "results"), (("-m",), "reports")])
def test_folders_that_cannot_be_written(
    told_early: Refuse, tmp_path: Path, mirror: Path, sweep: tuple[str, ...], option: str
) -> None:
    """Known before a training, not when its record is to be kept."""
    (tmp_path / option).write_text("a file is in the way")
    words = ("model=tfidf_sgd", "data=sms_spam", "train_size=16", f"mirror_dir={mirror}")
    assert f"{option}_dir={tmp_path / option}" in one_line(told_early(*sweep, *words))


def test_settings_of_a_sweep_have_one_value(told: Refuse, mirror: Path, tmp_path: Path) -> None:
    words = ("model=tfidf_sgd", "data=sms_spam", "train_size=16", f"mirror_dir={mirror}")
    assert "overwrite" in one_line(told("-m", *words, "overwrite=missing,always"))
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["num_labels=3"], ["num_labels=3", "topics has 2 labels"]),
        # 30, a third of them for testing, and at least 8 for validation
        (["train_size=26", "split=nested"], ["train_size=26", "'business'", "30", "at most train_size=24"]),
        (["data.text_column=body"], ["data.text_column=body", "text, label"]),
        (["data.label_column=topic"], ["data.label_column=topic", "text, label"]),
        (["data.path={folder}/no_text.csv"], ["data.text_column=text", "line 6", "data.drop_empty=true"]),
        (["data.path={folder}/no_label.csv"], ["data.label_column=label", "line 6"]),
    ],
    ids=["label count", "training size", "text column", "label column", "empty text", "empty label"],
)
def test_data_that_is_not_as_asked_for(
    told: Refuse, mine: tuple[str, ...], topics: Path, options: list[str], parts: list[str]
) -> None:
    options = [option.format(folder=topics.parent) for option in options]
    text = one_line(told(*mine, "model=tfidf_sgd", *options))
    assert [part for part in parts if part not in text] == []


def test_the_training_size_that_is_said_to_fit_does(mine: tuple[str, ...], tmp_path: Path) -> None:
    assert call(*mine, "model=tfidf_sgd", "train_size=24", f"results_dir={tmp_path}") == 0


def test_a_local_file_is_read_before_anything_heavy(told_early: Refuse, mine: tuple[str, ...], mirror: Path) -> None:
    text = told_early(*mine, "model=bert_base", f"mirror_dir={mirror}", "data.text_column=body")
    assert "data.text_column=body" in one_line(text)


def test_data_from_the_hub_without_a_network(told: Refuse) -> None:
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    text = one_line(told("model=tfidf_sgd", "data=ag_news"))
    for part in ("fancyzhx/ag_news", "HF_HUB_OFFLINE", "data.path=FOLDER", "mirror_dir=FOLDER"):
        assert part in text


def test_a_model_from_the_hub_without_a_network(told_early: Refuse, mine: tuple[str, ...]) -> None:
    """What the hub's cache holds can be seen without loading anything."""
    text = one_line(told_early(*mine, "model=bert_base"))
    for part in ("google-bert/bert-base-uncased", "HF_HUB_OFFLINE", "model.path=FOLDER", "mirror_dir=FOLDER"):
        assert part in text


def test_a_gated_model_without_a_token(told_early: Refuse, mine: tuple[str, ...]) -> None:
    # known from the model's YAML file, so the hub is not even asked
    text = one_line(told_early(*mine, "model=llama3_2_1b", env={"HF_HUB_OFFLINE": None}))
    for part in ("meta-llama/Llama-3.2-1B", "gated", "HF_TOKEN", "hf auth login"):
        assert part in text


def test_a_sweep_that_needs_a_gpu(told_early: Refuse, tmp_path: Path) -> None:
    text = one_line(told_early("-m", "+experiment=go_emotions_grid"))
    for part in ("412 cells", "GPU is needed", "make demo", "device=cpu"):
        assert part in text
    assert not (tmp_path / "results").exists()
    assert not (tmp_path / "cache").exists()


def test_a_sweep_whose_tasks_are_all_impossible(told: Refuse, tmp_path: Path) -> None:
    text = one_line(told("-m", "+experiment=demo", "num_labels=6,7"))
    assert "num_labels=6, but bbc_headlines has 5 labels" in text
    assert "num_labels=7" in text
    assert not (tmp_path / "results").exists()
