"""A report is drawn again where anything that it is made of has changed, and only there."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from unittest import mock

import pytest

from bench.report import page, sections, stamp
from bench.report.options import ReportOptions, ReportSettings
from bench.report.page import write_report
from bench.report.stamp import STAMP, unchanged_page
from bench.results import store
from bench.results.record import Status
from tests.report import simulate
from tests.report.blank import draw_blanks
from tests.support.cli import REPOSITORY, call, composed
from tests.sweep import simulated

SETTINGS = {field.name for field in fields(ReportSettings)}
ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture(autouse=True)
def blank(monkeypatch):
    """Figures that are drawn in no time."""
    draw_blanks(monkeypatch)


def made_in(root):
    """Four cells, laid out as a sweep does, one of which did not run."""
    made = simulate.grid(root / "results" / "data" / "row", ROWS, num_labels=(2,), train_sizes=(32,))
    simulate.run(made[1:], num_test=20)
    return made


@pytest.fixture
def cells(tmp_path):
    return made_in(tmp_path)


@pytest.fixture
def folder(cells, tmp_path):
    """Their report, drawn."""
    write_report(cells, tmp_path / "report", ReportOptions("T"))
    return tmp_path / "report"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Such cells and their report's folder, for tests that change no file."""
    root = tmp_path_factory.mktemp("drawn")
    made = made_in(root)
    with pytest.MonkeyPatch.context() as patched:
        draw_blanks(patched)
        write_report(made, root / "report", ReportOptions("T"))
    return made, root / "report"


def is_unchanged(cells, folder, title="T", **options) -> bool:
    return unchanged_page(cells, folder, ReportOptions(title, **options)) == folder / "index.html"


def test_nothing_changed(drawn):
    cells, folder = drawn
    assert is_unchanged(cells, folder)
    assert is_unchanged([replace(cell) for cell in cells], folder)
    (cells[1].folder / store.LOG).write_text("another line")  # no part of the report
    assert is_unchanged(cells, folder)


def write_again(cell):
    simulate.write(cell, num_test=20)


def edit_in_place(cell):
    path, record = cell.folder / store.RECORD, store.stamp(cell.folder)
    text = path.read_text()
    path.write_text(text.replace('"2.13.0"', '"2.13.1"'))
    os.utime(path, ns=(record[1], record[1]))
    assert store.stamp(cell.folder) == record  # of the same inode, size and time of modification


def lose_predictions(cell):
    (cell.folder / store.read(cell.folder).predictions_file).unlink()


def damage_predictions(cell):
    path = cell.folder / store.read(cell.folder).predictions_file
    path.write_bytes(path.read_bytes()[:-1])


def lose_texts(cell):
    store.texts_path(cell.folder, store.read(cell.folder).texts_file).unlink()


def lose_everything(cell):
    shutil.rmtree(cell.folder)


CHANGES = (write_again, edit_in_place, lose_predictions, damage_predictions, lose_texts, lose_everything)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_a_cell_left_has_changed(cells, folder, change):
    change(cells[1])
    assert not is_unchanged(cells, folder)


def test_a_new_record(cells, folder):
    simulate.write(cells[0], Status.OOM)
    assert not is_unchanged(cells, folder)


def test_other_cells(drawn):
    cells, folder = drawn
    assert not is_unchanged(cells[1:], folder)
    assert not is_unchanged([*cells[:-1], replace(cells[-1], command="python -m bench other")], folder)
    assert not is_unchanged([*cells[:-1], replace(cells[-1], published_as=("a", "b"))], folder)


@pytest.mark.parametrize("name", [field.name for field in fields(ReportOptions)])
def test_every_option_is_in_the_fingerprint(drawn, name):
    cells, folder = drawn
    assert not is_unchanged(cells, folder, **{name: 0.8 if name in SETTINGS else "another"})


@pytest.mark.parametrize(
    "name", ["inputs/published_results.csv", "render/templates/page.css", "figures/heatmap.py", "../results/record.py"]
)
def test_published_numbers_templates_and_code(drawn, name, monkeypatch):
    cells, folder = drawn
    assert is_unchanged(cells, folder)
    path, read = (stamp.PACKAGE / "report" / name).resolve(), Path.read_bytes
    assert path.exists()
    monkeypatch.setattr(Path, "read_bytes", lambda self: read(self) + (b"\n" if self.resolve() == path else b""))
    assert not is_unchanged(cells, folder)


def test_another_version_of_a_package(drawn, monkeypatch):
    cells, folder = drawn
    found = [mock.Mock(version="0.1")]
    found[0].name = "new"
    known = list(stamp.importlib.metadata.distributions())
    monkeypatch.setattr(stamp.importlib.metadata, "distributions", lambda: known + found)
    assert not is_unchanged(cells, folder)


@pytest.mark.parametrize("name", ["index.html", "heatmap_accuracy.svg", "tables/accuracy_2_labels.csv", "results.csv"])
def test_a_file_of_the_report_is_gone_or_edited(cells, folder, name):
    path = folder / name
    path.touch()
    assert not is_unchanged(cells, folder)
    write_report(cells, folder, ReportOptions("T"))
    assert is_unchanged(cells, folder)
    path.unlink()
    assert not is_unchanged(cells, folder)


@pytest.mark.parametrize("content", [None, b"", b"[]", b"\xff", b"{}", b'{"made_of": 1, "files": null}'])
def test_a_stamp_that_is_gone_or_damaged_does_not_count(cells, folder, content):
    (folder / STAMP).unlink()
    if content is not None:
        (folder / STAMP).write_bytes(content)
    assert not is_unchanged(cells, folder)


def test_a_stamp_without_the_page_does_not_count(cells, folder):
    content = json.loads((folder / STAMP).read_bytes())
    (folder / STAMP).write_text(json.dumps(content | {"files": {}}))
    assert not is_unchanged(cells, folder)


def test_a_run_that_was_cut_short_leaves_no_stamp(cells, folder, monkeypatch):
    monkeypatch.setattr(page, "_write_pages", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_report(cells, folder, ReportOptions("T"))
    assert not (folder / STAMP).exists()
    assert not is_unchanged(cells, folder)


def test_a_report_that_lacks_a_section_is_drawn_again(cells, folder, monkeypatch, capsys):
    monkeypatch.setattr(sections.scaling, "scaling_curves", mock.Mock(side_effect=OSError("for once")))
    write_report(cells, folder, ReportOptions("T"))
    assert "for once" in capsys.readouterr().err
    assert not is_unchanged(cells, folder)


def test_a_record_that_comes_while_the_report_is_drawn_is_not_missed(cells, folder, monkeypatch):
    written = page._write_pages

    def meanwhile(*arguments):
        write_again(cells[0])
        return written(*arguments)

    monkeypatch.setattr(page, "_write_pages", meanwhile)
    write_report(cells, folder, ReportOptions("T"))
    assert not is_unchanged(cells, folder)


def test_a_report_drawn_by_another_process_meanwhile_is_not_blessed(cells, folder, monkeypatch):
    publish = page.publish

    def meanwhile(*arguments, **options):
        publish(*arguments, **options)
        (folder / "results.csv").write_text("of other records")

    monkeypatch.setattr(page, "publish", meanwhile)
    write_report(cells, folder, ReportOptions("T"))
    assert not is_unchanged(cells, folder)


def test_all_of_ours_that_a_report_is_made_by_is_in_the_fingerprint():
    code = """
import sys
import bench.report.page
from bench.report.stamp import PACKAGE, _code
known = {str(path) for path in _code()}
print({m.__file__ for name, m in sys.modules.items() if name.startswith("bench.")} - known)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_command_draws_once_and_anew_when_asked(tmp_path, capsys, monkeypatch):
    words = simulated.small(tmp_path)
    simulated.finish(composed(*words), tmp_path / "results")
    asked = [*words, "command=report", f"results_dir={tmp_path / 'results'}", f"reports_dir={tmp_path / 'reports'}"]
    drawn = mock.Mock(side_effect=write_report)
    monkeypatch.setattr(page, "write_report", drawn)
    said = []
    priced, asked_for = ["price_per_gpu_hour=2", "currency=EUR"], ["target_accuracy=0.9", "at_precision=0.8"]
    for more in ([], [], priced, priced, [*priced, "redraw=true"], asked_for):
        assert call(*asked, *more) == 0
        said.append(capsys.readouterr().out.strip().splitlines()[-1])
    line = f"report: {tmp_path / 'reports' / 'mine' / 'index.html'}"
    assert said == [line, f"{line} (unchanged)", line, f"{line} (unchanged)", line, line]
    assert drawn.call_count == 4
    assert drawn.call_args_list[1].args[2].currency == "EUR"
    assert drawn.call_args.args[2].target_accuracy == 0.9
    assert drawn.call_args.args[2].at_precision == 0.8


def test_an_unchanged_report_needs_no_figures():
    """Nothing that takes a second to import is imported to find out."""
    code = "import sys, bench.report.stamp; print({'pandas', 'numpy', 'matplotlib', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
