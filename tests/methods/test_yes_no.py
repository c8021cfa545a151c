"""Zero-shot with several labels: the odds of yes for each label are those of its whole question alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit, logit

from bench.compose import to_cell
from bench.config import DataConfig, TransformerConfig, ZeroShotConfig
from bench.config.method.zero_shot import QUESTION
from bench.data.split import Splits, draw
from bench.errors import UserError
from bench.methods import yes_no, zero_shot
from bench.methods.fitted import Context, Summary
from bench.models import load
from bench.models.families import FAMILIES
from bench.models.kept import KeptModel
from bench.models.prompts import CONTENT_FREE
from bench.sweep.cost import JUDGED, recorded_cost, relative_cost
from bench.sweep.duration import Durations
from bench.sweep.workforce import Workforce
from tests.methods.test_zero_shot import examples
from tests.support.cli import composed
from tests.support.scratch import CACHE
from tests.support.several import pool_of
from tests.test_multi_label import file, words  # noqa: F401 - a fixture

CAUSAL = [name for name, family in FAMILIES.items() if family.causal]
ASKED = "Text: {text}\nIs it about {label}, or not?\nAnswer:"
WORDS = ("goal match", "bank", "market profit shares")
TEXTS = ("ball", "bank market profit shares trade growth", "team win ball player", "price firm trade market growth")
ANSWERS = ("team", "firm")
"""Words that the tiny tokenizers know."""


def make(family: str, folder: Path, **options: Any) -> zero_shot.ZeroShot:
    method = ZeroShotConfig(
        **{"name": "zero_shot", "question": ASKED, "answers": ANSWERS, "precision": "fp32"} | options
    )
    config = TransformerConfig(name="tiny", family=family, source="hub", id="tiny/tiny", path=str(folder))
    tokenizer = load.load_tokenizer(config, str(folder))
    model = load.load_causal(config, str(folder), precision="fp32", device="cpu")
    kept = KeptModel(
        labels=WORDS, model=config, method=method, batch_size=64, kind="multi_label", label_thresholds=(0.5,) * 3
    )
    labels, answers = zero_shot.continuations(tokenizer, method, WORDS), yes_no.answer_tokens(tokenizer, method)
    return zero_shot.ZeroShot(Summary(), kept, model, tokenizer, method, labels, answers)


def naive(asked: zero_shot.ZeroShot, text: str, label: str) -> float:
    """Log-odds of yes after the whole question, as one sequence without padding or a cache."""
    tokens = asked.tokenizer(ASKED.format(text=text, label=label))["input_ids"]
    yes, no = (asked.tokenizer(f" {word}", add_special_tokens=False)["input_ids"][0] for word in ANSWERS)
    with torch.inference_mode():
        logits = asked.model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, -1].double()
    return float(logits[yes] - logits[no])


@pytest.mark.parametrize("at_once", [1, 4, 64])
@pytest.mark.parametrize("family", CAUSAL)
def test_odds_are_those_of_each_question_alone(family: str, at_once: int, tiny_models: dict[str, Path]) -> None:
    asked = make(family, tiny_models[family], batch_size=at_once)
    assert len(set(map(len, asked.labels))) > 1, "questions of unlike length"
    expected = [[naive(asked, text, label) for label in WORDS] for text in TEXTS]
    assert np.ptp(expected, axis=0).min() > 1e-3, "texts make a difference"
    assert np.ptp(expected, axis=1).min() > 1e-3, "labels make a difference"
    np.testing.assert_allclose(asked.score(TEXTS), expected, atol=1e-4)
    np.testing.assert_allclose(asked.predict(examples(*TEXTS)), expit(asked.score(TEXTS)))


def test_each_text_is_computed_once(tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked, seen = make("llama", tiny_models["llama"]), []
    run = yes_no.run_prompts
    monkeypatch.setattr(yes_no, "run_prompts", lambda model, prompts: seen.extend(prompts) or run(model, prompts))
    asked.score(TEXTS)
    assert len(seen) == len(TEXTS)


def test_calibration_divides_out_what_is_answered_without_content(tiny_models: dict[str, Path]) -> None:
    asked = make("llama", tiny_models["llama"])
    plain, empty = asked.score(TEXTS), asked.predict(examples(*CONTENT_FREE))
    asked.content_free = zero_shot.content_free_log_probabilities(asked)
    np.testing.assert_allclose(asked.content_free, logit(empty.mean(axis=0)))
    np.testing.assert_allclose(asked.predict(examples(*TEXTS)), expit(plain - asked.content_free))


def test_answers_are_told_apart(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(UserError, match=r"method\.answers=\['team', 'team win'\]"):
        make("llama", tiny_models["llama"], answers=("team", "team win"))


def cell_of(file: Path, *more: str) -> Any:  # noqa: F811 - the fixture's path
    given = words(file, "model=llama3_2_1b", "method=zero_shot", *more)
    return to_cell(composed(*given)[0])


def test_a_cell_has_no_training_examples_and_all_for_validation(file: Path) -> None:  # noqa: F811
    cell = cell_of(file)
    assert (cell.method.question, cell.method.prompt, cell.method.thresholds) == (QUESTION, None, "shared")
    assert (cell.task.test_only, cell.task.validates, cell.task.train_size) == (True, True, 0)
    assert cell.key == cell_of(file, "train_size=60", "seed=3").key
    own = replace(cell.task, data=DataConfig(name="tickets", source="file", multi_label="keep"))
    splits, few = draw(own, pool_of()), draw(replace(own, test_only=False, validates=False, train_size=20), pool_of())
    assert len(splits.train) == 0
    assert len(few.validation) < len(splits.validation)
    assert splits.test == few.test
    assert set(few.validation.ids) <= set(splits.validation.ids)


def test_without_thresholds_there_is_nothing_to_validate(file: Path) -> None:  # noqa: F811
    cell = cell_of(file, "training.thresholds=none")
    assert (cell.task.test_only, cell.task.validates) == (True, False)
    own = replace(cell.task, data=DataConfig(name="tickets", source="file", multi_label="keep"))
    assert len(draw(own, pool_of()).validation) == 0


@pytest.mark.parametrize("question", ["no text {label}", "{label} and {text}", "{text} {label} {label}"])
def test_a_question_names_the_text_and_then_the_label(question: str, file: Path) -> None:  # noqa: F811
    with pytest.raises(UserError, match=r"method\.question .* needs \{text\} once and after it \{label\} once"):
        cell_of(file, f"method.question='{question}'")


def test_the_data_say_what_is_asked(file: Path) -> None:  # noqa: F811
    assert cell_of(file, "data.question='{text}: {label}?'").method.question == "{text}: {label}?"


def test_more_labels_are_more_work(file: Path) -> None:  # noqa: F811
    three, two = cell_of(file), cell_of(file, "num_labels=2")
    assert relative_cost(three) > relative_cost(two) > JUDGED
    from bench.cell import identity

    assert recorded_cost(identity(three)) == relative_cost(three)
    durations = Durations([], Workforce("cpu", (), 1, 1))
    assert durations.of(three).seconds > durations.of(two).seconds


def test_no_example_is_learnt_from(tiny_models: dict[str, Path], file: Path) -> None:  # noqa: F811
    options = ("method.answers=[team,firm]", "method.calibrate=true", f"model.path={tiny_models['llama']}")
    cell = cell_of(file, *options)
    none = examples()
    splits = Splits(labels=("sport", "money"), train=none, validation=none, test=none, duplicates_dropped=0)
    fitted = zero_shot.fit(cell, splits, Context(cache=CACHE, mirror_dir=None, device="cpu"))
    assert fitted.summary.parameters is not None
    assert fitted.summary.parameters.trainable == 0
    shares = fitted.summary.choices["content_free"]
    assert set(shares) == {"sport", "money"}
    assert all(0 < share < 1 for share in shares.values())
