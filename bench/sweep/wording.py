"""Sizes as plans and progress say them; tables that are plain where there is no terminal."""

from rich.box import SIMPLE
from rich.table import Table

from bench.escape.terminal import line


def table(*columns: str, title: str) -> Table:
    """An empty table with a column of names and then columns of numbers."""
    made = Table(title=line(title), title_style="table.title", box=SIMPLE)
    for number, name in enumerate(columns):
        made.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=number > 0)
    return made


def gigabytes(count: float) -> str:
    """Bytes as 10^9 of them."""
    return f"{count / 1e9:.1f} GB"
