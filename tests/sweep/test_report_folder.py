"""Where a sweep's report goes: a folder of the sweep's name, and never over the report of another grid."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.sweep import report_folder
from bench.sweep.report_folder import OWNER, Grid, ReportFolder, take
from tests.report.blank import draw_blanks
from tests.report.opened import opened
from tests.support import texts
from tests.support.cli import call, composed
from tests.sweep import simulated

Words = list[str]


@pytest.fixture(autouse=True)
def blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures that are drawn in no time."""
    draw_blanks(monkeypatch)


@pytest.fixture
def options(tmp_path: Path) -> Words:
    """A grid of options alone, of two cells that are done."""
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    words = ["-m", "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "model=tfidf_sgd"]
    words += ["split=nested", "num_labels=2", "train_size=8,16", "seed=0"]
    simulated.finish(composed(*words), tmp_path / "results")
    return words


@pytest.fixture
def experiment(tmp_path: Path) -> Words:
    """The experiment `mine`, all of it done."""
    words = simulated.small(tmp_path)
    simulated.finish(composed(*words), tmp_path / "results")
    return words


def finished(words: Words, folder: Path) -> Words:
    simulated.finish(composed(*words), folder / "results")
    return words


def places(folder: Path) -> Words:
    return [f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")]


def sizes(folder: Path, name: str) -> set[int]:
    """The training sizes that a report is of."""
    return set(pd.read_csv(folder / "reports" / name / "results.csv")["train_size"])


def swept(words: Words, folder: Path, capsys: pytest.CaptureFixture[str], command: str = "run") -> str:
    """What a sweep says that has nothing to run."""
    assert call(*words, *places(folder), f"command={command}") == 0
    return capsys.readouterr().out


def page(folder: Path, name: str) -> str:
    return f"report: {folder / 'reports' / name / 'index.html'}"


def reports(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "reports").iterdir() if path.is_dir())


@pytest.mark.parametrize("name", ["tickets", "team/tickets", "7"])
def test_a_sweep_of_options_alone_has_a_name(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    said = swept([*options, f"name={name}"], tmp_path, capsys)
    assert f"{name}: 2 cells, 2 done, 0 to run" in said
    assert said.endswith(f"{page(tmp_path, name)}\n")
    text = (tmp_path / "reports" / name / "index.md").read_text()
    assert f"# {name}" in text
    for command, title in (("plan", "Plan"), ("status", "Status")):
        assert f"{title} of {name}" in swept([*options, f"name={name}"], tmp_path, capsys, command)


def test_the_command_on_the_page_has_the_name(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = [*options, "seed=0,1"]  # cells of seed 1 are missing
    swept([*more, "name=tickets"], tmp_path, capsys, "report")
    text = opened(tmp_path / "reports" / "tickets" / "index.html")
    assert "name=tickets" in next(line for line in text.splitlines() if "<code>python -m bench -m" in line)


def test_an_unlike_grid_has_a_report_of_its_own(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(options, tmp_path, capsys)
    other = finished([*options, "train_size=20,24"], tmp_path)
    for command, title in (("plan", "Plan of single-2"), ("status", "Status of single-2")):
        said = swept(other, tmp_path, capsys, command)
        assert title in said
        assert f"{tmp_path / 'reports' / 'single'} is another grid's report" in said
    said = swept(other, tmp_path, capsys)
    assert "single-2: 2 cells, 2 done" in said
    assert said.endswith(f"{page(tmp_path, 'single-2')}\n")
    assert sizes(tmp_path, "single") == {8, 16}
    assert sizes(tmp_path, "single-2") == {20, 24}
    assert "# single-2" in (tmp_path / "reports/single-2/index.md").read_text()
    # each finds its own again
    assert swept(other, tmp_path, capsys, "report").endswith(f"{page(tmp_path, 'single-2')} (unchanged)\n")
    assert swept(options, tmp_path, capsys, "report").endswith(f"{page(tmp_path, 'single')} (unchanged)\n")
    third = finished([*options, "train_size=28"], tmp_path)
    assert swept(third, tmp_path, capsys).endswith(f"{page(tmp_path, 'single-3')}\n")
    assert reports(tmp_path) == ["single", "single-2", "single-3"]


def test_a_grid_that_has_grown_keeps_its_report(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(options, tmp_path, capsys)
    grown = finished([*options, "train_size=8,16,24"], tmp_path)
    assert swept(grown, tmp_path, capsys).endswith(f"{page(tmp_path, 'single')}\n")
    assert sizes(tmp_path, "single") == {8, 16, 24}
    # a part of it is another question, whose report would lose what is there
    assert swept(options, tmp_path, capsys).endswith(f"{page(tmp_path, 'single-2')}\n")
    assert sizes(tmp_path, "single") == {8, 16, 24}


def test_reports_of_an_earlier_version_are_known_by_their_tables(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(options, tmp_path, capsys)
    (tmp_path / "reports/single" / OWNER).unlink()
    assert swept(options, tmp_path, capsys).endswith(f"{page(tmp_path, 'single')} (unchanged)\n")
    (tmp_path / "reports/single" / OWNER).write_text("{")
    other = finished([*options, "train_size=20"], tmp_path)
    assert swept(other, tmp_path, capsys).endswith(f"{page(tmp_path, 'single-2')}\n")
    assert sizes(tmp_path, "single") == {8, 16}


def test_an_experiment_redraws_its_report_for_any_part_of_it(
    experiment: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(experiment, tmp_path, capsys)
    assert swept([*experiment, "train_size=8"], tmp_path, capsys).endswith(f"{page(tmp_path, 'mine')}\n")
    assert reports(tmp_path) == ["mine"]


def test_other_cells_of_an_experiment_are_told(
    experiment: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its file was edited, say: its report is the new one, and a line says so."""
    swept(experiment, tmp_path, capsys)
    other = finished([*experiment, "train_size=20"], tmp_path)
    said = swept(other, tmp_path, capsys)
    assert f"{tmp_path / 'reports' / 'mine'} is a report on other cells of mine: a report on these takes its" in said
    assert sizes(tmp_path, "mine") == {20}


def test_a_copied_experiment_that_kept_its_name(
    experiment: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept(experiment, tmp_path, capsys)
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    path.with_name("copied.yaml").write_text(path.read_text().replace("8,16", "20,24"))
    copied = finished([word.replace("=mine", "=copied") for word in experiment], tmp_path)
    said = swept(copied, tmp_path, capsys)
    assert f"{tmp_path / 'reports' / 'mine'} is another grid's report" in said
    assert said.endswith(f"{page(tmp_path, 'mine-2')}\n")
    assert sizes(tmp_path, "mine") == {8, 16}
    assert swept([*copied, "name=copied"], tmp_path, capsys).endswith(f"{page(tmp_path, 'copied')}\n")


def test_a_folder_with_a_picture_alone_is_free(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`bench init` draws the data there, before there is a report."""
    (tmp_path / "reports/single").mkdir(parents=True)
    (tmp_path / "reports/single/data.png").write_bytes(b"a picture")
    assert swept(options, tmp_path, capsys).endswith(f"{page(tmp_path, 'single')}\n")
    assert (tmp_path / "reports/single/data.png").read_bytes() == b"a picture"


def test_two_sweeps_at_once_take_a_folder_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find the name free; the second to take it finds out."""
    found = report_folder.report_folder

    def slowly(*words: Any) -> ReportFolder:
        free = found(*words)
        time.sleep(0.2)
        return free

    monkeypatch.setattr(report_folder, "report_folder", slowly)
    taken: dict[str, str] = {}

    def sweep(cell: str) -> None:
        taken[cell] = take(str(tmp_path), "single", Grid(None, frozenset({cell}))).name

    threads = [threading.Thread(target=sweep, args=(cell,)) for cell in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken.values()) == ["single", "single-2"]


def test_a_folder_that_was_taken_for_a_report_that_never_came(tmp_path: Path) -> None:
    """Its sweep was killed while it drew, long ago."""
    first, second = (Grid(None, frozenset({cell})) for cell in "ab")
    take(str(tmp_path), "single", first)
    assert report_folder.report_folder(str(tmp_path), "single", second).name == "single-2"
    os.utime(tmp_path / "single" / OWNER, (0, 0))
    assert report_folder.report_folder(str(tmp_path), "single", second).name == "single"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("experiment=demo", "+experiment=demo; name=demo names a sweep"),
        ("experiment=tickets", "name=tickets names a sweep"),
        ("experiment_name=tickets", "it is called name"),
        ("name=../x", "name=../x"),
        ("name=a,b", "name is a setting of the whole sweep"),
    ],
)
def test_other_words_for_it(
    options: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str, told: str
) -> None:
    assert call(*options, *places(tmp_path), word, "command=plan") == 2
    caught = capsys.readouterr()
    assert told in caught.err
    assert len(caught.err.splitlines()) == 1
    assert not (tmp_path / "reports").exists()
