"""What loading a kept model takes beside its weights and tokenizer: one small JSON file in its folder."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bench.bounds import NonNegativeFloat, PositiveFloat, Width
from bench.cell import Cell
from bench.config import Method, MethodConfig, ModelConfig, Precision, TransformerConfig
from bench.config.model.alone import approach
from bench.errors import UserError
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.models.truncation import Side
from bench.results import serving
from bench.results.regular import MEGABYTE, Repeated, read_regular, validated
from bench.running.provenance import packages
from bench.sources.fingerprint import file_sha256

MODEL = "model"
"""The folder of a kept model, in the cell's folder."""
FILE = "classifier.json"
TERMS = "terms.json"
"""What a classical model counts, and the terms in the order of its features."""
CARD = "README.md"
"""The model card, which its reader may edit."""
CONVERSION = "conversion.json"
"""In a folder that `bench convert` made of a kept model."""
NOT_LOADED = (CARD, serving.FILE)
AGAIN = "run the cell again with save_model=true overwrite=always"
"""What to do about a kept model that is not whole."""
PACKAGES = (
    "finetune-bench", "torch", "transformers", "tokenizers", "peft", "safetensors", "scikit-learn", "setfit",
    "sentence-transformers",
)  # fmt: skip
"""Packages whose versions are said where a model cannot be loaded."""
OF_SEVERAL = ("kind", "label_thresholds", "top_k")
"""What is said only of models that give a text several labels."""
USUAL_THRESHOLD = 0.5
CLASSICAL_BATCH = 1024
"""Texts that a classical model classifies at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A classifier, in words that hold on every machine: no path is in it.

    Its method says what is kept beside this (`Method.kept_as`). What comes after `batch_size` and before `text_columns`
    is said of models that `training` trains; others have it among the options of their method.
    """

    version: Literal[1] = 1
    labels: tuple[str, ...]
    """In the order of the logits."""
    model: ModelConfig
    """The base model, with the hub's commit as its revision where one was loaded."""
    model_sha256: str | None = None
    """Of the base's files, where they came from a folder or a wheel."""
    method: MethodConfig | None = None
    """None where the model is its own method."""
    batch_size: Width
    """Of the cell's own evaluations."""
    precision: Precision | None = None
    max_length: Width | None = None
    """Tokens; longer texts are cut, or read in windows."""
    truncation_side: Side | None = None
    max_windows: Width | None = None
    """Windows of `max_length` tokens in which a longer text is read, its probabilities being the mean of theirs; None
    where it is cut."""
    text_columns: tuple[str, ...] = ()
    """Columns of the data that a text was made of, in their order. None where an earlier version kept the model."""
    text_template: str | None = None
    """How they were joined (`data.text_template`)."""
    label_weights: tuple[PositiveFloat, ...] | None = None
    """What each label's probability is multiplied by (`training.thresholds`), in the order of the labels; None where
    the most probable label is decided for."""
    kind: Kind = SINGLE_LABEL
    """Whether a text is given one label, or any number of them: those whose probability reaches their threshold, or so
    many of the most probable ones."""
    label_thresholds: tuple[NonNegativeFloat, ...] | None = None
    """In the order of the labels; None where `top_k` says how many, or a text is given one label."""
    top_k: Width | None = None
    """Likewise."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the packages that made it; none where an earlier version kept the model."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def approach(self) -> Method:
        """The method, or the model where that is one by itself."""
        return approach(self.model, self.method)

    @property
    def is_adapter(self) -> bool:
        """Whether only adapters and head are kept."""
        return self.approach.kept_as == "adapter"

    @property
    def base(self) -> TransformerConfig | None:
        """The base model, where it is not kept and has to be had from where it comes."""
        if self.approach.kept_as not in ("adapter", "head", "prompt"):
            return None
        assert isinstance(self.model, TransformerConfig)
        return self.model

    def write(self, folder: Path) -> None:
        """Put the file into `folder`."""
        content = asdict(self)
        if self.kind == SINGLE_LABEL:  # so that earlier versions read it
            content = {name: value for name, value in content.items() if name not in OF_SEVERAL}
        (folder / FILE).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")

    def __post_init__(self) -> None:
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise ValueError("labels must be two or more, each once")
        if self.label_weights is not None and len(self.label_weights) != len(self.labels):
            raise ValueError("label_weights must be as many as labels")
        rules = (self.label_thresholds is not None) + (self.top_k is not None)
        if rules != (self.kind == MULTI_LABEL) or (self.kind == MULTI_LABEL and self.label_weights is not None):
            raise ValueError("label_thresholds or top_k goes with multi_label, and label_weights with single_label")
        if self.label_thresholds is not None and len(self.label_thresholds) != len(self.labels):
            raise ValueError("label_thresholds must be as many as labels")
        if isinstance(self.model, TransformerConfig) == (self.method is None):
            raise ValueError("a transformer goes with a method, and no other model does")
        if self.approach.kept_as is None:
            raise ValueError(f"{self.approach.choice} keeps no model")
        if self.approach.by_gradients and None in (self.precision, self.max_length, self.truncation_side):
            raise ValueError("precision, max_length and truncation_side are missing")


_KEPT = TypeAdapter(KeptModel)


def target_of(kept: KeptModel) -> int | tuple[int, ...]:
    """What stands for the true label of a text of which none is known, in the form that goes with the model."""
    return (0,) * len(kept.labels) if kept.kind == MULTI_LABEL else 0


def file_hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file below `folder` that loading it may read, by relative name. Raises OSError.

    The card, what was measured of its serving, and hidden files do not count.
    """
    hashes = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.is_file() and not hidden and relative.as_posix() not in NOT_LOADED:
            hashes[relative.as_posix()] = file_sha256(path)
    return hashes


def check_files(folder: Path, expected: Mapping[str, str], again: str = AGAIN) -> None:
    """Raise UserError where the files of a kept model are not those that were kept, naming them, and what to do
    (`again`)."""
    try:
        there = file_hashes(folder)
    except OSError as error:
        raise UserError(f"the saved model in {folder} cannot be read: {error.strerror or error}") from error
    states = {
        "missing": [name for name in expected if name not in there],
        "changed": [name for name in expected if there.get(name, expected[name]) != expected[name]],
        "added": [name for name in there if name not in expected],
    }
    if problems := [f"{state}: {', '.join(names)}" for state, names in states.items() if names]:
        raise UserError(f"the saved model in {folder} is not as it was kept ({'; '.join(problems)}): {again}")


def describe(cell: Cell, labels: tuple[str, ...], revision: str | None = None) -> KeptModel:
    """The description of the model of `cell`; `revision` is what `bench.models.files.revision` says was loaded."""
    model, method, training, data = cell.model, cell.method, cell.training, cell.task.data
    commit = revision if revision is not None and re.fullmatch("[0-9a-f]{40}", revision) else None
    if isinstance(model, TransformerConfig):
        model = replace(model, path=None, revision=commit or model.revision)
    trained: dict[str, Any] = {}
    if cell.task.kind == MULTI_LABEL:  # until validation says where (`bench.running.measuring`)
        trained |= {"kind": MULTI_LABEL, "label_thresholds": (USUAL_THRESHOLD,) * len(labels)}
    if training is not None:
        trained |= {
            "precision": training.precision,
            "max_length": training.max_length,
            "truncation_side": training.side,
            "max_windows": training.max_windows,
        }
    return KeptModel(
        labels=labels,
        model=model,
        model_sha256=revision if revision is not None and re.fullmatch("[0-9a-f]{64}", revision) else None,
        method=method,  # type: ignore[arg-type]  # one of those
        batch_size=_batch_size(cell),
        text_columns=data.text_columns,
        text_template=data.text_template,
        versions=packages(PACKAGES),
        **trained,
    )


def other_versions(kept: KeptModel) -> str:
    """Which packages are here in other versions than kept the model, as "peft 0.18.0, here 0.19.1"; "" for none."""
    here = packages(PACKAGES)
    others = {name: kept_by for name, kept_by in kept.versions.items() if here.get(name) != kept_by}
    return "; ".join(f"{name} {kept_by}, here {here.get(name, 'none')}" for name, kept_by in others.items())


def _batch_size(cell: Cell) -> int:
    """Texts that the cell evaluates at once."""
    if cell.training is not None:
        return cell.training.per_device_eval_batch_size
    return CLASSICAL_BATCH if cell.method is None else int(getattr(cell.method, "batch_size"))  # noqa: B009


def read(folder: Path) -> KeptModel:
    """The description in `folder`. Raises UserError where there is none that can be read."""
    path = folder / FILE
    try:
        return validated(_KEPT, read_regular(path, MEGABYTE * 16), strict=False)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from error
    except Repeated as error:
        raise UserError(f"{path} is no description of a kept model: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("version",):
            raise UserError(
                f"{path} has format {first['input']!r}, and this version of finetune-bench reads 1: use the version "
                f"that kept the model, or {AGAIN}"
            ) from error
        where = ".".join(map(str, first["loc"])) or "content"
        raise UserError(f"{path} is no description of a kept model: {where}: {first['msg']}") from error
