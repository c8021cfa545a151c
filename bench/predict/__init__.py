"""Using a kept model: `python -m bench.predict CELL_FOLDER "text" ...`."""

from bench.called import callable_as

callable_as(__name__, "bench.api.predictions")
