"""Each option that is set changes the cell and its training, or is refused; what does neither is on a short list."""

import dataclasses
import functools
import json
import typing
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell, identity
from bench.compose import to_cell
from bench.config import DataConfig, LoraConfig, TfidfSgdConfig, TrainingConfig, TransformerConfig
from bench.errors import UserError
from bench.methods.training import training_arguments
from bench.options.without_effect import HOW, RULES, Point, why_without_effect
from bench.running.precision import precision_of
from bench.settings import Settings
from tests.support.cli import composed
from tests.support.methods import CLASSICAL, family_of

ROWS = tuple(map(family_of, CLASSICAL))
SPLITS = ("nested", "stratified", "undersampled", "official", "fraction", "published", "natural")
FILE = ("data=file", "data.name=x")
CHOICES = {
    **{f"minilm {method}": ("model=minilm", f"method={method}")
       for method in ("lora", "qlora", "full", "last_block", "linear_probe", "setfit")},
    "minilm peft": ("model=minilm", "method=ia3"),
    "minilm peft in 4 bits": ("model=minilm", "method=vera", "method.load_in_4bit=true"),
    "smollm2 zero_shot": ("model=smollm2_135m", "method=zero_shot", "data.prompt='{text} is'"),
    "smollm2 zero_shot of several labels": ("model=smollm2_135m", "method=zero_shot", "data=go_emotions_multi_label",
                                            "num_labels=4", "split=official"),
    "hub lora": ("model=bert_base", "method=lora", "data=sms_spam"),
    "hub linear_probe": ("model=bert_base", "method=linear_probe", "data=ag_news"),
    "folder lora": ("model=minilm_hub", "model.path={model}", "method=lora", *FILE, "data.path={csv}"),
    "trec": ("model=minilm", "method=lora", "data=trec07p", "data.path={corpus}"),
    **{name: (f"model={name}", *FILE, "data.path={jsonl}") for name in ROWS},
    **{f"{name} published": (f"model={name}", "split=published", "data=go_emotions") for name in ROWS},
    "predictions": ("model=predictions", "model.name=gpt", "model.path={csv}"),
    "tuned": ("model=minilm", "method=lora", "tune.learning_rate=[1e-3,1e-4]"),
    "searched": ("model=minilm", "method=lora", "tune.search.method.r=[2,4,8]", "tune.trials=2"),
    "searched probe": ("model=minilm", "method=linear_probe", "tune.search.method.C=[0.1,10]"),
    **{f"{name} searched": (f"model={name}", "tune.search.model.ngram_max=[1,2]") for name in ROWS
       if name != "majority"},
    "no epochs": ("model=minilm", "method=lora", "training.eval_steps=100000"),
    **{f"split {name}": ("model=minilm", "method=lora", f"split={name}") for name in SPLITS},
    **{f"split {name} zero_shot": ("model=smollm2_135m", "method=zero_shot", "data.prompt='{text} is'", f"split={name}")
       for name in SPLITS},
}  # fmt: skip

PIECE = {"package": "a", "version": "1", "sha256": "0" * 64, "root": ""}
OTHER: dict[str, Any] = {
    "data.label_sets": {2: ["a", "b"]}, "data.label_words": {"a": "b"}, "data.exclude_labels": ["c"],
    "data.label_names": ["a", "b"], "data.splits": ["train"], "data.prompt": "what of {text} is",
    "data.question": "{text}: is it {label}?", "method.question": "{text}: is it {label}?",
    "method.answers": ["true", "false"],
    "method.prompt": "what of {text} is", "method.label_words": {"a": "b"}, "method.target_modules": ["query"],
    "tune.learning_rate": [1e-3, 1e-5], "tune.search": {"training.learning_rate": [1e-3, 1e-5]}, "tune.trials": 1,
    "model.gguf_parts": [PIECE],
    "training.num_train_epochs": 3, "training.min_steps": 500, "training.learning_rate": 7e-3,
    "training.optim": "sgd", "training.max_length": 100, "method.max_length": 100, "training.eval_steps": 7,
    "model.learning_rate": 0.5, "data.num_classes": 99,
    "method.options": {"target_modules": ["query"]}, "method.defaults": {"r": 3}, "method.peft_type": "HRA",
    "method.model_dropout": 0.3, "method.num_epochs": 3, "method.max_steps": 10, "model.analyzer": "char",
    "method.num_iterations": None, "training.warmup_steps": 0.3, "training.best_metric": "macro_f1",
    "training.truncation": "head_tail", "training.max_windows": 3, "method.max_windows": 3,
    "method.best_metric": "roc_auc", "model.best_metric": "roc_auc",
}  # fmt: skip
"""Values where there is none that a type could tell."""
ELSEWHERE = {
    "max_length", "truncation", "truncation_side", "early_stopping_patience", "best_metric", "evaluate_train",
    "compile", "class_weight", "thresholds", "windows", "max_windows", "default_epochs", "default_min_steps",
    "default_max_length",
}  # fmt: skip
"""Options of training that are no matter of Trainer's arguments."""
WHERE = {
    "command", "experiment", "name", "results_dir", "reports_dir", "cache_dir", "mirror_dir", "device", "overwrite",
    "save_texts", "timeout_minutes", "max_failures", "retry", "more_results", "serving", "redraw", "feature_cache_gb",
    "price_per_gpu_hour", "currency", "target_accuracy", "baseline", "metric", "at_precision", "observers", "tracker",
}  # fmt: skip
"""Settings of where and how cells are run, and of reports: each run of any cell may be told them."""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("places")
    rows = [(f"text {n}", "ab"[n % 2]) for n in range(20)]
    (root / "texts.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    (root / "texts.jsonl").write_text("\n".join(lines) + "\n")
    (root / "corpus" / "full").mkdir(parents=True)
    (root / "corpus" / "full" / "index").write_text("spam ../data/inmail.1\n")
    (root / "model").mkdir()
    (root / "model" / "config.json").write_text("{}")
    return {
        "csv": root / "texts.csv",
        "jsonl": root / "texts.jsonl",
        "corpus": root / "corpus",
        "model": root / "model",
    }


@functools.cache
def content_of(words: tuple[str, ...]) -> dict[str, Any]:
    return composed(*words)[0]


def changed(option: str, value: Any, kind: Any) -> Any:
    """A valid value other than `value`."""
    if option in OTHER:
        return OTHER[option]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value / 2 if isinstance(value, float) else value + 1
    if isinstance(value, tuple) and value:
        return list(value[:1])
    for choice in (kind, *typing.get_args(kind)):
        if typing.get_origin(choice) is typing.Literal:
            return next(other for other in typing.get_args(choice) if other not in (value, "family"))
    return "0" * 64 if option.endswith("sha256") else "other"


def options(part: Any, group: str) -> list[tuple[str, Any]]:
    """The dotted options of a group's dataclass, with their types; what is the choice of the group itself left out."""
    hints = typing.get_type_hints(type(part), include_extras=False)
    named = {"display_name"}  # what reports call it: tests/test_display_names.py
    fixed = {"model": {"family", "source", "path"}, "data": {"source", "path"}, "method": {"name"}, "split": {"name"}}
    return [
        (f"{group}.{field.name}", hints[field.name])
        for field in dataclasses.fields(part)
        if field.name not in fixed.get(group, set()) | named
    ]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_option_of_a_cell(choice: str, places: dict[str, Path]) -> None:
    content = content_of(tuple(word.format(text="{text}", **places) for word in CHOICES[choice]))
    before = to_cell(content)
    parts = {
        "data": before.task.data,
        "split": before.task.split,
        "model": before.model,
        "tune": before.tune,
        "method": before.method or LoraConfig(name="lora"),
        "training": before.training or TrainingConfig(),
    }
    silent = []
    for group, part in parts.items():
        for option, kind in options(part, group) if part is not None else [("tune.learning_rate", tuple)]:
            name = option.partition(".")[2]
            if name == "wheel":
                continue  # has options of its own, each of which counts
            value = changed(option, getattr(part, name, None), kind)
            if name == "precision":
                value = "fp32" if precision_of(before) == "bf16" else "bf16"
            if not has_effect({**content, group: {**content.get(group, {}), name: value}}, option, before):
                silent.append(f"{option}={value}")
    assert not silent, "set without an effect, and without a word"


def has_effect(content: dict[str, Any], option: str, before: Cell) -> bool:
    """Whether an option that was set is refused, on the list, or does something."""
    try:
        after = to_cell(content)
    except UserError as error:
        if "input should be" in str(error):  # this test's own value
            raise
        return True
    reason = why_without_effect(option, Point(content, after))
    if option in HOW or reason is not None:
        return True
    return identity(after) != identity(before) and is_trained_otherwise(option, after, before)


def is_trained_otherwise(option: str, after: Cell, before: Cell) -> bool:
    """Whether Trainer is told something else; True for what it is not told."""
    group, _, name = option.partition(".")
    if group != "training" or name in ELSEWHERE:
        return True
    assert after.training is not None
    assert before.training is not None
    told = [
        training_arguments(training, 128, seed=0, device="cpu", scratch="scratch").to_dict()
        for training in (after.training, before.training)
    ]
    return told[0] != told[1]


def test_every_setting_is_known() -> None:
    """A new one says where and how, or has a rule for where it has no effect."""
    assert set(Settings.__dataclass_fields__) == WHERE | ({"save_model", "engine", "fused", "shard"} & set(RULES))


def test_the_list_of_exceptions_is_short_and_real() -> None:
    known = {"num_labels", "train_size", "seed"}
    for group, kinds in (("model", (TransformerConfig, TfidfSgdConfig)), ("data", (DataConfig,))):
        known |= {f"{group}.{field.name}" for kind in kinds for field in dataclasses.fields(kind)}
    assert set(HOW) <= known
    assert len(HOW) < 20
