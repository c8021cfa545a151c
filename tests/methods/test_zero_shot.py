"""Zero-shot: scores are those of each label's words alone, and prompts, words and calibration mean what they say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.config import TransformerConfig, ZeroShotConfig
from bench.data.split import Examples
from bench.errors import UserError
from bench.methods import zero_shot
from bench.methods.fitted import Context, Summary
from bench.models import load
from bench.models.families import FAMILIES
from bench.models.kept import KeptModel
from tests.support.scratch import CACHE

CAUSAL = [name for name, family in FAMILIES.items() if family.causal]
PROMPT = "Text: {text}\nTopic:"
WORDS = ("goal match", "bank", "market profit shares")
TEXTS = ("ball", "bank market profit shares trade growth", "team win ball player", "price firm trade market growth")


def make_method(**options: Any) -> ZeroShotConfig:
    return ZeroShotConfig(**{"name": "zero_shot", "prompt": PROMPT, "precision": "fp32"} | options)


def make(family: str, folder: Path, words: tuple[str, ...] = WORDS, **options: Any) -> zero_shot.ZeroShot:
    method = make_method(**options)
    config = TransformerConfig(name="tiny", family=family, source="hub", id="tiny/tiny", path=str(folder))
    tokenizer = load.load_tokenizer(config, str(folder))
    model = load.load_causal(config, str(folder), precision="fp32", device="cpu")
    labels = zero_shot.continuations(tokenizer, method, words)
    kept = KeptModel(labels=words, model=config, method=method, batch_size=method.batch_size)
    return zero_shot.ZeroShot(Summary(), kept, model, tokenizer, method, labels)


def naive_score(asked: zero_shot.ZeroShot, prompt: str, words: str) -> float:
    """The log-likelihood per token of `words` after `prompt`, as one sequence without padding or a cache."""
    before = asked.tokenizer(prompt)["input_ids"]
    tokens = asked.tokenizer(" " + words, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logits = asked.model(input_ids=torch.tensor([before + tokens]), use_cache=False).logits[0]
    log_probabilities = logits.double().log_softmax(dim=-1)
    return float(np.mean([log_probabilities[len(before) - 1 + i, token] for i, token in enumerate(tokens)]))


def examples(*texts: str) -> Examples:
    return Examples(ids=tuple(map(str, range(len(texts)))), texts=texts, labels=(0,) * len(texts))


@pytest.mark.parametrize("family", CAUSAL)
def test_scores_are_those_of_each_label_alone(family: str, tiny_models: dict[str, Path]) -> None:
    asked = make(family, tiny_models[family])
    assert sorted(map(len, asked.labels))[0] < sorted(map(len, asked.labels))[-1], "labels of unlike length"
    naive = [[naive_score(asked, PROMPT.format(text=text), words) for words in WORDS] for text in TEXTS]
    assert np.ptp(naive, axis=0).min() > 1e-3, "texts make a difference"
    np.testing.assert_allclose(asked.score(TEXTS), naive, atol=1e-4)


@pytest.mark.parametrize("family", CAUSAL)
@pytest.mark.parametrize("words", [WORDS, ("match", "bank", "market")], ids=["several tokens", "one token"])
def test_scores_do_not_depend_on_the_batch(family: str, words: tuple[str, ...], tiny_models: dict[str, Path]) -> None:
    alone, together = (make(family, tiny_models[family], words, batch_size=size) for size in (1, 64))
    if words != WORDS:
        assert {len(tokens) for tokens in alone.labels} == {1}
    np.testing.assert_allclose(alone.score(TEXTS), together.score(TEXTS), atol=1e-5)


def test_probabilities_are_a_softmax_of_scores(tiny_models: dict[str, Path]) -> None:
    asked = make("llama", tiny_models["llama"])
    weights = np.exp(asked.score(TEXTS))
    np.testing.assert_allclose(asked.predict(examples(*TEXTS)), weights / weights.sum(axis=1, keepdims=True))


def test_a_long_text_is_cut_and_the_prompt_is_not(tiny_models: dict[str, Path]) -> None:
    asked = make("llama", tiny_models["llama"], max_length=3)
    prompts = {
        text: asked.tokenizer.decode(encoded["input_ids"])
        for text in ("goal match team win ball", "bank")
        for encoded in zero_shot.encode_prompts(asked.tokenizer, [text], asked.method, room=None)
    }
    assert prompts == {"goal match team win ball": "Text: goal match team\nTopic:", "bank": "Text: bank\nTopic:"}
    assert asked.score(["goal match team win ball"]).tolist() == asked.score(["goal match team"]).tolist()


def test_a_prompt_fits_into_the_model(tiny_models: dict[str, Path]) -> None:
    """The tiny models have 64 positions; the method's 512 tokens of text must not run over them."""
    asked = make("gpt2", tiny_models["gpt2"])
    text = " ".join(["bank"] * 500)
    (encoded,) = zero_shot.encode_prompts(asked.tokenizer, [text], asked.method, zero_shot.room(asked.model, 5))
    assert 50 < len(encoded["input_ids"]) < 60
    assert asked.tokenizer.decode(encoded["input_ids"]).endswith(" bank\nTopic:")
    assert np.isfinite(asked.score([text])).all()


@pytest.mark.parametrize("text", ["{text} {0} {", "100 % \\n", "Topic: bank\n\nText:"])
def test_a_text_is_taken_as_it_is(text: str, tiny_models: dict[str, Path]) -> None:
    asked = make("qwen2", tiny_models["qwen2"])
    (encoded,) = zero_shot.encode_prompts(asked.tokenizer, [text], asked.method, room=None)
    assert asked.tokenizer.decode(encoded["input_ids"]) == f"Text: {text}\nTopic:"


def test_a_space_at_the_end_of_a_prompt_goes_to_the_words(tiny_models: dict[str, Path]) -> None:
    plain, spaced = (make("llama", tiny_models["llama"], prompt=prompt) for prompt in (PROMPT, PROMPT + " "))
    assert plain.labels == spaced.labels
    assert plain.score(TEXTS).tolist() == spaced.score(TEXTS).tolist()
    new_line = make("llama", tiny_models["llama"], prompt="Text: {text}\nTopic:\n")
    assert new_line.tokenizer.decode(list(new_line.labels[1])) == "bank"
    assert plain.tokenizer.decode(list(plain.labels[1])) == " bank"


def test_calibration_divides_out_what_is_preferred_without_content(tiny_models: dict[str, Path]) -> None:
    asked = make("llama", tiny_models["llama"])
    plain, empty = (asked.predict(examples(*texts)) for texts in (TEXTS, zero_shot.CONTENT_FREE))
    asked.content_free = zero_shot.content_free_log_probabilities(asked)
    even = asked.predict(examples(*zero_shot.CONTENT_FREE))
    assert np.exp(asked.content_free).sum() == pytest.approx(1)
    weights = plain / np.exp(asked.content_free)
    np.testing.assert_allclose(asked.predict(examples(*TEXTS)), weights / weights.sum(axis=1, keepdims=True))
    # without content, no label is preferred, but for the differences between the texts without content
    before, after = (np.abs(probabilities.mean(axis=0) - 1 / 3).max() for probabilities in (empty, even))
    assert after < 0.1 * before


@pytest.mark.parametrize(
    ("label_words", "expected"),
    [(None, "sci fi"), ({"sci_fi": "science fiction", "other": "x"}, "science fiction")],
)
def test_words_of_a_label(label_words: dict[str, str] | None, expected: str) -> None:
    assert zero_shot.words_of("sci_fi", make_method(label_words=label_words)) == expected


def test_label_words_must_be_there_and_differ(tiny_models: dict[str, Path]) -> None:
    with pytest.raises(UserError, match=r"data\.label_words has no words for the label 'b', only for a"):
        zero_shot.words_of("b", make_method(label_words={"a": "x"}))
    with pytest.raises(UserError, match="'goal' and 'goal' are the same"):
        make("llama", tiny_models["llama"], ("goal", "bank", "goal"))
    with pytest.raises(UserError, match="give no token"):
        make("llama", tiny_models["llama"], ("goal", " "))


@pytest.mark.parametrize("calibrate", [False, True])
def test_fit_uses_no_example(calibrate: bool, tiny_models: dict[str, Path]) -> None:
    from bench.cell import Cell
    from bench.config import DataConfig, NestedSplitConfig
    from bench.data.examples import Splits
    from bench.data.task import Task

    none, folder = examples(), tiny_models["gpt2"]
    model = TransformerConfig(name="tiny", family="gpt2", source="hub", id="tiny/gpt2", path=str(folder))
    task = Task(DataConfig(name="topics", source="file"), num_labels=2, train_size=8, seed=0, split=NestedSplitConfig())
    cell = Cell(task=task.for_testing(), model=model, method=make_method(calibrate=calibrate), training=None)
    splits = Splits(labels=("sport", "business"), train=none, validation=none, test=none, duplicates_dropped=0)
    fitted = zero_shot.fit(cell, splits, Context(cache=CACHE, mirror_dir=None, device="cpu"))
    assert fitted.summary.parameters.trainable == 0
    assert fitted.summary.frozen_weights == 4 * fitted.summary.parameters.total
    assert ("content_free" in fitted.summary.choices) == calibrate
    assert fitted.predict(examples(*TEXTS)).shape == (4, 2)
    asked = replace(fitted.method, label_words={"sport": "goal", "business": "bank"})
    again = zero_shot.fit(replace(cell, method=asked), splits, Context(cache=CACHE, mirror_dir=None, device="cpu"))
    assert again.labels != fitted.labels
