"""The row that a report compares all others with: chosen by role, or asked for."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bench.report.inputs.frame import cells_frame
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.baseline import baseline, rows_with
from bench.report.statistics.classical import usual_first
from bench.sweep.launch import expected_cells
from tests.report import simulate
from tests.report.opened import opened
from tests.support.cli import call, composed

ROWS = [("minilm", "lora"), ("minilm", "linear_probe"), ("majority", None), ("tfidf_logistic", None),
        ("tfidf_sgd", None)]  # fmt: skip


def test_the_usual_row_comes_first_and_the_floor_last() -> None:
    rows = ["majority", "tfidf_naive_bayes", "tfidf_sgd ngram_max=2", "tfidf_logistic", "tfidf_sgd", "tfidf_logistic"]
    assert usual_first(rows) == [
        "tfidf_sgd", "tfidf_sgd ngram_max=2", "tfidf_logistic", "tfidf_naive_bayes", "majority",
    ]  # fmt: skip
    assert usual_first(["majority", "tfidf_logistic"])[0] == "tfidf_logistic"


def test_roles_say_what_a_row_counts_as(tmp_path: Path) -> None:
    """A row is the baseline, or fine-tuned, for what its method says of itself, whatever it is called."""
    words = ("-m", "num_labels=2", "train_size=16", "data=sms_spam", "data.prompt='{text} is'")
    rows = ("{model:minilm,method:'lora,linear_probe'}", "{model:smollm2_135m,method:zero_shot}",
            "{model:'tfidf_naive_bayes,majority'}", "{model:tfidf_sgd,model.name:mine}")  # fmt: skip
    from bench.compose import to_cell, to_settings

    contents = composed(*words, f"hydra.sweeper.rows=[{','.join(rows)}]")
    expected = expected_cells(list(map(to_cell, contents)), to_settings(contents[0] | {"results_dir": str(tmp_path)}))
    frame = cells_frame(expected)
    assert rows_with(frame, "classical") == ["tfidf_naive_bayes", "majority", "mine"]
    assert rows_with(frame, "probe") == ["minilm linear_probe"]
    assert rows_with(frame, "fine-tuning") == ["minilm lora"]
    assert rows_with(frame, "untrained") == ["smollm2_135m zero_shot"]
    assert baseline(frame) == "mine"
    assert baseline(frame, "majority") == "majority"


@pytest.mark.parametrize("asked", [None, "tfidf_logistic", "majority"])
def test_the_whole_report_is_against_the_row_that_is_asked_for(asked: str | None, tmp_path: Path) -> None:
    cells = simulate.grid(tmp_path / "results", ROWS, num_labels=(2,), train_sizes=(32, 128), seeds=(0, 1, 2))
    simulate.run(cells)
    folder = tmp_path / "report"
    write_report(cells, folder, ReportOptions("T", baseline=asked))
    page = (folder / "index.md").read_text()
    base = asked or "tfidf_sgd"
    others = {model for model, method in ROWS if method is None} - {base}
    assert f"differences in test accuracy to {base}" in page
    assert f"beats {base}" in page
    for other in others:
        for words in (f"beats {other}", f"differences in test accuracy to {other}", f"does what {other} does"):
            assert words not in page
    html = opened(folder / "index.html")
    pinned = re.findall(r'class="pinned">\s*<th[^>]*>([^<]*)', html)
    assert pinned
    assert {name.strip() for name in pinned} == {base}
    frame = pd.read_csv(folder / "results.csv")
    assert set(frame.loc[frame["row"].isin([base, *others]), "role"]) == {"classical"}


def test_another_baseline_draws_the_report_again(tmp_path: Path) -> None:
    from bench.report.stamp import fingerprint

    cells = simulate.grid(tmp_path, ROWS, num_labels=(2,), train_sizes=(32,), seeds=(0,))
    simulate.run(cells)
    options = ReportOptions("T")
    assert fingerprint(cells, options) != fingerprint(cells, replace(options, baseline="majority"))


def test_a_data_set_without_the_row_has_its_usual_one(tmp_path: Path) -> None:
    rows = [row for row in ROWS if row[0] != "tfidf_logistic"]
    frame = cells_frame(simulate.grid(tmp_path, rows, num_labels=(2,), train_sizes=(32,), seeds=(0,)))
    assert baseline(frame, "tfidf_logistic") == "tfidf_sgd"


GRID = ("-m", "data=sms_spam", "num_labels=2", "train_size=16", "device=cpu")


@pytest.mark.parametrize("command", ["run", "report", "plan"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("model=tfidf_sgd,majority", "baseline=tfidf_logistic"), "there are tfidf_sgd, majority"),
        (("model=tfidf_sgd,majority", "baseline=nothing"), "there are tfidf_sgd, majority"),
        (("model=minilm", "method=lora,linear_probe", "baseline='minilm lora'"), "there is none: add one"),
        (("model=tfidf_sgd", "model.ngram_max=1,2", "baseline=tfidf_sgd"),
         "there are tfidf_sgd ngram_max=1, tfidf_sgd ngram_max=2"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_there_is_refused_before_anything_is_run(
    command: str, words: tuple[str, ...], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    assert call(*GRID, *words, f"command={command}", *folders) == 2
    out, err = capfd.readouterr()
    (line,) = err.strip().splitlines()
    assert "baseline=" in line
    assert "is no classical row of this grid" in line
    assert said in line
    assert not out
    assert not list(tmp_path.iterdir())
