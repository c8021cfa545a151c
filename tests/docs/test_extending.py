"""The code that docs/extending.md shows does what the page says."""

import re
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from bench.compose import to_cell
from bench.results.record import Status
from bench.running.observers import chosen
from bench.settings import Settings
from tests.results.test_store import make_record
from tests.support.cli import REPOSITORY
from tests.test_cell import content

PAGE = (REPOSITORY / "docs/extending.md").read_text("utf-8")


def test_the_observer_is_told_of_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"^    from bench\.running\.observers.*?(?=^\S)", PAGE, re.M | re.S)
    (tmp_path / "printer.py").write_text(dedent(code))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "printer", raising=False)
    record = make_record(Status.OK)
    chosen(Settings(observers=("printer",))).on_record(to_cell(content()), tmp_path, record)
    assert capsys.readouterr().out == f"{record.key} {record.status}\n"
