"""How everything here says that the data is not there or not as described."""

from bench.config import DataConfig
from bench.errors import UserError


def data_error(data: DataConfig, message: str) -> UserError:
    """A UserError of one line about this data set, whatever the labels and file names in `message` hold."""
    return UserError(" ".join(f"data {data.name}: {message}".split()))
