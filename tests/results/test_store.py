"""Records exist only when whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.results import record as record_module
from bench.results import store
from bench.results.record import MIGRATIONS, SCHEMA_VERSION, Configuration, Provenance, Record, Status, only_adds, parse

GOLDEN = Path(__file__).parent / "golden"


def make_record(status: Status = Status.OK, seed: int = 0) -> Record:
    configuration = Configuration(
        data="topics", num_labels=2, train_size=8, seed=seed, model="tfidf_sgd", method=None, identity={"seed": seed}
    )
    provenance = Provenance(
        model_revision=None, data_revision="abc", packages={"torch": "2"}, python="3.11", git_commit=None,
        git_dirty=None, host="here", platform="Linux", device="cpu", device_name="a processor", num_threads=1,
        started="2026-01-01T00:00:00+00:00", ended="2026-01-01T00:00:01+00:00",
    )  # fmt: skip
    return Record(
        key=f"k{seed}", status=status, configuration=configuration, measurements=None, failure=None,
        provenance=provenance, predictions_file=None,
    )  # fmt: skip


def predictions(value: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {"split": ["test"], "id": ["1"], "label": ["a"], "predicted": [value], "probabilities": [[0.9, 0.1]]}
    )


def test_written_and_read_back(tmp_path: Path) -> None:
    written = store.write(tmp_path / "cell", make_record(), predictions())
    assert store.read(tmp_path / "cell") == written
    found = store.read_predictions(tmp_path / "cell", written)
    assert found.predicted.tolist() == ["a"]
    assert found.probabilities[0].tolist() == [0.9, 0.1]
    assert store.status(tmp_path / "cell") is Status.OK
    assert list(store.scan(tmp_path)) == [tmp_path / "cell"]


def test_no_record_is_none(tmp_path: Path) -> None:
    assert store.read(tmp_path) is None
    assert store.status(tmp_path) is None


def test_a_new_record_takes_the_place_of_the_old_pair(tmp_path: Path) -> None:
    store.write(tmp_path, make_record(), predictions("a"))
    (tmp_path / ".record.json.left-by-a-killed-writer").touch()
    second = store.write(tmp_path, make_record(), predictions("b"))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([store.RECORD, second.predictions_file])
    assert store.read_predictions(tmp_path, second).predicted.tolist() == ["b"]


def test_same_content_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        store.write(tmp_path / name, make_record(), predictions())
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = store.write(tmp_path, make_record(), predictions("a"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(OSError, match="No space"):
            store.write(tmp_path, make_record(Status.ERROR), predictions("b"))
    assert store.read(tmp_path) == before
    assert store.read_predictions(tmp_path, before).predicted.tolist() == ["a"]


def test_a_writer_killed_before_the_rename_leaves_no_record(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, pathlib; sys.path.insert(0, os.getcwd())\n"
        "from tests.results.test_store import make_record, predictions\n"
        "from bench.results import store\n"
        "replace = os.replace\n"
        "def dying(a, b):\n"
        "    if str(b).endswith('record.json'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    replace(a, b)\n"
        "os.replace = dying\n"
        f"store.write(pathlib.Path({str(tmp_path)!r}), make_record(), predictions())\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[2])
    assert result.returncode == -9
    assert any(tmp_path.iterdir())  # it was in the middle of it
    assert store.read(tmp_path) is None
    store.write(tmp_path, make_record(), predictions())
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema_version": "1"}', '{"schema_version": 1}', "\xff"])
def test_unreadable_records_count_as_not_done(tmp_path: Path, content: str) -> None:
    (tmp_path / store.RECORD).write_text(content, encoding="latin-1")
    with pytest.raises(store.UnreadableRecord):
        store.read(tmp_path)
    assert store.status(tmp_path) is None


def test_a_record_of_a_newer_version_is_refused() -> None:
    newer = json.loads(make_record().to_json()) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(ValueError, match="newer"):
        parse(json.dumps(newer))


@pytest.mark.parametrize("version", [0, -(10**15)])
def test_a_version_that_never_was_is_refused(version: int) -> None:
    odd = json.loads(make_record().to_json()) | {"schema_version": version}
    with pytest.raises(ValueError, match="never was"):
        parse(json.dumps(odd))


def test_infinities_become_null() -> None:
    record = make_record()
    identity = {"a": float("nan"), "b": float("inf")}
    odd = record.model_copy(update={"configuration": record.configuration.model_copy(update={"identity": identity})})
    assert json.loads(odd.to_json())["configuration"]["identity"] == {"a": None, "b": None}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_old_records_keep_loading(path: Path) -> None:
    record = parse(path.read_text(encoding="utf-8"))
    assert record.schema_version == SCHEMA_VERSION
    assert record.status is Status.OK
    assert record.measurements.test.accuracy > 0.5


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_version_that_only_adds_is_read_in_one_and_the_same_as_step_by_step(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = parse(path.read_text())
    assert quick.schema_version == SCHEMA_VERSION
    monkeypatch.setattr(record_module, "MIGRATIONS", {number: lambda content: content for number in MIGRATIONS})
    assert parse(path.read_text()) == quick
    monkeypatch.setattr(record_module, "MIGRATIONS", dict.fromkeys(MIGRATIONS, only_adds))
    monkeypatch.setattr(record_module.json, "loads", None)
    parse(path.read_text())


def test_there_is_a_golden_record_of_every_version() -> None:
    versions = {json.loads(path.read_text(encoding="utf-8"))["schema_version"] for path in GOLDEN.glob("*.json")}
    assert versions == set(range(1, SCHEMA_VERSION + 1))


def test_what_is_written_is_noted_with_the_stamp_that_it_has(tmp_path: Path) -> None:
    store.write_atomically(tmp_path / "before", b"1")
    with store.record_writes() as files:
        store.write_atomically(tmp_path / "one", b"22")
        store.write_atomically(tmp_path / "one", b"333")
    store.write_atomically(tmp_path / "after", b"4")
    assert files == {tmp_path / "one": store.file_stamp(tmp_path / "one")}
    assert store.file_stamp(tmp_path / "none") is None


def test_looks_are_at_the_files_that_begin_so(tmp_path: Path) -> None:
    for name in ("predictions-2", "predictions-1", "log.txt", ".predictions-3"):
        (tmp_path / name).write_text(name)
    names = [look[0] for look in store.file_states(tmp_path, store.RECORD, store.PREDICTIONS)]
    assert names == ["predictions-1", "predictions-2"]
    assert store.file_states(tmp_path / "none", store.RECORD) == []
