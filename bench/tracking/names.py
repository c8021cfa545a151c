"""The trackers that `tracker=` knows. Imports nothing."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

TrackerName = Literal["tensorboard", "mlflow", "wandb", "trackio"]

NONE = "none"
CALLED = {"tensorboard": "TensorBoard", "mlflow": "MLflow", "wandb": "W&B", "trackio": "Trackio"}
"""What people call each; its package in Python, its extra and its module in `bench.observers` have its name."""


def _listed(given: Any) -> Any:
    """`none`, one name, or a list of them as a list, each once."""
    names = [given] if given is None or isinstance(given, str) else given
    if not isinstance(names, list | tuple):
        return names
    return tuple(dict.fromkeys(name for name in names if name not in (None, NONE)))


Trackers = Annotated[tuple[TrackerName, ...], BeforeValidator(_listed)]
