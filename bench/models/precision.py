"""What weights are kept in and products are computed in."""

from typing import Literal

Precision = Literal["fp32", "bf16"]
