"""What an example may have: exactly one label, or several of them and none."""

from typing import Literal

Kind = Literal["single_label", "multi_label"]
"""`single_label`: one of the labels; `multi_label`: any of them, several or none."""
SINGLE_LABEL: Kind = "single_label"
MULTI_LABEL: Kind = "multi_label"
