"""`method=zero_shot`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

from bench.bounds import Width
from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.method.frozen import FrozenMethod
from bench.config.names import Text
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.errors import UserError
from bench.kind import MULTI_LABEL
from bench.models.families import FAMILIES
from bench.models.precision import Precision
from bench.models.truncation import Truncation

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate

QUESTION = "Text: {text}\nQuestion: Is this text about {label}?\nAnswer:"
"""What is asked of each label where neither method nor data say it."""
ANSWERS = ("yes", "no")
QUESTION_SHARE = 0.25
"""Tokens of what is asked of a label, as a part of those of a text with what stands around it, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShotConfig(FrozenMethod):
    """A causal model scores each label's words after a prompt, or, where a text may have several labels, answers yes or
    no for each. No training examples are used."""

    name: Literal["zero_shot"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    prompt: Text | None = None
    """With `{text}` where the text goes; the label's words follow after a space (or a new line that is there).
    Null for the data's."""
    label_words: dict[Text, Text] | None = field(default=None, hash=False)
    """What each label is called; null for the data's, or where it has none, for the labels' names."""
    question: Text | None = field(default=None, metadata=IF_SET)
    """Where a text may have several labels, in place of `prompt`: with `{text}`, and after it `{label}`, so that a text
    is computed once for all labels. Null for the data's, or where it has none, for `QUESTION`."""
    answers: tuple[Text, Text] = field(default=ANSWERS, metadata=IF_SET)
    """What the question is answered with where a text has a label, and where it has not."""
    calibrate: bool = False
    """Divide out what the model prefers without any content (Zhao et al. 2021)."""
    max_length: Width = 512
    """Tokens of the text; longer texts are cut, the prompt around them is not. Null for 512, or what the model's
    positions leave beside the prompt, if that is less."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`running.positions`). Filled in."""
    truncation: Truncation = field(default="head", metadata=IF_SET)
    """`training.truncation`. Filled in."""
    thresholds: Thresholds = field(default=MOST_PROBABLE, metadata=IF_SET)
    """`training.thresholds`, where a text may have several labels. Filled in."""
    batch_size: Width = 64
    """Prompts at once, times labels of more than one token, or all labels where a text may have several."""
    precision: Precision | None = None
    """What the model is computed in; null: by its family, method and device."""
    precision_asked: bool = field(default=False, metadata=NEVER)
    """Whether `precision` was given: a default gives way on a device that is slow in it. Filled in."""

    __pydantic_config__ = FORBID

    module = "bench.methods.zero_shot"
    role = "untrained"
    kept_as = "prompt"
    learns = False
    runs = "causal"
    in_listing = True
    summary = "asked by a prompt, without training"

    def needs(self, model: "TransformerConfig") -> str | None:
        """A model that predicts the next token."""
        return None if FAMILIES[model.family].causal else "a causal model"

    def resolve(self, chosen: Chosen) -> Self:
        """With the data's prompt, or question, and words. Raises UserError where it has no one place for the text."""
        words = chosen.data.label_words if self.label_words is None else self.label_words
        known = replace(FrozenMethod.resolve(self, chosen), label_words=words, truncation=chosen.truncation)
        if chosen.data.kind == MULTI_LABEL:
            return replace(known, prompt=None, question=self._question(chosen), thresholds=chosen.thresholds)
        prompt = chosen.data.prompt if self.prompt is None else self.prompt
        if prompt.count("{text}") != 1:
            raise UserError(
                f"method=zero_shot needs data.prompt (or method.prompt) with {{text}} once, where the text of "
                f"{chosen.data.name} goes; it is {prompt!r}"
            )
        return replace(known, prompt=prompt, question=None, answers=ANSWERS)

    def _question(self, chosen: Chosen) -> str:
        question = self.question or chosen.data.question or QUESTION
        before, _, after = question.partition("{text}")
        if "{label}" in before or "{text}" in after or after.count("{label}") != 1:
            raise UserError(
                f"method.question (or data.question) needs {{text}} once and after it {{label}} once; it is "
                f"{question!r}"
            )
        return question

    def idle_options(self) -> Mapping[str, str]:
        """The prompt where each label is asked for, and the question where the prompt is gone on from."""
        if self.question is not None:
            return {"prompt": f"task={MULTI_LABEL} asks method.question"}
        return dict.fromkeys(("question", "answers"), f"it is asked with task={MULTI_LABEL}")

    def judging(self, num_labels: int) -> float:
        """A text once, and with several labels what is asked of each of them."""
        return 1.0 if self.question is None else 1.0 + QUESTION_SHARE * num_labels

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate":
        """With keys and values of the prompts, at most; scores of the vocabulary at the last token, and their logs."""
        from bench.models.tensors import BYTES

        assert self.precision is not None
        size = BYTES[self.precision]
        frozen = FrozenMethod.memory(self, shape, family, training, tokens)
        asked = self.batch_size * tokens * shape.layers * 2 * shape.hidden * size
        asked += self.batch_size * shape.vocabulary * (size + 2 * BYTES["fp32"])
        return replace(frozen, activations=frozen.activations + asked)
