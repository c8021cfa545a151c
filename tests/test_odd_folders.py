"""Files where folders should be, and folders that can't be looked into or written: one line that names the option."""

import errno
import os
from pathlib import Path

import pytest

from bench.export import main as export
from bench.report.compare.__main__ import main as compare
from bench.results import store
from tests.support.cli import call, composed
from tests.sweep import simulated

COMMANDS = ("status", "plan", "report", "run")


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The arguments of an experiment of 8 cells, all of which are done."""
    words = simulated.small(tmp_path)
    simulated.finish(composed(*words), tmp_path / "results")
    folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    (tmp_path / "FILE").write_text("no folder")
    return [*words, *folders]


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders that are somebody else's, though the tests may be root's."""
    folders: list[Path] = []
    real = os.scandir

    def scandir(path: str | Path = "."):
        if Path(path) in folders:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return folders


def refused(capsys: pytest.CaptureFixture[str], option: str, *words: str) -> str:
    """What a command says that ends with exit code 2."""
    code = call(*words)
    said = capsys.readouterr().err
    assert code == 2, said
    assert said.startswith(f"error: {option}="), said
    assert said.count("\n") == 1, said
    return said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["results_dir", "more_results"])
def test_a_results_folder_that_is_none(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, option: str
) -> None:
    for place in (tmp_path / "FILE", tmp_path / "FILE" / "below"):
        value = f"[{place}]" if option == "more_results" else str(place)
        said = refused(capsys, option, *words, f"command={command}", f"{option}={value}")
        assert "cannot be read: Not a directory" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_results_folder_without_rights(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], closed: list[Path], command: str
) -> None:
    closed.append(tmp_path / "results")
    said = refused(capsys, "results_dir", *words, f"command={command}")
    assert "Permission denied" in said


def test_one_cell_in_a_results_folder_that_is_none(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(capsys, "results_dir", "model=tfidf_sgd", "data=bbc_headlines", f"results_dir={tmp_path / 'FILE'}")


@pytest.mark.parametrize("command", ["report", "run"])
def test_a_reports_folder_that_is_none(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """A sweep that is done makes its report too."""
    said = refused(capsys, "reports_dir", *words, f"command={command}", f"reports_dir={tmp_path / 'FILE'}")
    assert "no report can be written" in said
    assert "Not a directory" in said
    refused(capsys, "reports_dir", *words, f"command={command}", "reports_dir=/proc/nothing")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_reports_folder(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The report that is there stays as it was."""
    report = tmp_path / "reports" / "mine"
    report.mkdir(parents=True)
    (report / "index.html").write_text("an earlier report")
    (report / "results.csv").write_text("its table")
    real = os.replace

    def refuse(source: str, target: Path) -> None:
        if "reports" in Path(target).parts and not Path(target).match("*.csv"):
            raise OSError(number, os.strerror(number), str(target))
        real(source, target)

    monkeypatch.setattr(store.os, "replace", refuse)
    said = refused(capsys, "reports_dir", *words, "command=report")
    assert os.strerror(number) in said
    assert sorted(path.name for path in report.iterdir()) == ["index.html", "results.csv"]
    assert (report / "index.html").read_text() == "an earlier report"
    assert (report / "results.csv").read_text() == "its table"


def test_a_reports_folder_of_another_user(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "reports" / "mine"
    report.mkdir(parents=True)
    (report / "index.html").write_text("an earlier report")
    real = os.mkdir

    def refuse(path: str | Path, *mode: int) -> None:
        if Path(path).parent == report:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        real(path, *mode)

    monkeypatch.setattr(os, "mkdir", refuse)
    assert "Permission denied" in refused(capsys, "reports_dir", *words, "command=report")
    assert (report / "index.html").read_text() == "an earlier report"


def test_a_stamp_that_cannot_be_written_costs_no_report(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It only saves time: one line says what was lost."""
    from bench.report import page

    monkeypatch.setattr(page, "make_sections", lambda view: [])
    (tmp_path / "reports" / "mine" / ".stamp.json").mkdir(parents=True)
    assert call(*words, "command=report") == 0
    found = capsys.readouterr()
    assert found.out.startswith("report: ")
    assert (tmp_path / "reports" / "mine" / "index.html").is_file()
    assert found.err.startswith("warning: the report has no stamp, and is drawn again: ")
    assert found.err.count("\n") == 1


def test_compare_says_which_folder(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], closed: list[Path]
) -> None:
    closed.append(tmp_path / "closed")
    for name in ("FILE", "FILE/below", "closed"):
        for a, b, which in ((name, "results", "A"), ("results", name, "B")):
            assert compare([f"A={tmp_path / a}", f"B={tmp_path / b}"]) == 2
            said = capsys.readouterr().err
            assert said.startswith(f"error: {which}={tmp_path / name} cannot be read: ")
            assert said.count("\n") == 1


def test_an_export_to_no_folder(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = ("data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2", "train_size=8")
    for out in (tmp_path / "FILE" / "x.csv", tmp_path / "none" / "x.csv", tmp_path / ("x" * 300)):
        assert export([f"out={out}", *task, "model=tfidf_sgd"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: out="), said
        assert said.count("\n") == 1
