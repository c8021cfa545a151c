"""What a test needs that is not on every machine: whole commands read tables, draw reports and are made by Hydra."""

import pytest

COMMAND = ("hydra", "omegaconf", "pandas", "pyarrow", "matplotlib", "seaborn", "statsmodels", "jinja2")
"""For a sweep with its report."""


def needs(*packages: str) -> None:
    """Skip the test where one of these is not there (`make wheelhouse` says what it left out)."""
    for package in packages:
        pytest.importorskip(package)
