"""Activation checkpointing, under the name that the installed transformers has for it in its TrainingArguments."""

from typing import Any

from transformers import TrainingArguments

NEW, OLD = "activation_checkpointing", "gradient_checkpointing"
"""transformers 5.23 renamed it, and warns of the old name."""
NAME = NEW if NEW in TrainingArguments.__dataclass_fields__ else OLD


def checkpointing_arguments(*, enabled: bool) -> dict[str, Any]:
    """The TrainingArguments that turn it on or off."""
    return {NAME: enabled, f"{NAME}_kwargs": {"use_reentrant": False} if enabled else None}


def computes_again(arguments: TrainingArguments) -> bool:
    """Whether parts of a model are computed again on the way back."""
    return bool(getattr(arguments, NAME))
