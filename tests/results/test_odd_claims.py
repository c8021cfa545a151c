"""What stands in the place of a claim and is none: never an end without words, never a wait without end."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.results import claims
from bench.results.claims import CLAIM, Claim, Claims, Odd, look, read
from bench.results.processes import machine

GOOD = asdict(Claim(owner="x", host="h", machine=machine(), processes=("999999999@1",), device="cpu", started="2026"))

TORN = [b"", b'{"owner"', b"\0" * 300, b"[" * 100_000, b'{"owner": "\xff"}', b'{"owner": "\\ud800"}']
ODD = [
    b"5",
    b"[]",
    b"9" * 5000,
    b'{"a":' * 100 + b"1" + b"}" * 100,
    *(
        json.dumps({**GOOD, **change}).encode()
        for change in (
            {"processes": ["abc"]},
            {"processes": ["9" * 5000 + "@1"]},
            {"processes": ["../../1@1"]},
            {"processes": [1]},
            {"processes": []},
            {"processes": "1@1"},
            {"processes": None},
            {"host": 3},
            {"host": "h" * 5000},
            {"machine": ["m"]},
            {"started": None},
            {"job": 17},
        )
    ),
]


@pytest.mark.parametrize("content", [*TORN, *ODD], ids=lambda content: repr(content[:40]))
def test_odd_content_is_no_claim_and_falls_when_it_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.1)
    (tmp_path / CLAIM).write_bytes(content)
    assert read(tmp_path) is None
    found = look(tmp_path)
    assert isinstance(found, Odd)
    assert found.reason
    mine = Claims(tmp_path)
    assert not mine.take(tmp_path, "cpu"), "its owner may be alive"
    time.sleep(0.15)
    assert mine.take(tmp_path, "cpu")
    mine.release(tmp_path)
    assert not (tmp_path / CLAIM).exists()


@pytest.mark.parametrize("content", [b"", b'{"owner"', b'{"owner": "x", "host"'])
def test_half_a_claim_is_not_waited_for_as_long_as_a_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    assert claims.TOUCH_SECONDS < claims.TORN_SECONDS < claims.STALE_SECONDS / 2
    monkeypatch.setattr(claims, "TORN_SECONDS", 0.1)
    (tmp_path / CLAIM).write_bytes(content)
    mine = Claims(tmp_path)
    assert not mine.take(tmp_path, "cpu")
    time.sleep(0.15)
    assert mine.take(tmp_path, "cpu")


def test_half_a_claim_that_is_touched_has_an_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "TORN_SECONDS", 0.1)
    (tmp_path / CLAIM).write_bytes(b'{"owner"')
    mine = Claims(tmp_path)
    for beat in range(3):
        os.utime(tmp_path / CLAIM, (beat, beat))
        assert not mine.take(tmp_path, "cpu")
        time.sleep(0.15)


def test_who_wrote_so_slowly_that_another_has_the_claim_does_not_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without hard links: the file is made first and filled then, and somebody may put his own in its place."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    content = claims._content

    def slow(claim: Claim) -> bytes:
        path = tmp_path / "cell" / CLAIM
        if path.exists():  # it is being filled
            path.unlink()
            path.write_bytes(content(Claim(**{**GOOD, "owner": "quicker"})))
        return content(claim)

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(claims, "_content", slow)
    assert not Claims(tmp_path).take(tmp_path / "cell", "cpu")


def directory(path: Path) -> None:
    path.mkdir(parents=True)


def fifo(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def dangling(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("nowhere")


def device(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/zero")


def no_folder(path: Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file where the cell's folder should be")


IN_THE_WAY = [directory, fifo, dangling, device, no_folder]


@pytest.mark.parametrize("make", IN_THE_WAY)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make) -> None:
    make(tmp_path / "cell" / CLAIM)
    assert read(tmp_path / "cell") is None
    with pytest.raises(OSError, match=r"not a regular file|File exists"):
        Claims(tmp_path).take(tmp_path / "cell", "cpu")


def test_a_claim_that_cannot_be_read_counts_while_it_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's, whose umask is 077."""
    from bench.results import claim_file

    def refuse(path: Path, most: int) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(claim_file, "read_regular", refuse)
    monkeypatch.setattr(claims, "STALE_SECONDS", 0.1)
    (tmp_path / CLAIM).write_text(json.dumps(GOOD))
    mine = Claims(tmp_path)
    assert not mine.take(tmp_path, "cpu")
    time.sleep(0.15)
    os.utime(tmp_path / CLAIM, (1, 1))
    assert not mine.take(tmp_path, "cpu")
    time.sleep(0.15)
    assert mine.take(tmp_path, "cpu")


def test_a_claim_that_cannot_be_given_up_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    with Claims(tmp_path) as mine:
        assert mine.take(tmp_path / "cell", "cpu")
        monkeypatch.setattr(Path, "unlink", refuse)
        mine.release(tmp_path / "cell")
    assert mine.held == {}
