"""A pretrained transformer: the schema of most files of `conf/model/`."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from bench.bounds import Amount, Positive, PositiveFloat, Width
from bench.config.common import FORBID, IF_SET, NEVER, Precision, WheelConfig
from bench.config.names import FilePath, Id, Name, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerConfig:
    """A pretrained transformer: where its files are, and its family (`bench.models.families`)."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    family: Literal["llama", "qwen2", "gpt2", "gemma3", "bert", "distilbert", "modernbert"]
    source: Literal["hub", "wheel"]
    """Where its files come from."""
    id: Id | None = None
    """On the hub."""
    revision: Id | None = None
    """The commit on the hub; null: the newest."""
    path: FilePath | None = field(default=None, metadata=NEVER)
    """A local folder that stands in for the hub id."""
    content: Text | None = field(default=None, metadata=IF_SET)
    """The SHA-256 of the folder that is read (`path`, or a mirror's); filled in from what is there."""
    wheel: WheelConfig | None = None
    """A pinned Python wheel that files are taken out of."""
    gguf: Text | None = None
    """A GGUF file in the wheel's root: converted once to bf16 safetensors."""
    gguf_parts: tuple[WheelConfig, ...] = field(default=(), metadata=IF_SET)
    """Wheels whose roots are the pieces of the GGUF file, where it is too big for one; in this order."""
    gguf_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = field(default=None, metadata=IF_SET)
    """The SHA-256 of the GGUF file that the pieces make up."""
    learning_rate: PositiveFloat | None = field(default=None, metadata=NEVER)
    """What suits this model with LoRA; null for the family's. (The resolved rate is in `training`.)"""
    precision: Precision | None = field(default=None, metadata=NEVER)
    """Likewise: null for the family's."""
    parameters: Amount | None = field(default=None, metadata=NEVER)
    """Parameters in millions, without a language-modelling head of its own; like the four sizes below it serves
    estimates before anything is loaded (`bench.models.estimate`)."""
    hidden_size: Width | None = field(default=None, metadata=NEVER)
    """As in the model's `config.json`; estimates need it."""
    intermediate_size: Width | None = field(default=None, metadata=NEVER)
    """Width inside a feed-forward block."""
    num_layers: Width | None = field(default=None, metadata=NEVER)
    """As in the model's `config.json`; estimates need it."""
    vocabulary_size: Positive | None = field(default=None, metadata=NEVER)
    """As in the model's `config.json`; estimates need it."""
    trust_remote_code: bool = field(default=False, metadata=IF_SET)
    """Run code that comes with the model's files, where transformers has none for it."""
    licence: Text = field(default="", metadata=NEVER)
    """Of the weights."""
    gated: bool = field(default=False, metadata=NEVER)
    """Whether the hub asks for a licence to be accepted, and a token."""

    __pydantic_config__ = FORBID
