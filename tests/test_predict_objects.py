"""Values of Parquet columns beside the text, as they are written into tables."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from bench.predict.texts import Reading, from_file


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 11, 28, 15, 41, tzinfo=UTC), "2026-11-28 15:41:00+00:00"),
        (date(2026, 11, 28), "2026-11-28"),
        (Decimal("1.50"), "1.50"),
        (True, "true"),
        (3, "3"),
        (["a", "b"], '["a", "b"]'),
        ("said", "said"),
        (None, ""),
    ],
)
def test_values_have_no_quotes_of_json_around_them(value: Any, written: str, tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pa.table({"text": ["goal"], "other": [value]}), tmp_path / "pool.parquet")
    found = from_file(str(tmp_path / "pool.parquet"), None, Reading()).whole()
    assert [list(row) for row in found.rows] == [["goal", written]]
