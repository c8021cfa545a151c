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
