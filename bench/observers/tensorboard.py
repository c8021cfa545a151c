"""TensorBoard (`tracker=tensorboard`); what its library is told is in `bench.tracking.backends.tensorboard`."""

from bench.settings import Settings
from bench.tracking.tracker import Tracker, tracker


def observer(settings: Settings) -> Tracker:
    """What tells TensorBoard of the cells of this process. Raises UserError where it is not installed."""
    return tracker("tensorboard", settings)
