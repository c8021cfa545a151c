"""What can't be converted is said in one line, and nothing is left of it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.convert import converting, parity
from bench.convert.parity import bound_of
from bench.models import kept
from bench.predict.__main__ import main as predict
from bench.serve.__main__ import main as serve
from tests.support import cli

REFUSED = [
    ("distilbert", "merged", "all weights are kept already"),
    ("tfidf", "merged", "arrays of scikit-learn"),
    ("tfidf", "onnx", "arrays of scikit-learn"),
    ("zero_shot", "onnx", "nothing was learnt"),
    ("prompt", "merged", "learnt tokens before each text"),
    ("prompt", "onnx", "learnt tokens before each text"),
    ("probe", "merged", "--to onnx puts both into one graph"),
    ("probe windows", "onnx", "means over windows"),
]


def refused(found: tuple[int, str, str], message: str) -> bool:
    code, printed, errors = found
    assert (code, printed) == (2, "")
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert message in errors, errors
    return True


@pytest.mark.parametrize(("name", "form", "message"), REFUSED)
def test_what_has_no_such_form(name: str, form: str, message: str, *, cell: Any, convert: Any, tmp_path: Path) -> None:
    assert refused(convert(cell(name).folder, "--to", form, "--out", tmp_path / "out"), message)
    assert list(tmp_path.iterdir()) == []


def test_two_forms_at_once(cell: Any, convert: Any, tmp_path: Path) -> None:
    found = convert(cell("bert").folder, "--to", "onnx", "--to", "merged", "--out", tmp_path / "out")
    assert refused(found, "--to: given twice: one form at a time")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_stays(cell: Any, convert: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert refused(convert(cell("bert").folder, "--to", "merged", "--out", tmp_path), "is there already")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_kept_model_gets_no_folder_in_it(cell: Any, convert: Any) -> None:
    model = cell("bert").folder / "model"
    found = convert(cell("bert").folder, "--to", "merged", "--out", model / "merged")
    assert refused(found, f"would be a part of the model that is kept in {model}")
    assert not (model / "merged").exists()


def test_what_differs_is_not_kept_unless_asked(
    cell: Any, convert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted = converting._predicted
    seen: list[int] = []

    def off(model: Any, texts: Any) -> Any:
        seen.append(1)
        return predicted(model, texts) + (0 if len(seen) % 2 else np.array([0.03, -0.03, 0.0]))

    monkeypatch.setattr(converting, "_predicted", off)
    words = (cell("qlora").folder, "--to", "merged", "--out", tmp_path / "merged")
    code, _, errors = convert(*words)
    assert code == 2
    assert "largest difference of a probability 3." in errors
    assert "and 0.02 is the most: nothing was kept; --max-difference 0.03" in errors
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert convert(*words, "--max-difference", "0.05")[0] == 0
    assert "| largest difference of a probability | 3." in (tmp_path / "merged" / "README.md").read_text()


def test_the_bound_is_wider_where_the_kept_model_rounds(cell: Any) -> None:
    bounds = {name: bound_of(kept.read(cell(name).folder / "model"), None) for name in ("bert", "qlora", "probe")}
    assert bounds == {"bert": parity.EXACT, "qlora": parity.ROUNDED, "probe": parity.EXACT}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "onnx"], "--out"),
        (["--out", "x"], "--to"),
        (["--to", "gguf", "--out", "x"], "invalid choice"),
        (["--to", "merged", "--out", "x", "--max-difference", "2"], "at most 1"),
        (["--to", "merged", "--out", "x", "--max-difference", "nan"], "above 0"),
        (["--to", "merged", "--out", "x", "--label-column", "label"], "--label-column goes with --texts FILE"),
        (["--to", "merged", "--out", "x", "--encoding", "latin-1"], "--encoding goes with --texts FILE"),
        (["--to", "merged", "--out", "x", "--texts", "FILE", "--label-column", "what"], "not one column 'what'"),
        (["--to", "merged", "--out", "x", "--texts", "FILE", "--label-column", "label"], "none of the model's labels"),
        (["--to", "merged", "--out", "x", "--texts", "nosuch.csv"], "--texts nosuch.csv: No such file"),
    ],
)
def test_bad_input_is_one_line(words: list[str], message: str, cell: Any, convert: Any, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("text,label\ngoal match,cooking\n")
    given = [str(tmp_path / "own.csv") if word == "FILE" else word for word in words]
    given = [str(tmp_path / "x") if word == "x" else word for word in given]
    assert refused(convert(cell("bert").folder, *given), message)
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


def test_bad_input_is_told_before_anything_heavy_is_imported(cell: Any, tmp_path: Path) -> None:
    program = f"""
import sys
from bench.convert.__main__ import main
assert main([{str(cell("distilbert").folder)!r}, "--to", "merged", "--out", {str(tmp_path / "out")!r}]) == 2
print(sorted({{"torch", "transformers", "peft", "sklearn", "datasets", "onnxruntime"}} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr


def test_a_package_that_is_missing_is_named(
    cell: Any, convert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = convert(cell("bert").folder, "--to", "onnx", "--out", tmp_path / "out")
    assert refused(found, "--to onnx needs onnxruntime: pip install 'finetune-bench[onnx]'")


def test_a_converted_folder_is_no_kept_model(
    cell: Any, convert: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verbs that take one say what it is."""
    folder = tmp_path / "merged"
    assert convert(cell("bert").folder, "--to", "merged", "--out", folder)[0] == 0
    message = f"{folder} is what `bench convert` made, and runs without this program"
    assert refused(convert(folder, "--to", "onnx", "--out", tmp_path / "onnx"), message)
    for verb in (predict, serve):
        assert refused(cli.in_process(verb, [folder, "goal match"][: 2 if verb is predict else 1], capsys), message)
