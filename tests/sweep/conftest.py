"""What tests of sweeps share."""

from pathlib import Path

import pytest

from tests.sweep import simulated


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The arguments of an experiment of 8 cells."""
    return simulated.small(tmp_path)
