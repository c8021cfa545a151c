"""Features are computed once, survive whatever happens to the processes that keep them, and take bounded room."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from bench.features import segment
from bench.features.cache import FeatureCache, Ids, key_of
from bench.features.store import Store, evict

PLENTY = 10**9
WIDTH = 8


def rows_of(ids: Ids) -> torch.Tensor:
    """What the test's trunk gives: a row a token, which says what it is of."""
    return torch.tensor(ids, dtype=torch.float32).unsqueeze(1).expand(-1, WIDTH) / 7


class Counting:
    """Computes, and says what."""

    def __init__(self) -> None:
        self.seen: list[Ids] = []

    def __call__(self, texts: Sequence[Ids]) -> Iterator[tuple[int, torch.Tensor]]:
        self.seen += texts
        yield from reversed([(i, rows_of(ids).clone()) for i, ids in enumerate(texts)])


def texts(start: int, count: int) -> list[list[int]]:
    return [[i] * (1 + i % 5) for i in range(start, start + count)]


def ensured(known: FeatureCache, wanted: list[list[int]]) -> list[list[int]]:
    """What was computed on the way; all that `known` gives is checked."""
    compute = Counting()
    known.ensure(wanted, compute)
    assert all(torch.equal(known.get(ids), rows_of(ids)) for ids in wanted)
    return compute.seen


def store(root: Path, name: str = "a", most: int = PLENTY) -> Store:
    return Store(root, name, most)


def test_one_that_forgets_knows_the_last_texts_alone() -> None:
    known = FeatureCache(None, max_bytes=200, forgets=True)
    for _ in range(3):
        assert ensured(known, texts(0, 20)) == texts(0, 20), "more than memory may hold, so through a scratch folder"
        assert ensured(known, texts(20, 2)) == texts(20, 2)
        with pytest.raises(KeyError):
            known.get(texts(0, 1)[0])


def test_each_text_is_computed_once(tmp_path: Path) -> None:
    known = FeatureCache(store(tmp_path))
    assert ensured(known, texts(0, 20) + texts(0, 20)) == texts(0, 20)
    assert ensured(known, texts(10, 20)) == texts(20, 10)
    assert known.computed == 30
    assert ensured(FeatureCache(store(tmp_path)), texts(0, 40)) == texts(30, 10), "another process"
    assert ensured(FeatureCache(store(tmp_path, "b")), texts(0, 5)) == texts(0, 5), "other features"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rows_keep_their_type_and_every_bit(dtype: torch.dtype, tmp_path: Path) -> None:
    written = {bytes([i] * 16): torch.randn(i + 1, WIDTH).to(dtype) for i in range(5)}
    store(tmp_path).write(written)
    again = store(tmp_path)
    again.refresh()
    for key, rows in written.items():
        found = again.read(key)
        assert found is not None
        assert found.dtype == dtype
        assert torch.equal(found, rows)


def test_little_memory_is_enough(tmp_path: Path) -> None:
    """Rows that memory has no room for are read from disk: from the cache, or from a folder for the time being."""
    few = 10 * WIDTH * 4
    assert ensured(FeatureCache(store(tmp_path), max_bytes=few), texts(0, 50)) == texts(0, 50)
    known = FeatureCache(None, max_bytes=few)
    assert ensured(known, texts(0, 50)) == texts(0, 50)
    assert known._size <= few
    assert known._scratch is not None
    folder = Path(known._scratch.name)
    assert list(folder.glob("*/*.safetensors"))
    del known
    assert not folder.exists()


def test_without_a_store_nothing_is_written_while_memory_has_room(tmp_path: Path) -> None:
    known = FeatureCache(None)
    assert ensured(known, texts(0, 50)) == texts(0, 50)
    assert ensured(known, texts(0, 50)) == []
    assert known._scratch is None


@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "other"])
def test_a_damaged_file_is_computed_again(damage: str, tmp_path: Path) -> None:
    ensured(FeatureCache(store(tmp_path)), texts(0, 20))
    (path,) = tmp_path.glob("a/*.safetensors")
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[-5] ^= 64
    changed = {"cut": content[: len(content) // 2], "emptied": b"", "other": b"not such a file" * 100}
    path.write_bytes(changed.get(damage, content))
    again = ensured(FeatureCache(store(tmp_path)), texts(0, 20))
    assert again == texts(0, 20) if damage != "flipped" else 0 < len(again) <= 20
    assert ensured(FeatureCache(store(tmp_path)), texts(0, 20)) == []


def test_files_not_used_for_longest_go_first(tmp_path: Path) -> None:
    for name in "abc":
        ensured(FeatureCache(store(tmp_path, name)), texts(0, 100))
    paths = {name: next(tmp_path.glob(f"{name}/*.safetensors")) for name in "abc"}
    for age, name in enumerate("abc"):
        os.utime(paths[name], (time.time() - 100 + age,) * 2)
    FeatureCache(store(tmp_path, "a")).ensure(texts(0, 1), Counting())  # uses it
    evict(tmp_path, 2 * paths["a"].stat().st_size)
    assert {name for name, path in paths.items() if path.exists()} == {"a", "c"}


def test_a_bound_smaller_than_a_cell_harms_nobody(tmp_path: Path) -> None:
    known = FeatureCache(store(tmp_path, most=100), max_bytes=100)
    assert ensured(known, texts(0, 100)) == texts(0, 100)
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*.safetensors")) <= 100
    assert all(torch.equal(known.get(ids), rows_of(ids)) for ids in texts(0, 100)), "it reads on what is removed"
    assert len(ensured(FeatureCache(store(tmp_path, most=100)), texts(0, 100))) == 100


def test_a_cache_that_cannot_be_written_costs_no_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment, "save_file", full)
    known = FeatureCache(store(tmp_path))
    assert ensured(known, texts(0, 20)) == texts(0, 20)
    assert ensured(known, texts(0, 30)) == texts(20, 10)
    assert capsys.readouterr().err == "features are not kept: [Errno 28] No space left on device\n"
    assert not list(tmp_path.glob("*/*"))


def test_what_a_killed_writer_left_is_no_feature_and_goes(tmp_path: Path) -> None:
    ensured(FeatureCache(store(tmp_path)), texts(0, 5))
    left = tmp_path / "a" / f"{segment.TEMPORARY}x"
    left.write_bytes(b"half")
    evict(tmp_path, PLENTY)
    assert left.exists()  # perhaps somebody is writing it
    os.utime(left, (time.time() - 4000,) * 2)
    assert ensured(FeatureCache(store(tmp_path)), texts(0, 5)) == []
    evict(tmp_path, PLENTY)
    assert not left.exists()


def _work(root: Path, seed: int) -> None:
    """Until it is killed: wants texts, in a bound that others press on too."""
    turn = 0
    while True:
        known = FeatureCache(store(root, most=20_000), max_bytes=500)
        wanted = texts((seed * 13 + turn * 7) % 60, 40)
        compute = Counting()
        known.ensure(wanted, compute)
        if not all(torch.equal(known.get(ids), rows_of(ids)) for ids in wanted):
            (root / "wrong").touch()
        turn += 1


def test_a_file_that_goes_while_it_is_opened_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may evict it between looking and opening."""
    ensured(FeatureCache(store(tmp_path)), texts(0, 5))
    original = segment.safe_open

    def late(path: Path, framework: str) -> object:
        path.unlink()
        try:
            return original(path, framework)
        except FileNotFoundError as error:
            raise RuntimeError("unable to open file") from error

    monkeypatch.setattr(segment, "safe_open", late)
    again = store(tmp_path)
    again.refresh()
    assert key_of([0]) not in again


def test_what_was_written_is_there_whoever_removes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "bench.features.store.evict", lambda root, _: [p.unlink() for p in root.glob("a/*.safetensors")]
    )
    known = FeatureCache(store(tmp_path), max_bytes=1)
    assert ensured(known, texts(0, 5)) == texts(0, 5)
    assert not list(tmp_path.glob("a/*"))


def test_processes_that_are_killed_harm_no_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_work, args=(tmp_path, seed)) for seed in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        time.sleep(0.4)
        assert worker.is_alive()
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    assert not (tmp_path / "wrong").exists()
    ensured(FeatureCache(store(tmp_path)), texts(0, 60))
    assert ensured(FeatureCache(store(tmp_path)), texts(0, 60)) == []


def test_a_key_is_of_every_token_in_its_place() -> None:
    keys = {key_of(ids) for ids in ([1], [1, 1], [1, 2], [2, 1], [256], [0, 1], [1, 0])}
    assert len(keys) == 7
    assert key_of((1, 2)) == key_of([1, 2])
