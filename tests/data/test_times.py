"""Times as people write them."""

from datetime import UTC, date, datetime

import pytest

from bench.data.times import parse_times

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400.0


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-01", "2024-02-01 00:00", "2024-02-01T00:00:00Z", "2024-02-01T02:00:00+02:00", "1.2.2024", "01.02.24",
        "01.02.2024 0:00", "2024/2/1", "1 Feb 2024", "1 February 2024", "Feb 1, 2024", "February 2024", "20240201",
        "20240201T000000", "Thu, 01 Feb 2024 00:00:00 +0000", "01.02.2024 12:00 AM",
    ],
)  # fmt: skip
def test_common_forms(text):
    assert parse_times([text])[0] == [NEW_YEAR + 31 * DAY]


def test_days_stand_first_where_one_shows_it():
    assert parse_times(["13/01/2024", "02/01/2024"]) == ([NEW_YEAR + 12 * DAY, NEW_YEAR + DAY], None)
    assert parse_times(["1/13/2024", "1/2/2024"]) == ([NEW_YEAR + 12 * DAY, NEW_YEAR + DAY], None)
    times, doubt = parse_times(["1/1/2024", "1/2/2024"])
    assert times == [NEW_YEAR, NEW_YEAR + DAY]
    assert doubt == "'1/2/2024' may be a day and a month or a month and a day; it is read month first"
    assert parse_times(["1/1/2024", "2/2/2024"])[1] is None


def test_numbers_and_python_s_own():
    assert parse_times(["17", "3.5", "2,25", "-1"]) == ([17.0, 3.5, 2.25, -1.0], None)
    assert parse_times([1704067200, 3]) == ([1704067200.0, 3.0], None)
    assert parse_times([date(2024, 1, 1), datetime(2024, 1, 2, tzinfo=UTC)])[0] == [NEW_YEAR, NEW_YEAR + DAY]
    assert parse_times(["2023", "2024"])[0] == [2023.0, 2024.0]


def test_what_is_no_time_is_none():
    texts = ["2024-01-01", "soon", "", None, "31.2.2024", "2024-13-01", "1/2/2024 25:00", "1/2/2024 noon"]
    assert parse_times(texts)[0] == [NEW_YEAR, *[None] * 7]
