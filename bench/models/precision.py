"""What weights are kept in and products are computed in."""

from typing import Literal

Precision = Literal["fp32", "bf16", "fp16"]
"""`fp16` is for GPUs without bf16: its range is small, so losses are scaled (Micikevicius et al. 2018, section 3.2)."""
