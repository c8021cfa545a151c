"""Audits say what was not looked up, licences are all on the list, and changes of versions are named."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.supply import audit, licences
from tests.supply.changes import changes

SAFE = {"name": "a", "version": "1", "vulns": []}
VULNERABLE = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([SAFE], 0, "1 packages were checked, 0 are vulnerable\n"),
        ([SAFE, SKIPPED], 0, "1 packages were checked, 0 are vulnerable; 1 were not"),
        ([SAFE, VULNERABLE], 1, "2 packages were checked, 1 are vulnerable"),
        ([SKIPPED, SKIPPED], 0, "NOT CHECKED: the index knows no advisories of any of 2 packages (never checked here)"),
    ],
)
def test_what_was_skipped_is_not_called_safe(
    packages: list[dict[str, object]],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(audit, "_run", lambda _: (json.dumps({"dependencies": packages}), ""))
    with tempfile.TemporaryDirectory() as folder:
        assert audit.check(Path("constraints.txt"), Path(folder) / "build/last.json") == code
    shown = capsys.readouterr()
    assert said in shown.out
    assert ("b==2: PYSEC-1, PYSEC-2" in shown.err) == (code == 1)


def test_without_a_network_it_says_when_it_was_checked_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    requirements, last = tmp_path / "constraints.txt", tmp_path / "last.json"
    requirements.write_text("rich==13.9.4\n")
    last.write_text('{"checked": "2026-01-02 03:04 UTC"}')
    with socket.socket() as unheard:  # bound, and nobody listens
        unheard.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{unheard.getsockname()[1]}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert audit.check(requirements, last) == 0
    assert "NOT CHECKED: no service for advisories answered (last checked 2026-01-02" in capsys.readouterr().out


def test_an_audit_that_breaks_otherwise_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.check(tmp_path / "not_there.txt", tmp_path / "last.json") == 1
    assert "pip-audit gave no answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("MIT", True),
        ("mit and (Apache-2.0 OR GPL-3.0)", True),
        ("MIT AND GPL-3.0", False),
        ("MIT OR GPL-3.0", True),
        ("GPL-3.0; MIT", False),
        ("(MIT)", True),
        ("UNKNOWN", False),
    ],
)
def test_licences_are_looked_up_part_by_part(licence: str, is_allowed: bool) -> None:
    assert licences.is_allowed(licence, {"mit", "apache-2.0"}) == is_allowed
    found = licences.not_allowed({"a": licence, "nvidia-x": "own"}, ["MIT", "Apache-2.0"], {"nvidia-*": "why"})
    assert found == ({} if is_allowed else {"a": licence})


def test_every_licence_of_a_package_for_users_is_on_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    needed = licences.runtime()
    assert {"torch", "transformers", "hydra-core", "tokenizers"} <= needed
    assert not {"pytest", "mypy", "ruff", "finetune-bench"} & needed
    assert licences.check() == 0, capsys.readouterr().err


def test_changes_name_what_is_newer_new_and_absent() -> None:
    pinned = ["torch==2.8.0", "rich==13.9.4", "Old_One==1"]
    assert list(changes(pinned, ["torch==2.8.0+cpu", "rich==14.0", "new==2", "-e .", "uv==1"])) == [
        "new\t- -> 2", "rich\t13.9.4 -> 14.0", "pinned, and not installed here: old-one",
    ]  # fmt: skip


def test_a_wrong_word_is_said() -> None:
    command = [sys.executable, "-m", "tests.supply", "nonsense"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 2
    assert "audit|licences" in done.stderr
