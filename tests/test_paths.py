"""Paths of options: `~` is the user's home everywhere, and what no file can be called is refused in one line."""

from pathlib import Path

import pytest

from bench.predict.__main__ import main as predict
from bench.report.compare.__main__ import main as compare
from tests.support import texts
from tests.support.cli import call

NOBODY = "~nobody-of-this-name/x.csv"
ODD = [NOBODY, "x" * 300 + ".csv", "a\0b.csv"]
"""What can be no path: of a user who is not there, too long, with a NUL."""


def cell(folder: Path) -> list[str]:
    texts.topics(40).to_csv(folder / "topics.csv", index=False)
    words = ["data=file", f"data.path={folder / 'topics.csv'}", "num_labels=2", "train_size=8", "seed=0"]
    return [*words, "model=tfidf_sgd", *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache"))]


def refused(code: int, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command said, one line, when it refused."""
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("sweep", [[], ["-m", "command=plan"]], ids=["one", "plan"])
@pytest.mark.parametrize(
    "option", ["results_dir", "reports_dir", "cache_dir", "mirror_dir", "data.path", "model.path", "more_results"]
)
def test_the_home_of_nobody_is_refused(
    option: str, sweep: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = f"['{NOBODY}']" if option == "more_results" else f"'{NOBODY}'"
    more = ["model=bert_base", "method=linear_probe"] if option == "model.path" else []
    said = refused(call(*sweep, *cell(tmp_path), *more, f"{option}={value}"), capsys)
    assert option in said
    assert "nobody here has the home folder ~nobody-of-this-name" in said


def test_results_and_reports_are_below_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    words = [*cell(tmp_path), "results_dir='~/r'", "reports_dir='~/p'"]
    assert call(*words) == 0
    assert call("-m", *words, "command=report") == 0
    assert list((tmp_path / "home/r").rglob("record.json"))
    assert (tmp_path / "home/p/single/index.html").exists()
    assert not (tmp_path / "~").exists()


def test_the_cache_folder_of_the_environment_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FINETUNE_BENCH_CACHE", NOBODY)
    words = [word for word in cell(tmp_path) if not word.startswith("cache_dir=")]
    assert NOBODY in refused(call(*words), capsys)


@pytest.mark.parametrize("text", ODD, ids=["nobody", "long", "nul"])
@pytest.mark.parametrize("option", ["", "--out", "--model-path", "--mirror-dir", "--cache-dir"])
def test_predict_refuses_what_can_be_no_path(
    option: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        predict([text, "a text"] if not option else [str(tmp_path), "a text", option, text])
    assert (option or "CELL_FOLDER") in refused(int(ended.value.code or 0), capsys)


@pytest.mark.parametrize("text", ODD, ids=["nobody", "long", "nul"])
@pytest.mark.parametrize("option", ["A", "B", "out", "page"])
def test_compare_refuses_what_can_be_no_path(
    option: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*cell(tmp_path)) == 0
    capsys.readouterr()
    given = {"A": tmp_path / "results", "B": tmp_path / "results", option: text}
    assert f"{option}=" in refused(compare([f"{name}={value}" for name, value in given.items()]), capsys)


def test_compare_names_the_option_where_its_table_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*cell(tmp_path)) == 0
    capsys.readouterr()
    records, target = tmp_path / "results", tmp_path / "missing/x.csv"
    assert f"error: out={target}: " in refused(compare([f"A={records}", f"B={records}", f"out={target}"]), capsys)
