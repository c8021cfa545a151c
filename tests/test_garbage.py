"""When garbage is collected."""

import gc
import subprocess
import sys

import pytest

from bench.running import garbage


def test_collections_are_put_off_and_come_back() -> None:
    with garbage.gc_disabled():
        assert not gc.isenabled()
        with garbage.gc_disabled():
            pass
        assert not gc.isenabled()
        with garbage.gc_enabled():
            assert gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with garbage.gc_enabled():
        pass
    assert gc.isenabled()


def test_they_come_back_after_an_error() -> None:
    thresholds = gc.get_threshold()
    for context in (garbage.gc_disabled, garbage.gc_relaxed):
        with pytest.raises(ValueError, match="any"), context():
            raise ValueError("any")
        assert gc.isenabled()
        assert gc.get_threshold() == thresholds


def test_what_is_there_is_left_out_of_the_rare_ones() -> None:
    before = gc.get_freeze_count()
    with garbage.gc_relaxed():
        assert gc.get_freeze_count() > before
        assert gc.get_threshold() == garbage.RELAXED
    assert gc.get_freeze_count() == 0


def test_a_process_ends_without_a_last_look_and_with_its_own_exit_code() -> None:
    script = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"  # runs after what is registered later
        "from bench.running.garbage import leave_at_exit\n"
        "leave_at_exit()\n"
        "sys.exit(3)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (3, "True\n")
