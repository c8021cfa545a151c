"""What may be searched is checked before anything runs: by the names of options, and as these take values."""

from typing import Any

import pytest

from bench.cell import Cell, identity
from bench.compose import check, to_cell
from bench.config import METHODS, TrainingConfig
from bench.config.model import ALONE
from bench.config.tune import Range
from bench.errors import UserError
from bench.options.search import searchable
from bench.running import preflight
from tests.support.cli import call, composed

RATES = "training.learning_rate"


def cell_of(*words: str) -> Cell:
    (content,) = composed(*words)
    return to_cell(content)


def refusal(*words: str) -> str:
    (content,) = composed(*words)
    with pytest.raises(UserError) as caught:
        check(content)
    return str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ("tune.search={training.learning_rate:{low:1e-5,high:1e-3},method.r:[4,8]}",),
        ("tune.search.training.learning_rate={low:1e-5,high:1e-3}", "tune.search.method.r=[4,8]"),
        ("tune.search={training:{learning_rate:{low:1e-5,high:1e-3}},method:{r:[4,8]}}",),
    ],
)
def test_options_are_named_in_full_or_by_group(words: tuple[str, ...]) -> None:
    cell = cell_of("model=minilm", *words)
    assert cell.tune is not None
    assert cell.tune.search == {"method.r": (4, 8), RATES: Range(low=1e-5, high=1e-3, log=True)}
    assert cell.tune.trials == 20
    assert cell.training is not None
    assert cell.training.learning_rate is None


def test_what_stands_for_an_option_that_is_searched_is_no_other_cell() -> None:
    search = ("model=minilm", "tune.search.method.r=[4,16]", "tune.search.training.num_train_epochs={low:1,high:9}")
    cell = cell_of(*search)
    assert cell == cell_of(*search, "method.r=8", "training.num_train_epochs=3"), "plans count with the greatest"
    assert cell.training is not None
    assert (cell.method.r, cell.training.num_train_epochs, cell.training.min_steps) == (16, 9, 0)  # type: ignore[union-attr]


def test_each_row_has_its_own_part() -> None:
    search = "tune.search={training.learning_rate:{low:1e-5,high:1e-3},model.alpha:{low:1e-6,high:1e-3},method.C:[1,2]}"
    found = {
        words: cell.tune and {**cell.tune.search}
        for words in ("method=lora", "method=linear_probe", "model=tfidf_sgd", "model=majority", "method=zero_shot")
        for cell in [cell_of(words, *(["model=smollm2_135m"] if "zero" in words else []), search)]
    }
    assert found == {
        "method=lora": {RATES: Range(low=1e-5, high=1e-3, log=True)},
        "method=linear_probe": {"method.C": (1.0, 2.0)},
        "model=tfidf_sgd": {"model.alpha": Range(low=1e-6, high=1e-3, log=True)},
        "model=majority": None,
        "method=zero_shot": None,
    }


def test_keys_are_as_they_were() -> None:
    """Of cells that search nothing, and of grids of rates."""
    assert "tune" not in identity(cell_of("model=minilm"))
    assert identity(cell_of("model=minilm", "tune.learning_rate=[1e-3,1e-4]"))["tune"] == {
        "learning_rate": [1e-3, 1e-4]
    }
    searched = identity(cell_of("model=minilm", "tune.search.method.r=[4,8]", "tune.trials=9"))["tune"]
    assert searched == {"learning_rate": [], "search": {"method.r": [4, 8]}, "trials": 2}
    assert cell_of("tune.search.method.r=[4,8]", "tune.trials=0") == cell_of()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tune.search.data.split=[a,b]", "tune.search.data.split: no such option can be searched; there are "),
        ("tune.search.method.rr=[1,2]", "no such option can be searched; did you mean method.r; there are "),
        (
            "tune.search.training.precision=[bf16,fp32]",
            "tune.search.training.precision: no such option can be searched",
        ),
        ("tune.search.method.r=5", "method.r is searched in a range, {low: ..., high: ...}, or a list of values"),
        ("tune.search.method.r=[4]", "the list of method.r needs two values or more, each once"),
        ("tune.search.method.r=[4,4]", "the list of method.r needs two values or more, each once"),
        ("tune.search.method.r=[4,null]", "the list of method.r may hold numbers of no more than 1e+38, words, true"),
        ("tune.search.method.r=[4,0]", "tune.search.method.r: 0: input should be greater than 0"),
        ("tune.search.method.r={low:4,high:8.5}", "tune.search.method.r: 8.5: input should be a valid integer"),
        ("tune.search.method.r={low:8,high:4}", "the range of method.r has to go up: 8 is not below 4"),
        ("tune.search.method.r={low:4}", "a range has low and high, and may have log; that of method.r has low"),
        ("tune.search.method.r={low:4,high:8,step:2}", "may have log; that of method.r has low, high, step"),
        ("tune.search.method.r={low:4,high:inf}", "the ends of the range of method.r have to be numbers"),
        ("tune.search.method.r={low:a,high:b}", "the ends of the range of method.r have to be numbers"),
        ("tune.search.method.r={low:1,high:9,log:2}", "log of method.r is true or false, not 2"),
        ("tune.search.method.dropout={low:0,high:0.5,log:true}", "is searched by logarithms begins above 0, not at 0"),
        ("tune.search.method.dropout={low:0.1,high:1}", "tune.search.method.dropout: 1: input should be less than 1"),
        (
            "tune.search.method.use_dora={low:0,high:1}",
            "tune.search.method.use_dora: it is no number, and has no range",
        ),
        (
            "tune.search.training.lr_scheduler_type=[cosine,x]",
            "tune.search.training.lr_scheduler_type: x: input should",
        ),
        ("tune.search=[1]", "ranges and lists by options are needed"),
    ],
)
def test_what_cannot_be_searched_is_refused(word: str, said: str) -> None:
    if word == "tune.search=[1]":
        (content,) = composed()
        content["tune"]["search"] = [1]
        with pytest.raises(UserError) as caught:
            check(content)
        text = str(caught.value)
    else:
        text = refusal(word)
    assert said in text
    assert "\n" not in text
    assert text.startswith("tune.search")


@pytest.mark.parametrize("odd", [10**400, 16**5000, float("nan"), True, None, {}, "x"], ids=type)
def test_odd_values_are_refused_in_words(odd: Any) -> None:
    (content,) = composed()
    for entry in ([odd, 3], {"low": 1, "high": odd}, odd):
        if entry == {}:
            continue  # searches nothing
        with pytest.raises(UserError, match=r"tune\.search"):
            check(content | {"tune": {"search": {"method.r": entry}}})


def test_a_grid_and_a_search_are_not_both() -> None:
    assert "give one of the two" in refusal("tune.learning_rate=[1e-3]", "tune.search.method.r=[1,2]")
    said = refusal("training.learning_rate=1e-3", "tune.search.training.learning_rate={low:1e-4,high:1e-2}")
    assert "training.learning_rate=0.001 has no effect where tune.search looks for it" in said


@pytest.mark.parametrize("kind", [TrainingConfig, *METHODS, *ALONE], ids=lambda kind: kind.__name__)
def test_what_can_be_searched_are_options(kind: type) -> None:
    assert set(searchable(kind)) <= set(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def test_without_optuna_the_command_says_what_installs_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preflight, "is_here", lambda package: package != "optuna")
    folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    assert call("model=tfidf_sgd", "tune.search.model.ngram_max=[1,2]", *folders) == 2
    assert capfd.readouterr().err == (
        "error: tune.search needs a package that is not installed: pip install 'finetune-bench[tune]'\n"
    )
