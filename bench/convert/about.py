"""What is said of a conversion beside the converted model: `conversion.json`, for programs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from bench.convert.forms import Form
from bench.errors import UserError, said
from bench.models.kept import CONVERSION, KeptModel, check_files
from bench.results.regular import MEGABYTE, Repeated, read_regular, validated
from bench.sources.fingerprint import file_sha256

FILE = CONVERSION
AGAIN = "`bench convert` makes it again"
"""What to do about a folder that is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EightBits:
    """What 8 bits changed against the same graph in fp32, on the same texts."""

    texts: int
    same_labels: int
    """Texts that both give the same label, or labels."""
    max_difference: float
    """Of a probability."""
    scores: Mapping[str, float] | None
    """By metric; None where the true labels are not known."""
    scores_fp32: Mapping[str, float] | None
    bytes: int
    bytes_fp32: int
    texts_per_second: float
    """The median of rounds, each of them after one of the other."""
    texts_per_second_fp32: float
    speedup: float
    """The median of the rounds' ratios."""
    speedup_range: tuple[float, float]
    """Of the rounds."""
    threads: int
    timed_texts: int

    @property
    def said(self) -> str:
        """In a few words."""
        said = f"in 8 bits, against fp32: largest difference of a probability {self.max_difference:.1e}"
        said += f", the same labels for {self.same_labels:,} of {self.texts:,} texts"
        pairs = [(name, value, (self.scores_fp32 or {})[name]) for name, value in (self.scores or {}).items()]
        said += "".join(f", {name} {value:.3f} ({in_fp32:.3f} in fp32)" for name, value, in_fp32 in pairs)
        return f"{said}, {self.speedup:.1f} times as quick, {self.bytes / self.bytes_fp32:.0%} of the size"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A conversion: what of, to what, and how close the two are."""

    version: Literal[1] = 1
    form: Form
    kept: KeptModel
    """What is needed to use it beside weights and tokenizer: labels, tokens, rules."""
    compared_on: str
    """Texts, in words."""
    texts: int
    max_difference: float
    """Of a probability: the converted model (of 8 bits: the graph in fp32) against the kept one."""
    same_labels: int
    eight_bits: EightBits | None
    packages: Mapping[str, str]
    model_files: Mapping[str, str]
    """SHA-256 of each file, by name."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    def write(self, folder: Path) -> None:
        """Put the file into `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")


_ABOUT = TypeAdapter(About)


def read(folder: Path) -> About:
    """What is in `folder`. Raises UserError where it can't be read, or a file of the folder has changed."""
    path = folder / FILE
    try:
        found = validated(_ABOUT, read_regular(path, MEGABYTE * 16), strict=False)
        check_files(folder, {**found.model_files, FILE: file_sha256(path)}, AGAIN)
    except OSError as error:
        raise UserError(f"{path}: {said(error)}") from error
    except (Repeated, ValidationError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}; {AGAIN}") from error
    return found
