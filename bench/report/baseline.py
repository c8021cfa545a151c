"""Which row everything is measured against."""

import pandas as pd


def baseline(cells: pd.DataFrame) -> str | None:
    """Of the rows without a method, the first that trains; None where the grid has none."""
    rows = cells.loc[cells["method"].isna() & (cells["train_size"] > 0), "row"]
    return None if rows.empty else str(rows.min())
