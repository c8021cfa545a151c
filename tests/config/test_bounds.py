"""Every number of the schema has bounds, and what is beyond them is refused in one line when it is composed."""

import copy
import math
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from types import NoneType
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

import annotated_types as limits
import pytest
from pydantic.fields import FieldInfo

from bench.compose import check
from bench.config import CellConfig
from bench.errors import UserError
from bench.settings import Settings
from bench.sweep.runners import RUNNERS, runner_of
from tests.support import texts
from tests.support.cli import call, composed
from tests.support.methods import CLASSICAL, family_of

UNBOUNDED = {
    "hydra.launcher.options": "given to sbatch as they are; finite (below)",
    "hydra.launcher.devices": "a number of a GPU or a UUID (below)",
    **dict.fromkeys(("tune.search.low", "tune.search.high"), "as the option has (tests/options/test_search.py)"),
}
"""Numbers among other things, which are checked by functions of their own."""

CHOICES = {
    "model": {"TransformerConfig": "minilm", **{model.__name__: family_of(model) for model in CLASSICAL}},
    "method": {
        "LoraConfig": "lora", "FullConfig": "full", "LastBlockConfig": "last_block", "ZeroShotConfig": "zero_shot",
        "LinearProbeConfig": "linear_probe", "SetfitConfig": "setfit",
    },
    "split": {
        "NestedSplitConfig": "nested", "StratifiedSplitConfig": "stratified", "UndersampledSplitConfig": "undersampled",
        "NaturalSplitConfig": "natural",
        "OfficialSplitConfig": "official", "FractionSplitConfig": "fraction", "PublishedSplitConfig": "published",
    },
}  # fmt: skip
"""The file in `conf/` of each kind that a group may be."""


def parts(kind: Any) -> Iterator[Any]:
    """A type and all that it is made of, `Annotated` as they are."""
    yield kind
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    for part in get_args(kind):
        if part not in (NoneType, ...):
            yield from parts(part)


def numbers(kind: Any) -> list[Any]:
    """The kinds of numbers in a field's type."""
    found = list(parts(kind))
    inner = [get_args(part)[0] for part in found if get_origin(part) is Annotated]
    bare = [part for part in found if part in (int, float) and part not in inner]
    return [part for part in found if get_origin(part) is Annotated and get_args(part)[0] in (int, float)] + bare


def fields(config: type, prefix: str = "", group: str = "", choice: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every field below a dataclass of the schema: its dotted name, its type, and the override that brings it in."""
    for name, kind in get_type_hints(config, include_extras=True).items():
        if name.startswith("__") or get_origin(kind) is ClassVar:
            continue
        nested = dict.fromkeys(part for part in parts(kind) if isinstance(part, type) and is_dataclass(part))
        for below in nested:
            word = f"{name}={CHOICES[name].get(below.__name__, '')}" if name in CHOICES else choice
            if not word.endswith("="):
                yield from fields(below, f"{prefix}{name}.", group, word)
        if not nested:
            yield f"{prefix}{name}", kind, choice


def bounds(kind: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for extra in get_args(kind)[1:]:
        for limit in extra.metadata if isinstance(extra, FieldInfo) else [extra]:
            for name in ("gt", "ge", "lt", "le"):
                if isinstance(limit, getattr(limits, name.capitalize())):
                    found[name] = getattr(limit, name)
    return found


NUMERIC = {
    (name, choice): kind
    for config in (CellConfig, Settings)
    for name, whole, choice in fields(config)
    if name not in UNBOUNDED
    for kind in numbers(whole)
} | {
    (name, word): kind
    for runner in RUNNERS.values()
    for name, whole, word in fields(runner.schema, "hydra.launcher.", choice=f"hydra/launcher={runner.name}")
    if name not in UNBOUNDED
    for kind in numbers(whole)
}


@cache
def base(choice: str) -> dict[str, Any]:
    (content,) = composed(choice or "model=minilm")
    return content


def refusal(name: str, value: Any, choice: str) -> str:
    if name.startswith("hydra.launcher."):
        with pytest.raises(UserError) as caught:
            runner_of(choice.partition("=")[2], {name.removeprefix("hydra.launcher."): value})
        return str(caught.value)
    content = copy.deepcopy(base(choice))
    if "label_sets" in name:
        value = {value: ["a", "b"]}
    target = content
    *path, last = name.split(".")
    for part in path:
        target = target[part]
    target[last] = [value] if isinstance(target.get(last), list) else value
    with pytest.raises(UserError) as caught:
        check(content)
    return str(caught.value)


def test_the_walk_finds_them() -> None:
    """Whatever is added to the schema is walked over too."""
    names = {name for name, _ in NUMERIC}
    assert len(names) > 65
    assert {
        "seed", "train_size", "num_labels", "tune.learning_rate", "method.C", "split.test_size", 
        "hydra.launcher.poll_seconds", "hydra.launcher.workers", "retry.crashed", "fused.max_cells", "target_accuracy",
        "data.label_sets", "model.alpha",
    } <= names  # fmt: skip


@pytest.mark.parametrize(("name", "choice"), NUMERIC, ids=lambda value: value)
def test_a_number_has_bounds(name: str, choice: str) -> None:
    kind = NUMERIC[name, choice]
    found = bounds(kind)
    assert set(found) & {"gt", "ge"}, "no least value"
    assert set(found) & {"lt", "le"}, "no greatest value"
    low, high = found.get("gt", found.get("ge")), found.get("lt", found.get("le"))
    step = 1 if get_args(kind)[0] is int else 1e-9
    wrong = [low if "gt" in found else low - step, -1, -math.inf, 10**400, math.inf, math.nan, 16**5000, True]
    wrong += [high if "lt" in found else high + 1 if step == 1 else high * 1.01]
    for value in wrong:
        text = refusal(name, value, choice)
        assert text.startswith(f"{name}"), text
        assert "\n" not in text
        assert "; " not in text, "it is said once"
        assert len(text) < 500


@pytest.mark.parametrize("value", [-1, 1.5, True, 2**63, [0, -1], [None]])
def test_gpus_are_numbers_or_uuids(value: Any) -> None:
    text = refusal("hydra.launcher.devices", value, "hydra/launcher=pool")
    assert text.startswith("hydra.launcher.devices=")
    assert "its number (0 to 1000) or its UUID" in text
    assert "; " not in text


@pytest.mark.parametrize("value", [math.nan, math.inf, [1], None])
def test_options_of_sbatch_are_plain(value: Any) -> None:
    text = refusal("hydra.launcher.options", {"nice": value}, "hydra/launcher=slurm")
    assert text.startswith("hydra.launcher.options.nice=")
    assert "; " not in text


@pytest.mark.parametrize(
    "words",
    [
        ("seed=4294967296",), ("-m", "seed=0,4294967296"), ("-m", "seed=0,1", "timeout_minutes=inf"),
        ("training.learning_rate=1e400",), ("-m", "training.learning_rate=1e-4,nan"), 
        ("model=tfidf_sgd", "model.alpha=inf"), ("-m", "hydra.launcher.workers=100000"),
        ("method=linear_probe", "method.C=[]"),
    ],
)  # fmt: skip
def test_the_command_refuses_before_it_does_anything(
    words: tuple[str, ...], tmp_path: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    code = call(*words, f"results_dir={tmp_path}/results", f"reports_dir={tmp_path}/reports", f"cache_dir={tmp_path}/c")
    out, err = capfd.readouterr()
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    option = words[-1].partition("=")[0]
    assert err.startswith(f"error: {option}"), err
    assert list(tmp_path.iterdir()) == []


def test_the_greatest_seed_trains(tmp_path: Any) -> None:
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    task = ("data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "train_size=16")
    assert call("model=tfidf_sgd", *task, "seed=4294967295", *folders) == 0
