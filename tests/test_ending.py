"""How verbs end."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf.errors import OmegaConfBaseException

from bench.ending import ended_as_interrupted, exit_code
from bench.errors import UserError
from bench.options.refusal import refusals
from bench.publish.upload import NotSent
from tests.support.cli import REPOSITORY, environment


def raising(error: BaseException) -> Callable[[], int]:
    @refusals()
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("--to is wrong"), 2, "error: --to is wrong\n"),
        (NotSent("no network"), 1, "error: no network\n"),
        (OmegaConfBaseException("seed=x is none"), 2, "error: seed=x is none\n"),
        (KeyboardInterrupt(), 130, "interrupted: nothing was kept\n"),
        (KeyboardInterrupt("all of it is there"), 130, "interrupted: all of it is there\n"),
    ],
)
def test_what_ends_a_verb_is_one_line_and_a_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(raising(error), interrupted="nothing was kept") == code
    assert capsys.readouterr() == ("", said)


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code(raising(ZeroDivisionError()))


def test_the_code_is_that_of_the_work() -> None:
    assert exit_code(lambda: 1) == 1


def test_signals_to_end_are_as_ctrl_c_and_ignored_ones_stay_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup leaves it
    try:
        with ended_as_interrupted():
            signal.raise_signal(signal.SIGHUP)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interruption_of_code_in_a_string_is_forgotten(tmp_path: Path) -> None:
    """As of a dataclass that was being made."""
    lines = ["import sys", "from bench.ending import forget_interruption"]
    lines += ["try: exec('raise KeyboardInterrupt')", "except KeyboardInterrupt: forget_interruption()", "sys.exit(0)"]
    (tmp_path / "interrupted.py").write_text("\n".join(lines))
    env = environment(tmp_path, {"PYTHONPATH": str(tmp_path)})
    assert subprocess.run([sys.executable, "-m", "interrupted"], cwd=REPOSITORY, env=env, check=False).returncode == 0
