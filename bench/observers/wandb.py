"""W&B (`tracker=wandb`); what its library is told is in `bench.tracking.backends.wandb`."""

from bench.settings import Settings
from bench.tracking.tracker import Tracker, tracker


def observer(settings: Settings) -> Tracker:
    """What tells W&B of the cells of this process. Raises UserError where it is not installed."""
    return tracker("wandb", settings)
