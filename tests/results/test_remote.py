"""Records on a bucket: one report of them, fetched once, never written to."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from bench.cell import Cell
from bench.errors import UserError
from bench.results import remote
from bench.results.places import place_of
from bench.results.store import RECORD
from tests.support.cli import call, composed
from tests.sweep import simulated


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    return simulated.small(tmp_path)


@pytest.fixture
def results(tmp_path: Path, words: list[str]) -> tuple[Path, list[Cell]]:
    """Four of eight cells with predictions and texts, and a model that one of them kept."""
    folder = tmp_path / "elsewhere"
    cells = simulated.finish_whole(composed(*words)[:4], folder)
    (cells[0].folder(folder) / "model").mkdir()
    (cells[0].folder(folder) / "model" / "weights.bin").write_bytes(b"0" * 1000)
    return folder, cells


@pytest.fixture
def bucket(results: tuple[Path, list[Cell]]) -> Iterator[str]:
    memory = fsspec.filesystem("memory")
    memory.put(f"{results[0]}/", "/bucket/results/", recursive=True)
    yield "memory://bucket/results"
    memory.rm("/bucket", recursive=True)


@pytest.fixture
def site(results: tuple[Path, list[Cell]]) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(results[0].parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{results[0].name}"
        server.shutdown()
        thread.join()


def places(cells: list[Cell]) -> list[tuple[str, ...]]:
    return [place_of(cell.key) for cell in cells]


def content(folder: Path, of: str = "*.parquet") -> dict[str, bytes]:
    files = [*folder.rglob(RECORD), *folder.rglob(of)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.is_file()}


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files that were fetched."""
    names: list[str] = []
    fetch = remote._fetch

    def noted(system: object, paths: dict[str, str], folder: Path) -> None:
        names.extend(paths)
        fetch(system, paths, folder)

    monkeypatch.setattr(remote, "_fetch", noted)
    return names


@pytest.mark.parametrize("where", ["bucket", "site", "file"])
def test_what_a_report_reads_is_fetched_once(
    where: str,
    results: tuple[Path, list[Cell]],
    tmp_path: Path,
    fetched: list[str],
    request: pytest.FixtureRequest,
) -> None:
    folder, cells = results
    url = f"file://{folder}" if where == "file" else request.getfixturevalue(where)
    copy = remote.local_copy(url, places(cells), tmp_path / "cache")
    assert content(copy) == content(folder)
    assert len(content(folder)) > 8, "records, predictions and texts"
    assert not list(copy.rglob("weights.bin")), "models stay there"
    assert sorted(fetched) == sorted(content(folder))
    fetched.clear()
    assert remote.local_copy(url, places(cells), tmp_path / "cache") == copy
    assert fetched == []
    (copy / next(iter(content(copy)))).write_bytes(b"cut")
    (copy / f"{remote.NEW}killed").mkdir()
    remote.local_copy(url, places(cells), tmp_path / "cache")
    assert len(fetched) == 1, "what is damaged here is fetched again"
    assert not list(copy.glob(f"{remote.NEW}*"))
    assert content(copy) == content(folder)


def test_what_is_another_there_is_fetched_anew_and_what_is_gone_is_gone(
    results: tuple[Path, list[Cell]], bucket: str, tmp_path: Path, fetched: list[str]
) -> None:
    _, cells = results
    copy = remote.local_copy(bucket, places(cells), tmp_path)
    first, second = ("/".join((*place_of(cell.key), RECORD)) for cell in cells[:2])
    fetched.clear()
    memory = fsspec.filesystem("memory")
    memory.pipe(f"/bucket/results/{first}", b"{}")
    memory.rm(f"/bucket/results/{second}")
    remote.local_copy(bucket, places(cells), tmp_path)
    assert fetched == [first]
    assert (copy / first).read_bytes() == b"{}"
    assert not (copy / second).exists()


def test_an_entity_tag_says_more_than_a_time() -> None:
    """Of one size and written in one second."""
    info = {"size": 3, "LastModified": "now"}
    assert remote._state(None, "", {**info, "ETag": "a"}) != remote._state(None, "", {**info, "ETag": "b"})
    assert remote._state(None, "", {**info, "ETag": "a"}) == remote._state(
        None, "", {**info, "LastModified": "later", "ETag": "a"}
    ), "written again, and the same"
    assert remote._state(None, "", info) != remote._state(None, "", {**info, "size": 4})


def test_cells_of_other_grids_are_left_there(
    results: tuple[Path, list[Cell]], bucket: str, tmp_path: Path, fetched: list[str]
) -> None:
    remote.local_copy(bucket, places(results[1][:1]), tmp_path)
    assert [name for name in fetched if name.endswith(RECORD)] == ["/".join((*place_of(results[1][0].key), RECORD))]


def test_one_report_of_a_folder_and_a_bucket(
    words: list[str], results: tuple[Path, list[Cell]], bucket: str, tmp_path: Path
) -> None:
    simulated.finish_whole(composed(*words)[4:], tmp_path / "results")
    before = content(results[0], "*")
    report = [*words, "command=report", f"results_dir={tmp_path / 'results'}", f"cache_dir={tmp_path / 'cache'}"]
    assert call(*report, f"reports_dir={tmp_path / 'a'}", f"more_results=[{bucket}]") == 0
    assert call(*report, f"reports_dir={tmp_path / 'b'}", f"more_results=[{results[0]}]") == 0
    one, other = (pd.read_csv(tmp_path / name / "mine" / "results.csv") for name in "ab")
    pd.testing.assert_frame_equal(one, other)
    assert one["status"].tolist() == ["ok"] * 8
    memory = fsspec.filesystem("memory")
    there = {path.removeprefix("/bucket/results/"): memory.cat(path) for path in memory.find("/bucket/results")}
    assert there == before, "nothing is written there"


MISSING = {
    "s3://bucket/results": "more_results=s3://bucket/results needs a package that is not installed: Install s3fs",
    "nowhere://x": "more_results=nowhere://x: Protocol not known: nowhere",
    "memory://not/there": "more_results: nothing is there at memory:///not/there, or",
    "http://127.0.0.1:1/results": "more_results: nothing is there at http://127.0.0.1:1/results, or",
}


@pytest.mark.parametrize("url", MISSING)
def test_what_cannot_be_read_is_said_in_a_line(
    url: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    report = [*words, "command=report", f"results_dir={tmp_path / 'results'}", f"cache_dir={tmp_path / 'cache'}"]
    assert call(*report, f"reports_dir={tmp_path / 'a'}", f"more_results=[{url}]") == 2
    said = capsys.readouterr().err
    assert MISSING[url] in said
    assert said.count("\n") == 1


def test_what_is_there_no_more_is_not_taken_from_the_copy(results: tuple[Path, list[Cell]], tmp_path: Path) -> None:
    folder, cells = results
    remote.local_copy(f"file://{folder}", places(cells), tmp_path)
    shutil.rmtree(folder)
    with pytest.raises(UserError, match="nothing is there"):
        remote.local_copy(f"file://{folder}", places(cells), tmp_path)


def test_a_fault_on_the_way_leaves_what_was_there(
    results: tuple[Path, list[Cell]], bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cells = results
    copy = remote.local_copy(bucket, places(cells), tmp_path)
    before = content(copy)
    for path in fsspec.filesystem("memory").glob("/bucket/results/**/record.json"):
        fsspec.filesystem("memory").pipe(path, b"{}")

    def broken(*_: object, **__: object) -> None:
        raise OSError("the line was cut")

    monkeypatch.setattr(MemoryFileSystem, "get_file", broken)
    with pytest.raises(UserError, match=r"more_results=memory://bucket/results cannot be read: the line was cut"):
        remote.local_copy(bucket, places(cells), tmp_path)
    assert content(copy) == before
    assert not list(copy.glob(".new.*"))


def test_results_are_written_to_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("-m", "model=tfidf_sgd", "results_dir=s3://bucket/results") == 2
    assert "results_dir=s3://bucket/results: " in capsys.readouterr().err
