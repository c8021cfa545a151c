"""What all blocks of a record are made of: their base, and the kinds of numbers that are in them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ROUNDING = 1e-6
"""What sums of floating-point numbers may be off by."""

Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Number = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Share = Annotated[float, Field(ge=0, le=1 + ROUNDING, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Block(BaseModel):
    """Base of all blocks: unknown fields are refused, so a typo can't hide."""

    model_config = ConfigDict(extra="forbid", frozen=True)
