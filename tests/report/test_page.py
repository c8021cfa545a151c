import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.report import sections
from bench.report.inputs.frame import column_types
from bench.report.options import ReportOptions
from bench.report.page import ANSWERS_CACHE, name_suffixes, write_report
from bench.report.stamp import STAMP
from bench.report.tables.results import MAX_GAPS
from bench.results.record import Status
from bench.results.store import RECORD
from tests.report import simulate
from tests.report.blank import draw_blanks
from tests.report.opened import opened

ROOT = Path(__file__).parents[2]
ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]
FIGURES = [
    *(
        f"{name}_{metric}"
        for name in ("heatmap", "difference", "scaling", "labels")
        for metric in ("accuracy", "macro_f1", "loss")
    ),
    *(f"{name}_{labels}" for name in ("label_f1", "confusion") for labels in (2, 5)),
    *("same_as_baseline", "cost", "calibration"),
]
OTHERS = {
    *(".answers.parquet", ".stamp.json", "results.csv", "summary.csv", "points.csv", "report.json"),
    *("index.md", "index.html", "tables"),
}
NASTY = "first | line\n\nsecond <script>alert(1)</script> `code` ![x](http://example.org/x.png)"


@pytest.fixture
def blank(monkeypatch):
    """Figures that are drawn in no time, for tests of the text around them."""
    draw_blanks(monkeypatch)


def shown(text: str) -> list[str]:
    """The files that the page shows as pictures."""
    return re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)


def markdown(page: Path) -> str:
    """The report beside its page."""
    return page.with_name("index.md").read_text(encoding="utf-8")


def report(tmp_path, status=lambda cell: Status.OK, **options) -> tuple[Path, str]:
    cells = simulate.grid(tmp_path / "results", options.pop("rows", ROWS), **options)
    simulate.run(cells, status, message=NASTY)
    path = write_report(cells, tmp_path / "report", ReportOptions("A title")).with_name("index.md")
    text = path.read_text(encoding="utf-8")
    assert "could not be made" not in text
    return path, text


def test_all_files_are_there_and_the_page_shows_the_figures(tmp_path):
    path, text = report(tmp_path)
    wanted = {f"{name}.{suffix}" for name in FIGURES for suffix in ("png", "svg")}
    assert {file.name for file in path.parent.iterdir()} == wanted | OTHERS
    assert sorted(shown(text)) == sorted(f"{name}.png" for name in FIGURES)
    assert text.startswith("# A title\n")
    assert "24 of 24 cells finished ok." in text
    assert "Failed or missing runs" not in text
    assert "\n\n\n" not in text


@pytest.mark.usefixtures("blank")
def test_csv_files_hold_every_cell_and_point(tmp_path):
    path, _ = report(tmp_path, lambda cell: Status.OOM if cell.seed else Status.OK)
    results, summary = (pd.read_csv(path.parent / name) for name in ("results.csv", "summary.csv"))
    assert list(results.columns) == list(column_types())
    assert len(results) == 24
    assert results.loc[results["status"] == "oom", "test_accuracy"].isna().all()
    assert len(summary) == 12
    assert {"n_ok", "n_expected", "not_ok", "test_accuracy_mean", "test_accuracy_sd"} <= set(summary.columns)
    assert set(summary["n_ok"]) == {1}


@pytest.mark.usefixtures("blank")
def test_tables_show_means_with_their_seeds_and_what_is_missing(tmp_path):
    path, text = report(tmp_path, lambda cell: Status.OOM if cell.seed and cell.train_size == 32 else Status.OK)
    summary = pd.read_csv(path.parent / "summary.csv")
    results = text[text.index("### Test accuracy, 2 labels") :]
    line = next(line for line in results.splitlines() if line.startswith("| minilm lora |"))
    first, second, _ = summary.query("row == 'minilm lora' and num_labels == 2").itertuples()
    assert re.search(rf"\| {first.test_accuracy_mean:.3f} \S*\[[0-9., ]+\S*\] \(1 of 2 seeds; out of memory\) \|", line)
    assert re.search(rf"\| {second.test_accuracy_mean:.3f} \S*\[[0-9., ]+\S*\] \(2 seeds\) \|", line)
    losses = text[text.index("### Test loss, 2 labels") :]
    line = next(line for line in losses.splitlines() if line.startswith("| minilm lora |"))
    assert f"| {second.test_loss_mean:.3f} ±{second.test_loss_sd:.3f} (2 seeds) |" in line  # answers don't give it


@pytest.mark.usefixtures("blank")
def test_failures_come_with_their_reasons_escaped(tmp_path):
    _, text = report(tmp_path, lambda cell: Status.ERROR if cell.seed else None)
    assert "<script>" not in text
    assert "12 not run, 12 error" in text or "12 error, 12 not run" in text
    failed = [line for line in text.splitlines() if "| error |" in line]
    assert len(failed) == 12
    assert all(r"RuntimeError: first \| line second &lt;script&gt;" in line for line in failed)
    assert "example.org" in failed[0]
    assert not any("example.org" in name for name in shown(text))
    pipes = {len(re.findall(r"(?<!\\)\|", line)) for line in failed}
    assert pipes == {9}


@pytest.mark.usefixtures("blank")
def test_names_and_title_are_escaped(tmp_path):
    rows = [("bad|<b>*model*", "lora\n# heading"), ("$x$ `y`", None)]
    cells = simulate.grid(tmp_path / "results", rows, data="data|<i>")
    simulate.run(cells)
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("<h1> | title\nof two lines")))
    assert text.startswith("# &lt;h1&gt; \\| title of two lines\n")
    assert r"| bad\|&lt;b&gt;\*model\* lora \# heading |" in text
    assert not re.search(r"<(b|i|h1)>", text)
    assert not [line for line in text.splitlines() if line.startswith("# heading")]


@pytest.mark.usefixtures("blank")
def test_the_list_of_gaps_is_capped_and_says_how_many_are_left_out(tmp_path):
    _, text = report(tmp_path, lambda cell: Status.OOM if cell.seed == 7 else None, seeds=range(8))
    listed = re.findall(
        r"\| (out of memory|not run) \| [^|]*\| [0-9a-f]{16} \|$", text.replace(r"\|", ""), flags=re.MULTILINE
    )
    assert len(listed) == MAX_GAPS
    assert listed[:12] == ["out of memory"] * 12  # failures first
    assert f"{96 - MAX_GAPS} more are left out here" in text


def test_no_finished_cell_is_said_plainly(tmp_path):
    path, text = report(tmp_path, lambda cell: None)
    assert "**No cell has finished ok" in text
    assert "0 of 24 cells finished ok; not ok: 24 not run" in text
    assert not shown(text), "figures without a number"
    assert pd.read_csv(path.parent / "results.csv")["test_accuracy"].isna().all()


def test_an_empty_grid_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no cells"):
        write_report([], tmp_path / "report", ReportOptions("A title"))


@pytest.mark.usefixtures("blank")
def test_protocol_and_versions(tmp_path):
    cells = simulate.grid(tmp_path / "results", ROWS, num_labels=(2, 5), train_sizes=(32,))
    simulate.run(cells)
    record = simulate.write(cells[0])
    other = simulate.provenance(
        git_commit="fedcba", git_dirty=True, device="Some GPU", device_name="Some GPU", packages={"torch": "2.12.0"}
    )
    (cells[0].folder / RECORD).write_text(record.model_copy(update={"provenance": other}).to_json())
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("A title")))
    assert "Seeds: 0, 1." in text
    assert "test sets of n = 200 examples; validation examples, 16 to 40 a cell, come on top" in text
    assert "32 → 30 (5 labels)" in text
    assert "- torch: 2.12.0, 2.13.0" in text
    assert "- device: Some GPU, cpu (Simulated CPU)" in text
    assert "- git commit: 0123456789abcdef, fedcba with uncommitted changes" in text
    assert "Warning" not in text


@pytest.mark.usefixtures("blank")
def test_the_protocol_names_the_methods_of_the_intervals(tmp_path):
    one = report(tmp_path / "one", num_labels=(2,), seeds=(0,))[1]
    assert "Accuracy: Wilson's interval, of the test examples alone, for one seed" in one
    assert "Macro F1: bootstrap over the test examples alone" in one
    assert "variance components" not in one.split("## Protocol")[1]
    several = report(tmp_path / "several", num_labels=(2,))[1].split("## Protocol")[1]
    assert "Accuracy: variance components" in several
    assert "Macro F1: crossed bootstrap" in several
    assert "Wilson's limits" in several
    assert "Wilson's interval" not in several
    holes = report(
        tmp_path / "holes",
        lambda cell: Status.OOM if (cell.train_size, cell.seed) == (512, 1) else Status.OK,
        num_labels=(2,),
    )[1]
    assert "Wilson's limits (4 points); Wilson's interval" in holes


@pytest.mark.usefixtures("blank")
def test_test_texts_that_were_trained_on_are_counted(tmp_path):
    cells = simulate.grid(tmp_path / "results", ROWS, num_labels=(2,), train_sizes=(32, 128))
    simulate.run(cells)
    assert "are training examples, too" not in markdown(
        write_report(cells, tmp_path / "before", ReportOptions("A title"))
    )
    for cell, count in zip(cells, (3, 5, 0, None), strict=False):
        record = simulate.changed(cell)
        examples = record.measurements.examples.model_copy(update={"test_texts_in_training": count})
        simulate.changed(cell, examples=examples)
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("A title")))
    assert "in 2 cells of 8, texts of the test set are training examples, too, up to 5 of 200:" in text


@pytest.mark.usefixtures("blank")
def test_rows_on_different_examples_are_warned_about(tmp_path):
    cells = simulate.grid(tmp_path / "results", ROWS)
    simulate.run(cells)
    path = cells[0].folder / RECORD
    path.write_text(re.sub(r'"sha256": ?"\w+"', '"sha256": "other"', path.read_text()))
    text = markdown(write_report(cells, tmp_path / "r", ReportOptions("T")))
    assert "Warning: in 1 task the rows did not have the same" in text


@pytest.mark.usefixtures("blank")
def test_predictions_that_can_not_be_read_are_said_with_reasons(tmp_path):
    cells = simulate.grid(tmp_path / "results", ROWS)
    simulate.run(cells)
    assert "can't be read" not in markdown(write_report(cells, tmp_path / "report", ReportOptions("T")))
    shutil.rmtree(tmp_path / "report")  # with what it remembers of predictions
    for cell in cells[:4]:
        for path in cell.folder.glob("predictions-*"):
            path.write_bytes(b"no parquet")
    page = write_report(cells, tmp_path / "report", ReportOptions("T"))
    said = markdown(page).partition("## Predictions that can't be read")[2].partition("##")[0]
    assert "The predictions of 4 cells that finished ok can't be read" in said
    assert [line.split(":")[0] for line in said.splitlines() if "parquet" in line] == [f"- {c.key}" for c in cells[:3]]
    assert "And 1 more." in said
    provenance = opened(page).partition('id="provenance"')[2]
    assert "The predictions of 4 cells that finished ok can&#39;t be read" in provenance


def test_each_data_set_has_its_own_figures(tmp_path):
    sets = ["a/b", "a b", "c"]
    cells = [cell for data in sets for cell in simulate.grid(tmp_path / "results", ROWS, data=data)]
    simulate.run(cells[:48])
    path = write_report(cells, tmp_path / "report", ReportOptions("A title"))
    names = shown(markdown(path))
    assert len(names) == len(set(names)) == 2 * len(FIGURES)  # one that did not run has none
    assert {"heatmap_accuracy_a_b.png", "heatmap_accuracy_a_b_2.png", "scaling_macro_f1_a_b_2.png"} <= set(names)
    assert all((path.parent / name).is_file() for name in names)


def test_names_that_only_case_or_odd_letters_tell_apart_stay_apart():
    suffixes = list(name_suffixes(["A", "a", "../x", "x", "é"]).values())
    assert len({suffix.lower() for suffix in suffixes}) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", suffix) for suffix in suffixes)


@pytest.mark.usefixtures("blank")
def test_figures_of_an_earlier_report_are_not_shown(tmp_path):
    both = [cell for data in "ab" for cell in simulate.grid(tmp_path / "results", ROWS, data=data)]
    simulate.run(both)
    write_report(both, tmp_path / "report", ReportOptions("A title"))
    text = markdown(write_report(both[:24], tmp_path / "report", ReportOptions("A title")))
    assert sorted(shown(text)) == sorted(f"{name}.png" for name in FIGURES)


def test_an_interrupted_report_leaves_the_old_page(tmp_path, monkeypatch):
    path, text = report(tmp_path)
    page = path.with_name("index.html").read_bytes()

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(sections.scaling, "scaling_curves", interrupt)
    cells = simulate.grid(tmp_path / "results", ROWS)
    with pytest.raises(KeyboardInterrupt):
        write_report(cells, tmp_path / "report", ReportOptions("Another title"))
    assert path.read_text() == text
    assert path.with_name("index.html").read_bytes() == page


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["index.html", "tables/*.csv", "*.svg", "summary.csv"])
@pytest.mark.usefixtures("blank")
def test_a_disk_that_gets_full_leaves_the_old_report_whole(tmp_path, monkeypatch, name):
    report(tmp_path)
    old = everything(tmp_path / "report")
    real = os.replace

    def full(source, target):
        if Path(target).match(name):
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return real(source, target)

    monkeypatch.setattr(os, "replace", full)
    cells = simulate.grid(tmp_path / "results", ROWS)
    with pytest.raises(OSError, match="No space left"):
        write_report(cells, tmp_path / "report", ReportOptions("Another title"))
    kept = everything(tmp_path / "report")
    assert kept == {file: content for file, content in old.items() if file != STAMP}


@pytest.mark.usefixtures("blank")
def test_what_a_killed_process_left_is_removed_in_time(tmp_path):
    left, new = tmp_path / "report" / ".new-left", tmp_path / "report" / ".new-now"
    for folder in (left, new):
        folder.mkdir(parents=True)
    os.utime(left, (0, 0))
    report(tmp_path)
    assert not left.exists()
    assert new.exists(), "somebody may be drawing there"


def test_a_report_gives_no_warnings_and_the_same_bytes_again(tmp_path, recwarn):
    unlike = (STAMP, ANSWERS_CACHE)  # they hold times of the files, which are written anew here
    path, _ = report(tmp_path)
    before = {file: file.read_bytes() for file in path.parent.rglob("*.*") if file.name not in unlike}
    path, _ = report(tmp_path)
    after = {file: file.read_bytes() for file in path.parent.rglob("*.*") if file.name not in unlike}
    assert before == after
    assert not recwarn.list


def test_reporting_stays_light():
    heavy = ["torch", "transformers", "datasets", "hydra", "sklearn", "matplotlib.pyplot", "bench.cell", "bench.config"]
    code = f"import bench.report.page, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
