import dataclasses
import hashlib
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bench.errors import UserError
from bench.sources import wheel as module
from bench.sources.wheel import fetch

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def kept(cache: Path) -> list[str]:
    """What the cache holds beside lock files."""
    return sorted(path.name for path in (cache / "wheels").glob("*") if path.suffix != ".lock")


def message(wheel, cache) -> str:
    with pytest.raises(UserError) as caught:
        fetch(wheel, cache)
    text = str(caught.value)
    assert "\n" not in text
    assert kept(cache) == []
    return text


def test_brings_what_is_below_the_root_and_says_so(wheel, cache, capsys):
    folder = fetch(wheel, cache)
    assert files_below(folder) == ["a/1.txt", "b/2.txt"]
    assert (folder / "a" / "1.txt").read_bytes() == b"one"
    assert capsys.readouterr().err == "fetching tiny-texts==1.0 ...\n"
    (name,) = kept(cache)
    assert name.startswith(f"tiny-texts-1.0-{wheel.sha256[:12]}")
    assert files_below(cache / "wheels" / name) == ["tiny/data/a/1.txt", "tiny/data/b/2.txt"]


def test_what_is_there_is_neither_downloaded_nor_locked(wheel, cache, monkeypatch, capsys):
    first = fetch(wheel, cache)
    capsys.readouterr()
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("a second download"))
    monkeypatch.setattr(module, "shared_lock", lambda *a, **k: pytest.fail("a lock, in a cache that may be read-only"))
    assert fetch(wheel, cache) == first
    assert capsys.readouterr().err == ""


def test_the_root_may_be_a_file_and_two_roots_of_a_wheel_do_not_hide_each_other(wheel, cache):
    file = fetch(dataclasses.replace(wheel, root="tiny/data/a/1.txt"), cache)
    assert file.read_bytes() == b"one"
    assert files_below(fetch(wheel, cache)) == ["a/1.txt", "b/2.txt"]


def test_a_wrong_hash_is_refused(wheel, cache):
    text = message(dataclasses.replace(wheel, sha256="0" * 64), cache)
    assert "tiny-texts==1.0" in text
    assert wheel.sha256 in text
    assert "wheel.sha256" in text


def test_the_hash_is_checked_even_if_pip_did_not(wheel, cache, monkeypatch, shelf):
    def careless_pip(command, **_options):
        downloads = Path(command[command.index("--dest") + 1])
        downloads.mkdir()
        (downloads / "tiny_texts-1.0-py3-none-any.whl").write_bytes(b"something else")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", careless_pip)
    assert hashlib.sha256(b"something else").hexdigest() in message(wheel, cache)


def test_a_package_that_no_index_has_is_told_in_pips_words(wheel, cache):
    text = message(dataclasses.replace(wheel, package="tiny-nothing"), cache)
    assert "tiny-nothing==1.0 cannot be downloaded" in text
    assert "No matching distribution found" in text
    assert "pip config list" in text


def test_an_index_that_does_not_answer_is_told_apart():
    stderr = "WARNING: Retrying (...)\nERROR: Could not find\nERROR: No matching distribution found for x==1\n"
    wheel = module.WheelConfig(package="x", version="1", sha256="0" * 64, root="x")
    assert "no package index answered: check the network" in str(module._download_error(wheel, stderr))


def test_a_missing_root_names_what_is_there(wheel, cache):
    text = message(dataclasses.replace(wheel, root="tiny/date"), cache)
    assert "wheel.root='tiny/date'" in text
    assert "tiny, tiny_texts-1.0.dist-info" in text


@pytest.mark.parametrize("name", ["tiny/data/../../../evil.txt", "../evil.txt", "/evil.txt", "tiny/data/..\\..\\evil"])
def test_a_member_that_leads_out_of_the_folder_is_refused(shelf, cache, name):
    wheel = shelf.add({"tiny/data/1.txt": b"one", name: b"evil"})
    assert "unsafe path" in message(wheel, cache)


@pytest.mark.parametrize(
    "change",
    [{"package": "x --index-url=y"}, {"package": "../x"}, {"version": "1/.."}, {"root": "../x"}, {"root": "/x"}],
)
def test_names_that_would_lead_astray_are_refused(wheel, cache, change):
    assert f"wheel.{next(iter(change))}=" in message(dataclasses.replace(wheel, **change), cache)


def test_a_cache_that_cannot_be_written_is_told(wheel, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(UserError, match=r"^tiny-texts==1.0: cannot write to .* set cache_dir=FOLDER"):
        fetch(wheel, tmp_path / "cache")


@pytest.mark.parametrize("where", [(zipfile.ZipFile, "extract"), (os, "rename")])
def test_an_interrupted_fetch_leaves_nothing_and_the_next_completes(wheel, cache, monkeypatch, where):
    with monkeypatch.context() as patch:
        patch.setattr(*where, lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            fetch(wheel, cache)
    assert kept(cache) == []
    assert files_below(fetch(wheel, cache)) == ["a/1.txt", "b/2.txt"]


PROCESS = """
import sys, time
from pathlib import Path
from bench.config import WheelConfig
from bench.sources import wheel as module

def stop(*_):
    print("stopped here", flush=True)
    time.sleep(60)

if sys.argv[1] != "nowhere":
    setattr(module, sys.argv[1], stop)
print(module.fetch(WheelConfig(package="tiny-texts", version="1.0", sha256=sys.argv[2], root="tiny/data"),
                   Path(sys.argv[3])))
"""


def process(stop_at: str, wheel, cache: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, stop_at, wheel.sha256, str(cache)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("stop_at", ["download", "_unpack"])
def test_what_a_killed_fetch_left_is_removed_by_the_next(wheel, cache, stop_at):
    with process(stop_at, wheel, cache) as killed:
        assert killed.stdout.readline() == "stopped here\n"
        killed.send_signal(signal.SIGKILL)
    (leftover,) = kept(cache)
    assert ".partial-" in leftover
    assert files_below(fetch(wheel, cache)) == ["a/1.txt", "b/2.txt"]
    assert len(kept(cache)) == 1
    assert leftover not in kept(cache)


def test_of_two_processes_one_fetches(wheel, cache):
    both = [process("nowhere", wheel, cache) for _ in range(2)]
    ends = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert len({out for out, _ in ends}) == 1
    assert sum(err.count("fetching") for _, err in ends) == 1
    assert len(kept(cache)) == 1


def test_a_wheel_in_a_mirror_is_taken_from_there(wheel, shelf, cache, monkeypatch, capsys):
    mirror = cache.parent / "mirror"
    shelf.folder.rename(mirror)
    (mirror / "wheels").mkdir()
    (mirror / "wheels" / "no-wheel.whl").touch()
    (mirror / "tiny_texts-1.0-py3-none-any.whl").rename(mirror / "wheels" / "Tiny.Texts-1.0.0-py3-none-any.whl")
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("pip was asked"))
        assert files_below(fetch(wheel, cache, str(mirror))) == ["a/1.txt", "b/2.txt"]
        assert capsys.readouterr().err == ""
        other = dataclasses.replace(wheel, sha256="0" * 64)
        with pytest.raises(UserError, match=rf"^tiny-texts==1.0: the SHA-256 of the wheel is {wheel.sha256}, not 000"):
            fetch(other, cache, str(mirror))
    with pytest.raises(UserError, match=r"^tiny-texts==2.0 cannot be downloaded"):
        fetch(dataclasses.replace(wheel, version="2.0"), cache, str(mirror))
