"""The kind of option that names a metric."""

from typing import Annotated

from pydantic import BeforeValidator

from bench.metrics.table import selectable_name

SelectableMetric = Annotated[str, BeforeValidator(selectable_name)]
"""A metric of `bench.metrics.table` that weights and options can be chosen by. An alias becomes the name, so that it is
the same cell."""
