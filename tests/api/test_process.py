"""A command that refuses says why, whole."""

from pathlib import Path

import pytest

from bench.api import process
from bench.errors import UserError


def test_a_reason_with_an_error_in_it_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "refusing.py").write_text(
        "import sys\nprint('note: first', file=sys.stderr)\n"
        "sys.exit(print('error: a.csv: parser error: line 3\\n  (mend it)', file=sys.stderr) or 2)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(UserError) as caught:
        process.run([], show=False, module="refusing")
    assert str(caught.value) == "a.csv: parser error: line 3\n  (mend it)"


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        (3, RuntimeError, "python -m ending ended with exit code 3: first the last"),
        (130, KeyboardInterrupt, ""),
        (-2, KeyboardInterrupt, ""),
        (-9, RuntimeError, "python -m ending ended with exit code -9: first the last"),
    ],
)
def test_how_it_ended_otherwise_is_not_lost(
    code: int, error: type[BaseException], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = f"os._exit({code})" if code > 0 else f"os.kill(os.getpid(), {-code})"
    (tmp_path / "ending.py").write_text(
        "import os, signal, sys\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        f"print('first\\nthe last', file=sys.stderr, flush=True)\n{end}\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(error) as caught:
        process.run([], show=False, module="ending")
    assert str(caught.value) == said


@pytest.mark.parametrize("code", [0, 1])
def test_a_command_that_did_its_work_has_its_code_and_last_line(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ending.py").write_text(f"import sys\nprint('a\\nb\\n', file=sys.stderr)\nsys.exit({code})\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert process.run([], show=False, module="ending") == process.Ended(code, "b")
