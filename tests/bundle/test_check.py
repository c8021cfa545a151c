"""What `bench bundle --check`, or `check.py` before anything is installed, finds wrong."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.bundle import check
from bench.bundle.__main__ import main

SHA = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
"""Of `foo` and a newline."""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A bundle for this machine, with one file."""
    folder = tmp_path / "bundle"
    (folder / "models").mkdir(parents=True)
    (folder / "models/a").write_text("foo\n")
    shutil.copy(check.__file__, folder / "check.py")
    entry = {"size": (folder / "check.py").stat().st_size, "sha256": check.digest(folder / "check.py")}
    library = check.glibc()
    assert library is not None
    content = {
        "format": 1,
        "complete": True,
        "target": {"python": "{}.{}".format(*sys.version_info[:2]), "platform": f"manylinux_2_{library}_x86_64"},
        "room": {"environment": 1, "cache": 1},
        "files": {"models/a": {"size": 4, "sha256": SHA}, "check.py": entry},
    }
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def change(folder: Path, **changes: Any) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(content | changes))


def both(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit code and lines of `bench bundle --check`, which are those of the file in the folder, too."""
    code = main(["--check", str(folder)])
    said = capsys.readouterr()
    alone = subprocess.run([sys.executable, "-I", folder / "check.py"], check=False, capture_output=True, text=True)
    assert (alone.returncode, alone.stdout, alone.stderr) == (code, said.out, said.err)
    return code, (said.out + said.err).splitlines()


def test_all_is_well(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = both(made, capsys)
    assert code == 0
    assert lines[0].startswith("2 files, 0.00 GB: as they were made, and for this machine (manifest ")


def test_files_that_are_changed_missing_or_extra(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (made / "models/a").write_text("fop\n")
    (made / "models/b\n").touch()
    (made / "link").symlink_to(made)
    change(made, files={**json.loads((made / "manifest.json").read_text())["files"], "c": {"size": 0, "sha256": ""}})
    code, lines = both(made, capsys)
    assert code == 1
    assert lines == ["missing: c", "changed: models/a", "extra: link", "extra: 'models/b\\n'"]


def test_another_python_or_platform(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = "{}.{}".format(*sys.version_info[:2])
    change(made, target={"python": "3.5", "platform": "manylinux_2_99_x86_64"})
    code, lines = both(made, capsys)
    assert code == 1
    assert lines[0] == f"Python: this is cpython {here}, and the packages are for cpython 3.5"
    assert lines[1].endswith("and the packages need 2.99 at least (manylinux_2_99_x86_64)")
    change(made, target={"python": here, "platform": "manylinux_2_17_ppc64le"})
    assert both(made, capsys)[1][0].endswith("and the packages are for manylinux_2_17_ppc64le")
    change(made, target=None)
    assert both(made, capsys)[0] == 0, "without packages any will do"


def test_too_little_room_and_a_bundle_that_was_cut_off(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(made, room={"environment": 10**18, "cache": 10**18}, complete=False)
    code, lines = both(made, capsys)
    assert code == 1
    assert lines[0].startswith("not complete: making it was cut off")
    assert lines[1].startswith("disk: packages and cache take 2000000000.0 GB, and ")


@pytest.mark.parametrize(
    "changes",
    [
        {"target": {}},
        {"target": {"python": 3, "platform": 5}},
        {"room": {"environment": "a", "cache": "b"}},
        {"complete": "no"},
        {"files": {"models/a": {"size": True, "sha256": SHA}}},
    ],
)
def test_a_manifest_that_was_changed_by_hand(
    made: Path, changes: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    change(made, **changes)
    code, lines = both(made, capsys)
    assert code == 2
    assert re.fullmatch(r"error: .*manifest.json is not as `bench bundle` wrote it \((TypeError|KeyError)\)", *lines)


def test_any_python_from_3_6_on_reads_it() -> None:
    source = Path(check.__file__).read_text("utf-8")
    functions = [
        node for node in ast.walk(ast.parse(source, feature_version=(3, 6))) if isinstance(node, ast.FunctionDef)
    ]
    types = [kind for each in functions for kind in (each.returns, *(one.annotation for one in each.args.args))]
    assert all(isinstance(kind, ast.Name | ast.Constant) for kind in types), "list[str] has to be in quotes"
    assert "__future__" not in source, "annotations is none of 3.6"


def test_a_file_that_cannot_be_read_and_a_terminal_without_its_letters(made: Path) -> None:
    (made / "models/a").unlink()
    (made / "models/a").symlink_to("gone")
    (made / "models/日").touch()
    language = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([sys.executable, "-S", made / "check.py"], check=False, capture_output=True, env=language)
    assert done.stdout.decode() == "unreadable: models/a: No such file or directory\nextra: models/\\u65e5\n"
    assert (done.returncode, done.stderr) == (1, b"")


def test_names_are_utf_8_in_whatever_language(made: Path) -> None:
    (made / "models/a").rename(made / "models/é日")
    change(made, files={"models/é日": {"size": 4, "sha256": SHA}})
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-S", made / "check.py"], check=False, capture_output=True, text=True, env=ascii_only
    )
    assert done.stdout == "extra: check.py\n", done.stderr


def test_an_interruption(made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Path) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "digest", interrupted)
    assert main(["--check", str(made)]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "files": {"a": 1}}', '{"format": 2}', "\x00"])
def test_what_is_no_bundle(made: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (made / "manifest.json").write_text(content)
    code, lines = both(made, capsys)
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("error: ")
    assert "manifest.json" in lines[0]
    (made / "manifest.json").unlink()
    assert both(made, capsys)[1][0].endswith("is no bundle: manifest.json: No such file or directory")
