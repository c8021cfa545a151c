"""What `training.windows` does not go with."""

from typing import Any

from bench.config import TrainingConfig
from bench.config.method.base import Method
from bench.errors import UserError
from bench.models.families import FAMILIES
from bench.models.windows import WHOLE


def check_windows(training: TrainingConfig, method: Method, model: Any) -> None:
    """Raise UserError where texts can't be read in the windows that `training` asks for.

    `method` is resolved, `model` is a transformer's configuration.
    """
    if training.windows == WHOLE:
        return
    option = f"training.windows={training.windows}"
    if (reason := method.why_no_windows()) is not None:
        raise UserError(
            f"{option}: {method.choice} {reason}; lora, qlora, full, most types of peft and linear_probe read several"
        )
    if FAMILIES[model.family].causal:
        raise UserError(
            f"{option} is for encoders, and {model.name} is a decoder ({model.family}): a greater max_length has it "
            "read longer texts, as far as it has positions"
        )
    if training.side != "right":
        given = "truncation_side" if training.truncation is None else "truncation"
        raise UserError(
            f"{option} reads a text from its head on: leave out training.{given}={getattr(training, given)}"
        )
