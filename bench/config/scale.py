"""How a range of numbers is searched where that is not said."""

from typing import Literal

Scale = Literal["log", "linear"]
"""`log`: what counts is the factor between two values, as with learning rates."""
