"""A cell: task x model x method, one unit of work, one record. Its identity is its key and its folder.

The writer, the skip check and the report all use `Cell.key` and `Cell.folder`; running a cell is
`bench.running.run`.
"""

import functools
import hashlib
import json
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.config import IF_SET, Method, ModelConfig, TrainingConfig, TuneConfig
from bench.config.method.base import has_option
from bench.config.model.alone import approach
from bench.data.task import Task
from bench.escape.filename import key_part
from bench.kind import MULTI_LABEL
from bench.results.places import place_of

LABEL_SETS = 2
"""Of cells on texts with several labels: how training rows are drawn and thresholds are found. 1 (of which keys say
nothing) drew small training sets less in proportion, and put no threshold outside of a label's probabilities."""


@dataclass(frozen=True)
class Cell:
    """One point of the grid, with every default resolved.

    `method` is None for a model that has none (`tfidf_sgd`). What a method does not use is None as well, so grid
    points that differ only by something that has no effect are equal, and one cell.
    """

    task: Task
    model: ModelConfig
    method: Method | None
    training: TrainingConfig | None
    """None where nothing is trained by gradients."""
    tune: TuneConfig | None = field(default=None, metadata=IF_SET)
    """None where nothing is tried."""

    @cached_property
    def key(self) -> str:
        """A readable name, unique by the hash of `identity` at its end; safe as a file name."""
        task = self.task
        axes = (
            self.row,
            task.data.name,
            f"{task.num_labels}-labels",
            f"{task.train_size}-examples",
            f"seed-{task.seed}",
        )
        content = identity(self)
        if task.kind == MULTI_LABEL:
            content["label_sets"] = LABEL_SETS
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return "_".join([*map(key_part, axes), hashlib.sha256(canonical.encode()).hexdigest()[:16]])

    @property
    def approach(self) -> Method:
        """The method, or the model where that is one by itself."""
        return approach(self.model, self.method)

    @property
    def method_label(self) -> str | None:
        """What records call its method; None for a model that has none."""
        return None if self.method is None else self.method.label

    @property
    def row(self) -> str:
        """Model and method: what is a row of the grid."""
        return self.model.name if self.method is None else f"{self.model.name}-{self.method.label}"

    def option(self, name: str) -> tuple[str, Any] | None:
        """An option that training has, or else the method, with its value: ("training.max_length", 512); or None."""
        if self.training is not None:
            return f"training.{name}", getattr(self.training, name)
        if self.method is not None and has_option(self.method, name):
            return f"method.{name}", getattr(self.method, name)
        return None

    def with_option(self, name: str, value: Any) -> "Cell":
        """The cell with another value of what `option` finds."""
        if self.training is not None:
            return replace(self, training=replace(self.training, **{name: value}))
        return replace(self, method=replace(self.method, **{name: value}))  # type: ignore[type-var]

    def folder(self, results_dir: str | Path) -> Path:
        """Where this cell's record is kept."""
        return Path(results_dir, *place_of(self.key))


_PLAIN = (str, int, float, bool)
_ALWAYS = object()
"""Stands for no value: the field counts whatever it holds."""


def identity(value: Any) -> Any:
    """Everything in `value` that may change a result, as plain JSON types.

    Dataclass fields marked `never` are left out, those marked `if_set` only at their default.
    """
    if value is None or isinstance(value, _PLAIN):
        return value
    options = _options(type(value))  # type: ignore[arg-type]  # mypy looks for the hash of an instance
    if options is not None:
        return {
            name: identity(content)
            for name, default in options
            if (content := getattr(value, name)) != default or default is _ALWAYS
        }
    if isinstance(value, list | tuple):
        return [identity(item) for item in value]
    if isinstance(value, dict):
        return {key: identity(value[key]) for key in sorted(value)}
    raise TypeError(f"{type(value).__name__} has no place in an identity")


@functools.cache
def _options(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """Fields that may count, each with the value at which it does not; None where `kind` is no dataclass."""
    if not is_dataclass(kind):
        return None
    return tuple((f.name, _uncounted(f)) for f in fields(kind) if f.metadata.get("identity") != "never")


def _uncounted(option: Field[Any]) -> Any:
    if option.metadata.get("identity", "always") == "always":
        return _ALWAYS
    return option.default if option.default_factory is MISSING else option.default_factory()
