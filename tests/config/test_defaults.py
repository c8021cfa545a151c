"""Defaults stand twice, in `conf/` for people and in the schema for code: they agree, or the reason is listed here."""

from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, get_args

import pytest
import yaml

from bench.config import CellConfig, DataConfig, MethodConfig, ModelConfig, SplitConfig, TrainingConfig
from bench.config.model import TransformerConfig
from bench.settings import Settings
from bench.sweep.runners import RUNNERS
from tests.support.cli import REPOSITORY

CONF = REPOSITORY / "conf"

LIMIT = "null gives way to what the model has positions for; a cell has the number, and keys are made of it"
BY_WEIGHT = "null is accuracy, and macro_f1 with training.class_weight or thresholds; keys are made of the metric"
BY_KIND = "null is none, and shared with several labels; keys are made of it"
OLDER = "records without this option were made so, and their keys stay"

ITS_OWN = {"name", "display_name"}
"""What each file says of itself."""
DIFFERENT: dict[tuple[str, str], tuple[Any, str]] = {
    ("config", "tracker"): ("none", "one name, several, or none: a schema holds them all as a list"),
    ("method/linear_probe", "max_length"): (None, LIMIT),
    ("method/setfit", "max_length"): (None, LIMIT),
    ("method/zero_shot", "max_length"): (None, LIMIT),
    ("training/default", "max_length"): (None, LIMIT),
    ("training/default", "thresholds"): (None, BY_KIND),
    ("model/tfidf_sgd", "analyzer"): ("auto", OLDER),
    **{
        (file, "best_metric"): (None, BY_WEIGHT)
        for file in ("training/default", "method/linear_probe", "model/tfidf_logistic")
    },
    **{
        (f"split/{name}", option): (value, OLDER)
        for name in ("nested", "stratified", "undersampled", "fraction")
        for option, value in (("same_text", "normalized"), ("conflicts", "drop"))
    },
}
"""By file and option: what `conf/` says, and why the schema does not."""

FILLED_IN = {"content", "test_revision", "defaults", "sha256", "max_length_asked", "precision_asked"}
"""Options that the program fills in; no file has them."""

LEFT_OUT = {
    ("method/lora", "quant_type"),
    ("method/lora", "double_quant"),
    *(
        (f"method/{name}", option)
        for name in ("linear_probe", "setfit")
        for option in ("class_weight", "truncation", "thresholds")
    ),
    *(("method/linear_probe", option) for option in ("windows", "max_windows")),
    ("method/zero_shot", "truncation"),
    ("method/zero_shot", "thresholds"),
    ("model/majority", "thresholds"),
    *(
        (f"model/tfidf_{name}", option)
        for name in ("sgd", "logistic", "linear_svm", "naive_bayes")
        for option in ("class_weight", "thresholds")
    ),
}
"""Options that are without effect in this file's method, or that an option of `training` fills in."""


@dataclass(frozen=True)
class Written:
    """The options of one file of `conf/` (or of one group in config.yaml), and the class that checks them."""

    file: str
    options: dict[str, Any]
    schema: type


def _members(union: Any) -> tuple[type, ...]:
    return get_args(get_args(union)[0])


def _schema(group: str, name: str) -> type | None:
    """The class of a method, split or model of this name; None for a transformer, whose base file is checked."""
    union, key = {
        "method": (MethodConfig, "name"),
        "split": (SplitConfig, "name"),
        "model": (ModelConfig, "family"),
    }[group]
    for schema in _members(union):
        if schema is not TransformerConfig and name in get_args(_types(schema)[key]):
            return schema
    return None


def _types(schema: type) -> dict[str, Any]:
    return {field.name: field.type for field in fields(schema)}


def _is_group(field: Field[Any]) -> bool:
    """Whether an option is a group of options: `retry.crashed`."""
    return is_dataclass(field.default_factory)


def _in_config(schema: type, options: dict[str, Any]) -> list[Written]:
    """The options of config.yaml that `schema` checks, and each of its groups."""
    groups = {field.name: field.default_factory for field in fields(schema) if _is_group(field)}
    found = [Written(f"config {name}", options[name], group) for name, group in groups.items()]
    if schema is Settings:
        flat = {name: value for name, value in options.items() if name in _types(schema) and name not in groups}
        found.append(Written("config", flat, schema))
    return found


def _files() -> list[Written]:
    found = [
        Written("data/base/options", _read("data/base/options"), DataConfig),
        Written("model/base/transformer", _read("model/base/transformer"), TransformerConfig),
        Written("training/default", _read("training/default"), TrainingConfig),
    ]
    for group in ("method", "split", "model"):
        for path in sorted((CONF / group).glob("*.yaml")):
            options = _read(f"{group}/{path.stem}")
            schema = _schema(group, path.stem)
            if schema is not None:  # else a variant: it says what is other than in the file that it starts from
                found.append(Written(f"{group}/{path.stem}", options.get(group, options), schema))
    for name, runner in RUNNERS.items():
        options = _read(f"hydra/launcher/{name}")
        found.append(Written(f"hydra/launcher/{name}", _without(options, "_target_", "runner"), runner.schema))
    options = _read("config")
    return [*found, *_in_config(Settings, options), *_in_config(CellConfig, options)]


def _without(options: dict[str, Any], *names: str) -> dict[str, Any]:
    """The options, but for those that say what the file is of."""
    return {name: value for name, value in options.items() if name not in names}


def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))


FILES = _files()


def _plain(value: Any) -> Any:
    """As YAML would give it: lists for tuples."""
    return list(value) if isinstance(value, tuple) else value


def _defaults(schema: type) -> dict[str, Any]:
    return {
        field.name: _plain(field.default if field.default is not MISSING else field.default_factory())
        for field in fields(schema)
        if not (field.default is MISSING and field.default_factory is MISSING) and not _is_group(field)
    }


def test_every_kind_has_its_file() -> None:
    """So that no class is left unchecked."""
    kinds = {kind for union in (MethodConfig, SplitConfig, ModelConfig) for kind in _members(union)}
    assert kinds | {DataConfig, TrainingConfig, Settings} <= {written.schema for written in FILES}
    assert {runner.schema for runner in RUNNERS.values()} <= {written.schema for written in FILES}


@pytest.mark.parametrize("written", FILES, ids=lambda written: written.file)
def test_the_file_has_every_option_and_no_other(written: Written) -> None:
    left_out = {option for file, option in LEFT_OUT if file == written.file} | FILLED_IN
    groups = {field.name for field in fields(written.schema) if _is_group(field)}
    assert set(written.options) <= set(_types(written.schema)) - groups
    assert set(written.options) >= set(_defaults(written.schema)) - left_out


@pytest.mark.parametrize("written", FILES, ids=lambda written: written.file)
def test_defaults_that_stand_twice_agree(written: Written) -> None:
    in_file, in_schema = {}, {}
    for option, default in _defaults(written.schema).items():
        if option in written.options and (written.file, option) not in DIFFERENT and option not in ITS_OWN:
            in_file[option], in_schema[option] = written.options[option], default
    assert in_file == in_schema, "change one, or give the reason in DIFFERENT"


def test_the_list_of_differences_is_up_to_date() -> None:
    by_name = {written.file: written for written in FILES}
    for (file, option), (value, reason) in DIFFERENT.items():
        assert reason
        assert by_name[file].options[option] == value
        assert _defaults(by_name[file].schema)[option] != value, f"{file}: {option} agrees: take it off the list"
