"""Records are believed only as far as they can be true, and never wait or die."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from bench import rights
from bench.compose import to_cell
from bench.report.inputs.records import ExpectedCell
from bench.results import store
from bench.results.record import Record, as_text, parse
from bench.results.regular import read_json, read_regular
from tests.report import simulate
from tests.test_cell import content as of_a_cell


@pytest.fixture
def content(tmp_path: Path) -> dict:
    record = simulate.write(ExpectedCell(tmp_path, "key", "minilm", "lora", "data", 2, 32, 0), max_length=64)
    return json.loads(record.to_json())


ODD = {
    "measurements.test.accuracy": [5.0, -0.1, float("nan"), float("inf"), 0.123, "x", None],
    "measurements.test.macro_f1": [1.5, float("nan")],
    "measurements.test.num_examples": [0, -1, 1e30, 7],
    "measurements.test.confusion_matrix": [[], [[1, 2]], [[1], [2]], [[1, -2], [3, 4]], [[10**9, 0], [0, 0]]],
    "measurements.test.loss": [float("nan"), -1.0],
    "measurements.validation.accuracy": [2.0, 0.001],
    "measurements.examples.num_test": [1e30, 3],
    "measurements.examples.labels": [["other", "names"], []],
    "measurements.seconds.total": [float("inf"), -1.0, float("nan")],
    "measurements.seconds.train": [-0.5],
    "measurements.memory.peak_process": [1e30, -1],
    "configuration.seed": [2**70],
    "configuration.train_size": [-1],
    "provenance.python": ["\ud800", 3],
    "configuration.identity": [{"a": "\ud83d"}, []],
    "schema_version": [True, 5.0, "5", None],
}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in ODD.items() for value in values], ids=str
)
def test_what_can_not_be_true_is_refused(content: dict, path: str, value: object) -> None:
    place = content
    *parts, last = path.split(".")
    for part in parts:
        place = place[part]
    place[last] = value
    with pytest.raises(ValueError):  # noqa: PT011  # the messages are pydantic's
        parse(json.dumps(content))


@pytest.mark.parametrize("text", ["[" * 200_000 + "]" * 200_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "9" * 5000])
def test_deep_and_long_json_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(text)
    (tmp_path / store.RECORD).write_text(text)
    with pytest.raises(store.UnreadableRecord):
        store.read(tmp_path)
    with pytest.raises(ValueError):  # noqa: PT011
        read_json(tmp_path / store.RECORD)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "loop"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / store.RECORD
    make = {
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "device": lambda: path.symlink_to("/dev/zero"),
        "loop": lambda: path.symlink_to(path),
    }
    make[kind]()
    with pytest.raises(store.UnreadableRecord):
        store.read(tmp_path)
    assert store.status(tmp_path) is None


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 11)
    assert read_regular(tmp_path / "file", 11) == b"x" * 11
    with pytest.raises(OSError, match="larger"):
        read_regular(tmp_path / "file", 10)
    with pytest.raises(OSError, match="not a file name"):
        read_regular(Path("a\0b"))


def test_a_name_that_is_no_utf_8_leaves_a_record(tmp_path: Path) -> None:
    record = simulate.write(ExpectedCell(tmp_path, "key", "minilm", "lora", "data", 2, 32, 0))
    name = os.fsdecode(b"/data/\xff.csv")
    changed = record.configuration.model_copy(update={"identity": {"path": name, "odd": float("nan")}})
    store.write(tmp_path, record.model_copy(update={"configuration": changed}))
    read = store.read(tmp_path)
    assert isinstance(read, Record)
    assert read.configuration.identity == {"path": r"/data/\xff.csv", "odd": None}
    assert [as_text(text) for text in ("plain é", "\ud83d", name)] == ["plain é", r"\ud83d", r"/data/\xff.csv"]


def test_files_of_a_cell_have_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        store.write_atomically(tmp_path / "file", b"")
        (tmp_path / "folder").mkdir(mode=0o700)
        rights.share(tmp_path / "folder")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750


def test_a_text_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    from bench.running.run import NOBODY, RecordUnwritten, write

    cell = ExpectedCell(tmp_path / "cell", "key", "minilm", "lora", "data", 2, 32, 0)
    record = simulate.write(cell, max_length=64)
    before = (cell.folder / store.RECORD).read_bytes()
    odd = pd.DataFrame({"split": ["test"], "id": ["half \ud83d"], "label": ["a"]}, dtype="object")
    with pytest.raises(RecordUnwritten, match=r"cell cannot be written: ") as caught:
        write(NOBODY, to_cell(of_a_cell()), cell.folder, record, predictions=odd)
    assert "\n" not in str(caught.value)
    assert (cell.folder / store.RECORD).read_bytes() == before
