"""Reading a record the quick way gives what the careful way gives."""

import json

import pytest

from bench.report.inputs.records import ExpectedCell
from bench.results.record import SCHEMA_VERSION, Record, parse
from tests.report import simulate


@pytest.fixture
def record(tmp_path) -> Record:
    return simulate.write(ExpectedCell(tmp_path, "key", "minilm", "lora", "data", 2, 32, 0), max_length=64)


def test_a_current_record_is_what_was_written(record: Record) -> None:
    assert parse(record.to_json()) == record


@pytest.mark.parametrize("version", [None, str(SCHEMA_VERSION), SCHEMA_VERSION + 1, SCHEMA_VERSION + 0.5])
def test_other_versions_are_never_taken_for_the_current_one(record: Record, version: object) -> None:
    content = json.loads(record.to_json())
    content.pop("schema_version")
    if version is not None:
        content["schema_version"] = version
    with pytest.raises(ValueError, match="schema"):
        parse(json.dumps(content))
