"""How everything here says that the data is not there or not as described."""

from bench.config import DataConfig
from bench.errors import UserError

LONGEST = 1500
"""Characters of a message; what quotes a file may be very long."""


def data_error(data: DataConfig, message: str) -> UserError:
    """A UserError of one line about this data set, whatever the labels and file names in `message` hold."""
    line = " ".join(f"data {data.name}: {message}".split())
    return UserError(line if len(line) <= LONGEST else f"{line[: LONGEST - 200]} [...] {line[-180:]}")
