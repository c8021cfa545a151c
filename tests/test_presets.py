"""The studies' presets hold what the studies say, and their small forms run on small models out of wheels."""

from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.compose import to_cell, to_settings
from bench.config import LoraConfig, TfidfSgdConfig, TransformerConfig
from bench.data.split import draw
from tests.data.splits.pools import make_pool
from tests.data.splits.test_published import LABEL_SETS, PUBLISHED
from tests.support.cli import REPOSITORY, composed

EXPERIMENTS = REPOSITORY / "conf" / "experiment"
SMALL = sorted(path.stem for path in (EXPERIMENTS / "smoke").glob("*.yaml"))


def cells(experiment: str, *overrides: str) -> list[Cell]:
    """The cells of a sweep, each once."""
    found = (to_cell(content) for content in composed("-m", f"+experiment={experiment}", *overrides))
    return list({cell.key: cell for cell in found}.values())


def options(holder: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Those of the options that `names` speaks of."""
    return {name: getattr(holder, name) for name in names}


PUBLISHED_TRAINING = {
    "num_train_epochs": 5, "min_steps": 0, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 1,
    "learning_rate": 1e-4, "lr_scheduler_type": "cosine", "warmup_steps": 100, "weight_decay": 0.01,
    "optim": "adamw_bnb_8bit", "max_length": 512, "truncation_side": "left", "eval_steps": 50,
    "early_stopping_patience": 10, "best_metric": "accuracy", "precision": "bf16",
}  # fmt: skip


class TestPublishedSplit:
    def test_the_main_experiment_becomes_the_study(self) -> None:
        found = cells("go_emotions_grid", "split=published", "method=qlora", "seed=0")
        targets = {}
        for cell in found:
            assert cell.task.split.name == "published"
            assert cell.task.data.exclude_labels == ()
            if isinstance(cell.model, TransformerConfig):
                assert isinstance(cell.method, LoraConfig)
                assert cell.method.name == "qlora"
                assert options(cell.method, {"r", "alpha", "dropout"}) == {"r": 4, "alpha": 32, "dropout": 0.05}
                assert options(cell.training, PUBLISHED_TRAINING) == PUBLISHED_TRAINING
                targets[cell.model.family] = cell.method.target_modules
        assert targets == {
            "llama": ("q_proj", "v_proj"),
            "qwen2": ("q_proj", "k_proj", "v_proj"),
            "gpt2": ("c_attn",),
            "gemma3": ("q_proj", "k_proj", "v_proj"),
            "bert": ("query", "value"),
        }
        points = {(cell.task.num_labels, cell.task.train_size) for cell in found}
        assert points == {(labels, size) for labels in (2, 4, 8, 16) for size in (800, 1600, 2400)}

    def test_our_own_split_has_the_published_label_sets(self) -> None:
        found = cells("go_emotions_grid", "model=tfidf_sgd", "seed=0")
        assert {cell.task.split.name for cell in found} == {"nested"}
        sets = {cell.task.num_labels: set(cell.task.labels or ()) for cell in found}
        assert sets == LABEL_SETS

    def test_our_own_split_has_room_for_all_published_sizes(self) -> None:
        # the published counts, less what is dropped as repeated
        pool = make_pool({label: round(0.997 * count) for label, count in PUBLISHED.items()})
        tasks = {cell.task for cell in cells("go_emotions_grid", "model=tfidf_sgd", "seed=0")}
        assert len(tasks) == 12
        for task in tasks:
            splits = draw(task, pool)
            assert len(splits.train) == task.train_size // task.num_labels * task.num_labels
            assert len(splits.test) == 800

    def test_rows_that_the_study_has_not_stay_as_they_are(self) -> None:
        ours = cells("go_emotions_grid", "method=linear_probe", "seed=0")
        published = cells("go_emotions_grid", "method=linear_probe", "seed=0", "split=published")
        assert [cell.method for cell in published] == [cell.method for cell in ours]
        assert {cell.row for cell in published} > {"bert_base-linear_probe", "tfidf_sgd"}

    def test_the_command_line_has_the_last_word(self) -> None:
        (content,) = composed(
            "split=published", "data=go_emotions", "method=lora", "method.r=16", "training.learning_rate=1e-3",
            "data.exclude_labels=[neutral]",
        )  # fmt: skip
        cell = to_cell(content)
        assert isinstance(cell.method, LoraConfig)
        assert (cell.method.r, cell.method.alpha) == (16, 32)
        assert cell.training is not None
        assert (cell.training.learning_rate, cell.training.warmup_steps) == (1e-3, 100)
        assert cell.task.data.exclude_labels == ("neutral",)

    def test_only_the_published_split_says_how_to_train(self) -> None:
        for split in ("nested", "stratified", "undersampled", "official", "fraction"):
            (content,) = composed(f"split={split}")
            (default,) = composed()
            assert (content["training"], content["method"]) == (default["training"], default["method"])


FULL = {
    "learning_rate": 1e-5, "num_train_epochs": 4, "per_device_train_batch_size": 1, "weight_decay": 0.01,
    "lr_scheduler_type": "linear", "max_length": 2048, "precision": "bf16",
}  # fmt: skip
LAST_BLOCK = {
    "learning_rate": 5e-5, "weight_decay": 0.1, "per_device_train_batch_size": 8, "num_train_epochs": 5,
    "eval_steps": 50, "evaluate_train": True,
}  # fmt: skip
NEWS = {
    "num_train_epochs": 1, "per_device_train_batch_size": 16, "gradient_accumulation_steps": 2,
    "learning_rate": 5e-5, "max_length": 128, "eval_steps": 500, "precision": "bf16",
}  # fmt: skip
STANCE = {
    "num_train_epochs": 3, "per_device_train_batch_size": 8, "learning_rate": 2e-4, "eval_steps": 20,
    "early_stopping_patience": 2, "max_length": 512, "evaluate_train": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("experiment", "row", "training", "method"),
    [
        ("spam_scaling", "llama3_2_1b-full", FULL, {}),
        ("gpt2_spam_last_block", "gpt2-last_block", LAST_BLOCK, {"model_dropout": 0.0}),
        ("ag_news_llama", "llama3_2_1b_instruct-lora", NEWS,
         {"r": 16, "alpha": 32, "dropout": 0.1, "target_modules": "all-linear"}),
        ("stance_distilbert", "distilbert-lora", STANCE,
         {"r": 8, "alpha": 16, "dropout": 0.1, "target_modules": ("q_lin", "v_lin")}),
    ],
)  # fmt: skip
def test_hyperparameters_of_the_studies(experiment: str, row: str, training: dict, method: dict) -> None:
    of_row = [cell for cell in cells(experiment) if cell.row == row]
    assert of_row
    for cell in of_row:
        assert options(cell.training, training) == training
        assert options(cell.method, method) == method


def test_tasks_of_the_studies() -> None:
    spam = {(cell.task.train_size, cell.task.seed) for cell in cells("spam_scaling")}
    sizes = (4, 8, 16, 32, 64, 128, 256, 384, 512, 768, 1024)
    assert spam == {(size, seed) for size in sizes for seed in (0, 1, 2)}
    tasks = {
        name: cells(name, "model=tfidf_sgd")[0].task
        for name in ("spam_scaling", "gpt2_spam_last_block", "ag_news_llama", "stance_distilbert")
    }
    described = {
        name: (task.data.name, task.num_labels, task.train_size, task.split.name) for name, task in tasks.items()
    }
    assert described == {
        "spam_scaling": ("sms_spam", 2, 4, "stratified"),
        "gpt2_spam_last_block": ("sms_spam", 2, 1045, "undersampled"),
        "ag_news_llama": ("ag_news", 4, 119_500, "official"),
        "stance_distilbert": ("stance", 3, 36, "fraction"),
    }
    assert to_settings(composed("-m", "+experiment=stance_distilbert")[0]).save_model


@pytest.mark.parametrize("name", [path.stem for path in EXPERIMENTS.glob("*.yaml")] + [f"smoke/{n}" for n in SMALL])
def test_baselines_beside_published_numbers_take_the_words_of_scikit_learn(name: str) -> None:
    (analyzer,) = {cell.model.analyzer for cell in cells(name) if isinstance(cell.model, TfidfSgdConfig)}
    assert analyzer == ("auto" if name == "demo" else "word")


@pytest.mark.parametrize("name", ["spam_scaling", "stance_distilbert", "ag_news_llama"])
def test_another_model_takes_a_baselines_place(name: str) -> None:
    assert {cell.model.name for cell in cells(name, "model=minilm", "method=lora")} == {"minilm"}


def test_the_spam_corpus_is_one_override_away(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "index").write_text("spam ../data/inmail.1\n")
    found = cells("spam_scaling", "data=trec07p", f"data.path={tmp_path}")
    assert len(found) == 99
    assert {cell.task.data.name for cell in found} == {"trec07p"}


def test_every_preset_has_its_small_form() -> None:
    presets = {path.stem for path in EXPERIMENTS.glob("*.yaml")} - {"demo"}
    assert set(SMALL) == presets


@pytest.mark.parametrize("name", SMALL)
def test_small_forms_need_no_hub_for_models_and_no_gpu(name: str) -> None:
    contents = composed("-m", f"+experiment=smoke/{name}")
    found = {to_cell(content).key: to_cell(content) for content in contents}
    assert len(found) <= 20
    for cell in found.values():
        assert not isinstance(cell.model, TransformerConfig) or cell.model.source == "wheel"
    settings = to_settings(contents[0])
    assert settings.experiment == f"smoke/{name}"
    assert settings.device == "auto"
    # the methods of the preset, on other models; its probes and zero-shot rows too
    rows = {cell.method.name if cell.method else None for cell in found.values()}
    assert rows == {cell.method.name if cell.method else None for cell in cells(name)}
