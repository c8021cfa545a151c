"""The index spares reading records and is never trusted over them."""

import json
import os
import shutil
from pathlib import Path

import pytest

from bench.compose import to_cell, to_settings
from bench.results import store
from bench.results.record import Status
from bench.sweep.cost import BASELINE, recorded_cost
from bench.sweep.index import INDEX, Index
from bench.sweep.missing import records, wanted
from tests.support.cli import call, composed
from tests.sweep import simulated


@pytest.fixture
def configs(tmp_path: Path) -> list[dict]:
    """The points of a grid of 8 cells, all of them finished, with results in `tmp_path/results`."""
    made = composed(*simulated.small(tmp_path), f"results_dir={tmp_path / 'results'}")
    simulated.finish(made, tmp_path / "results")
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders whose records are read from now on."""
    folders: list[Path] = []
    original = store.read
    monkeypatch.setattr(store, "read", lambda folder: folders.append(folder) or original(folder))
    return folders


def todo(configs: list[dict]) -> set[str]:
    """Keys of the cells to run, as a sweep that starts now finds them."""
    cells = list(map(to_cell, configs))
    return {cell.key for cell in wanted(cells, to_settings(configs[0]))[0]}


def record_of(configs: list[dict], number: int) -> tuple[str, Path]:
    """Key and record file of a cell."""
    cell = to_cell(configs[number])
    return cell.key, cell.folder(configs[0]["results_dir"]) / store.RECORD


def test_each_record_is_read_once(configs: list[dict], read: list[Path]) -> None:
    assert todo(configs) == set()
    assert len(read) == len(set(read)) == 8
    assert todo(configs) == set()
    cells = list(map(to_cell, configs))
    assert [record.status for _, record in records(cells, to_settings(configs[0])) if record] == [Status.OK] * 8
    assert len(read) == 8


@pytest.mark.parametrize("damage", ["", "{", '{"schema_version": 1}', "nonsense", '{"schema_version": 99}'])
def test_a_damaged_record_is_not_done(configs: list[dict], damage: str, read: list[Path]) -> None:
    assert todo(configs) == set()
    key, path = record_of(configs, 3)
    path.write_text(damage)
    for _ in range(2):  # nothing is remembered of it
        assert todo(configs) == {key}
    assert len(read) == 8 + 2


def test_records_that_cannot_be_used_are_said_in_one_line(
    configs: list[dict], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their cells count as missing; that is said, in a sweep, a plan and a status."""
    (first, damaged), (_, other) = record_of(configs, 0), record_of(configs, 1)
    damaged.write_text("[" * 100_000)
    todo(configs)
    said = capsys.readouterr().err
    assert said.startswith(f"warning: 1 record cannot be used, and its cell counts as missing: {damaged.parent}: ")
    assert said.count("\n") == 1
    other.write_text(record_of(configs, 2)[1].read_text())
    words = ["--config-dir", str(tmp_path / "conf"), "-m", "+experiment=mine"]
    for command in ("plan", "status"):
        folders = (f"results_dir={tmp_path / 'results'}", f"cache_dir={tmp_path / 'cache'}")
        assert call(*words, f"command={command}", *folders) == 0
        said = capsys.readouterr().err
        assert said.startswith("warning: 2 records cannot be used, and their cells count as missing, the first ")
        assert said.count("\n") == 1
    assert first in said


def test_damage_that_keeps_the_size_is_seen(configs: list[dict]) -> None:
    assert todo(configs) == set()
    key, path = record_of(configs, 0)
    path.write_bytes(b"x" * path.stat().st_size)
    assert todo(configs) == {key}


def test_a_replaced_record_counts_as_it_is_now(configs: list[dict]) -> None:
    assert todo(configs) == set()
    cell = to_cell(configs[5])
    simulated.finish([configs[5]], Path(configs[0]["results_dir"]), status=lambda _: Status.OOM)
    assert todo(configs) == {cell.key}
    [(_, record)] = records([cell], to_settings(configs[0]))
    assert record is not None
    assert record.status is Status.OOM
    record_of(configs, 5)[1].unlink()
    assert records([cell], to_settings(configs[0])) == [(cell, None)]


def test_another_cells_record_is_not_this_ones(configs: list[dict]) -> None:
    (key, path), (_, other) = record_of(configs, 0), record_of(configs, 1)
    path.write_bytes(other.read_bytes())
    assert todo(configs) == {key}


def test_ok_without_numbers_is_not_done(configs: list[dict]) -> None:
    key, path = record_of(configs, 0)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"measurements": None}))
    assert todo(configs) == {key}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b"[]", b'{"format": 1, "entries": {"a": {}}}'])
def test_an_index_that_is_of_no_use_is_made_anew(configs: list[dict], content: bytes, read: list[Path]) -> None:
    index = Path(configs[0]["results_dir"]) / INDEX
    index.write_bytes(content)
    assert todo(configs) == set()
    assert len(read) == 8
    assert todo(configs) == set()
    assert len(read) == 8


def test_an_index_of_another_format_is_made_anew(configs: list[dict], read: list[Path]) -> None:
    assert todo(configs) == set()
    index = Path(configs[0]["results_dir"]) / INDEX
    content = json.loads(index.read_text())
    for entry in content["entries"].values():
        entry["status"] = "oom"
    index.write_text(json.dumps(content | {"format": content["format"] + 1}))
    assert todo(configs) == set()
    assert len(read) == 16


def test_where_it_cannot_be_written_records_are_read_again(
    configs: list[dict], read: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(store, "write_atomically", refuse)
    for times in (1, 2):
        assert todo(configs) == set()
        assert len(read) == 8 * times
    assert not (Path(configs[0]["results_dir"]) / INDEX).exists()


def test_two_at_once_lose_nothing_of_each_other(configs: list[dict], read: list[Path]) -> None:
    results = configs[0]["results_dir"]
    with Index(results) as first, Index(results) as second:
        for index, part in ((first, configs[:4]), (second, configs[4:])):
            assert all(index.of(to_cell(config)) is not None for config in part)
    assert todo(configs) == set()
    assert len(read) == 8


def test_records_that_are_gone_are_forgotten(configs: list[dict]) -> None:
    assert todo(configs) == set()
    gone, path = record_of(configs, 0)
    path.unlink()
    record = record_of(configs, 1)[1]
    os.utime(record, ns=(0, record.stat().st_mtime_ns + 1))  # something new to keep
    assert todo(configs) == {gone}
    entries = json.loads((Path(configs[0]["results_dir"]) / INDEX).read_text())["entries"]
    assert len(entries) == 7


@pytest.mark.parametrize("copy", ["topics.bak/{row}/{key}", "topics/{row}/{key}.bak"])
def test_nothing_is_learned_of_a_copy(configs: list[dict], tmp_path: Path, copy: str) -> None:
    """What a row's cells took is known of each cell once."""
    (_, record), results = record_of(configs, 0), tmp_path / "results"
    row, key = record.parent.parent.name, record.parent.name
    shutil.copytree(record.parent, results / copy.format(row=row, key=key))
    found = [entry.key for entry in Index(results).row(row, at_most=100)]
    assert len(found) == len(set(found)) == 4
    shutil.rmtree(record.parent)
    assert todo(configs) == {key}
    assert key not in {entry.key for entry in Index(results).row(row, at_most=100)}


def test_looking_makes_no_folder(tmp_path: Path) -> None:
    configs = composed(*simulated.small(tmp_path), f"results_dir={tmp_path / 'results'}")
    assert len(todo(configs)) == 8
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"cost": 0},
        {"cost": -1.0},
        {"cost": 1e400},
        {"total": -5.0},
        {"loading": "x"},
        {"longest": 2**70},
        {"status": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["status", "plan"])
def test_an_entry_that_cannot_be_true_is_not_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict, command: str
) -> None:
    words = simulated.small(tmp_path)
    simulated.finish(composed(*words), tmp_path / "results", lambda cell: Status.OK if cell.task.seed == 0 else None)
    before = simulated.said(command, words, tmp_path, capsys)
    path = tmp_path / "results" / INDEX
    content = json.loads(path.read_text())
    for entry in content["entries"].values():
        entry.update(change)
    path.write_text(json.dumps(content))
    assert simulated.said(command, words, tmp_path, capsys) == before


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_an_index_that_is_no_file_is_of_no_use(configs: list[dict], make) -> None:
    path = Path(configs[0]["results_dir"]) / INDEX
    make(path)
    assert todo(configs) == set()


ODD_IDENTITIES = [
    {"method": "x", "task": []},
    {"method": {}, "task": {"train_size": "16"}},
    {"method": {}, "task": {"train_size": None}},
    {"method": {}, "task": {"train_size": -(10**9)}},
    {"method": {}, "task": {"train_size": 10**400}},
    {"method": {}, "task": {}, "training": "lora"},
    {"method": {}, "task": {}, "training": {"min_steps": "3"}},
    {"method": {}, "task": {}, "training": {}, "tune": {"rate": 1}},
    {"method": {}, "task": {}, "training": {}, "tune": {"learning_rate": 3}},
    {"method": {}, "task": {}, "training": {"num_train_epochs": float("inf")}},
]


@pytest.mark.parametrize("identity", ODD_IDENTITIES, ids=lambda identity: str(identity)[:60])
def test_a_record_of_an_odd_identity_costs_as_a_baseline(identity: dict) -> None:
    assert recorded_cost(identity) == BASELINE


def test_records_of_odd_identities_stop_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = simulated.small(tmp_path)
    cells = simulated.finish(
        composed(*words), tmp_path / "results", lambda cell: Status.OK if cell.task.seed == 0 else None
    )
    done = [cell for cell in cells if cell.task.seed == 0]
    for cell, identity in zip(done, ODD_IDENTITIES, strict=False):
        path = cell.folder(tmp_path / "results") / store.RECORD
        content = json.loads(path.read_text())
        content["configuration"]["identity"] = identity
        path.write_text(json.dumps(content))
    (done[0].folder(tmp_path / "results").parent / "zz").write_text("no folder")
    for command in ("status", "plan", "report"):
        simulated.said(command, [*words, f"reports_dir={tmp_path / 'reports'}"], tmp_path, capsys)
