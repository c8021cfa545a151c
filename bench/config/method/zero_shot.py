"""`method=zero_shot`."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

from bench.bounds import Width
from bench.config.common import FORBID, IF_SET, NEVER
from bench.config.method.base import Chosen
from bench.config.method.frozen import FrozenMethod
from bench.config.names import Text
from bench.errors import UserError
from bench.models.families import FAMILIES
from bench.models.precision import Precision
from bench.models.truncation import Truncation

if TYPE_CHECKING:
    from bench.config.model.transformer import TransformerConfig
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShotConfig(FrozenMethod):
    """A causal model scores each label's words after a prompt. No training examples are used."""

    name: Literal["zero_shot"]
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    prompt: Text | None = None
    """With `{text}` where the text goes; the label's words follow after a space (or a new line that is there).
    Null for the data's."""
    label_words: dict[Text, Text] | None = field(default=None, hash=False)
    """What each label is called; null for the data's, or where it has none, for the labels' names."""
    calibrate: bool = False
    """Divide out what the model prefers without any content (Zhao et al. 2021)."""
    max_length: Width = 512
    """Tokens of the text; longer texts are cut, the prompt around them is not. Null for 512, or what the model's
    positions leave beside the prompt, if that is less."""
    max_length_asked: bool = field(default=False, metadata=NEVER)
    """Whether `max_length` was given: a default gives way to fewer positions (`running.positions`). Filled in."""
    truncation: Truncation = field(default="head", metadata=IF_SET)
    """`training.truncation`. Filled in."""
    batch_size: Width = 64
    """Prompts at once, times labels of more than one token."""
    precision: Precision | None = None
    precision_asked: bool = field(default=False, metadata=NEVER)
    """Whether `precision` was given: a default gives way on a device that is slow in it. Filled in."""

    __pydantic_config__ = FORBID

    knows_several_labels = False
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
        """With the data's prompt and words. Raises UserError where the prompt has no one place for the text."""
        prompt = chosen.data.prompt if self.prompt is None else self.prompt
        if prompt.count("{text}") != 1:
            raise UserError(
                f"method=zero_shot needs data.prompt (or method.prompt) with {{text}} once, where the text of "
                f"{chosen.data.name} goes; it is {prompt!r}"
            )
        words = chosen.data.label_words if self.label_words is None else self.label_words
        return replace(
            FrozenMethod.resolve(self, chosen), prompt=prompt, label_words=words, truncation=chosen.truncation
        )

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate":
        """With keys and values of the prompts, at most; scores of the vocabulary at the last token, and their logs."""
        from bench.models.tensors import BYTES

        assert self.precision is not None
        size = BYTES[self.precision]
        frozen = FrozenMethod.memory(self, shape, family, training, tokens)
        asked = self.batch_size * tokens * shape.layers * 2 * shape.hidden * size
        asked += self.batch_size * shape.vocabulary * (size + 2 * BYTES["fp32"])
        return replace(frozen, activations=frozen.activations + asked)
