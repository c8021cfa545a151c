"""Options of data and split that say what to test on: which of them go together. Imports nothing heavy."""

from bench.config import DataConfig, SplitConfig
from bench.errors import refuse

MARKED = ("natural", "official")
"""Splits that test on what the source marks for it."""


def check_sides(data: DataConfig, split: SplitConfig) -> None:
    """Raise UserError, with all problems, where columns of `data` would have no effect, or contradict each other."""
    problems = []
    if data.group_column is not None and data.time_column is not None:
        problems.append(
            f"data.group_column={data.group_column} and data.time_column={data.time_column} ask for two test sets, "
            "whole groups and the latest texts: give one of them"
        )
    if data.test_path is not None and data.split_column is not None:
        problems.append(
            f"data.test_path={data.test_path} and data.split_column={data.split_column} both say what to test on: "
            "give one of them"
        )
    if data.test_path is not None and data.source != "file":
        problems.append(f"data.test_path={data.test_path} goes with data.source=file, not {data.source}")
    for option, splits in (
        ("group_column", ("natural",)),
        ("time_column", ("natural",)),
        ("split_column", MARKED),
        ("test_path", MARKED),
    ):
        value = getattr(data, option)
        if value is not None and split.name not in splits:
            problems.append(
                f"data.{option}={value} says what to test on, and split={split.name} draws a test set of its own: it "
                f"goes with split={' or '.join(splits)}"
            )
    refuse(problems)
