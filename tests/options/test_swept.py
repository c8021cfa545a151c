"""An option of a group that a sweep has several files of is looked for in those files, not in the group's default."""

from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from bench.options.swept import as_given, with_choices
from tests.support.cli import call, composed

SWEPT: dict[str, tuple[str, Any]] = {
    "method=ia3,vera method.load_in_4bit=true": ("method", {"ia3": True, "vera": True}),
    "model=tfidf_sgd,tfidf_logistic model.ngram_max=2": ("model", {"tfidf_sgd": 2, "tfidf_logistic": 2}),
    "method=linear_probe,zero_shot method.batch_size=8": ("method", {"linear_probe": 8, "zero_shot": 8}),
    "method=choice(ia3,boft) method.quant_type=fp4": ("method", {"ia3": "fp4", "boft": "fp4"}),
}


@pytest.mark.parametrize("words", SWEPT)
def test_it_holds_for_each(words: str) -> None:
    group, wanted = SWEPT[words]
    option = words.partition(f"{group}.")[2].partition("=")[0]
    parts = [content[group] for content in composed("-m", *words.split())]
    assert {str(part.get("peft_type") or part["name"]).lower(): part[option] for part in parts} == wanted


def test_lists_and_several_values() -> None:
    words = ("method=lora,qlora", "method.target_modules=[query,value]", "method.r=4,8", "method.alpha=range(1,3)")
    methods = [content["method"] for content in composed("-m", *words)]
    assert len(methods) == 8
    assert {tuple(method["target_modules"]) for method in methods} == {("query", "value")}


def test_one_that_none_of_them_has_is_refused_with_theirs(capfd: pytest.CaptureFixture[str]) -> None:
    assert call("-m", "method=ia3,vera", "method.r=4") == 2
    assert "there are in method: name, display_name, peft_type, options" in capfd.readouterr().err


def test_elsewhere_words_stay_as_they_are() -> None:
    given = ["method=ia3,vera", "method.load_in_4bit=true", "method.options.r=4", "training.learning_rate=1e-3"]
    assert with_choices(given) == given, "no sweep"
    made = with_choices(["-m", *given])
    assert made == ["-m", given[0], "method.load_in_4bit=choice(true)", "method.options.r=choice(4)", given[3]]
    assert [as_given(override) for override in OverridesParser.create().parse_overrides(made[1:])] == given
    assert with_choices(["-m", "method=ia3", "method.r=4"]) == ["-m", "method=ia3", "method.r=4"]
    several = ["-m", "data=a,b", "data.text_column='x,y'", "data.name=c,d", "data.encoding=null"]
    assert with_choices(several) == [*several[:2], "data.text_column=choice('x,y')", *several[3:]]
