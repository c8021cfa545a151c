"""Records that are kept and were made with other libraries, commits or precision are kept, and said to be so."""

import json
from pathlib import Path

import pytest

from bench.compose import to_cell
from bench.report.inputs.records import ExpectedCell
from bench.results import store
from tests.report import simulate
from tests.support import cli, texts


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]


def finished(words: list[str], folder: Path, **provenance: object) -> None:
    """A record that says `ok`, for the cell that `words` compose."""
    (content,) = cli.composed(*words)
    cell = to_cell(content)
    task = cell.task
    simulate.write(ExpectedCell(cell.folder(folder), cell.key, cell.row, None, task.data.name, 2, task.train_size, 0))
    path = cell.folder(folder) / store.RECORD
    record = json.loads(path.read_text())
    record["provenance"] |= provenance
    path.write_text(json.dumps(record))


def test_other_versions_of_what_was_used(tmp_path, places, capfd):
    texts.topics(60).to_csv(tmp_path / "mine.csv", index=False)
    own = ["data=file", f"data.path={tmp_path / 'mine.csv'}", "model=tfidf_sgd", "device=cpu", "train_size=8", *places]
    assert cli.call(*own) == 0
    capfd.readouterr()
    assert cli.call(*own) == 0
    assert "made with" not in capfd.readouterr().out, "nothing has changed"
    (path,) = (tmp_path / "results").glob(f"**/{store.RECORD}")
    record = json.loads(path.read_text())
    here = record["provenance"]["packages"]["scikit-learn"]
    record["provenance"]["packages"] |= {"scikit-learn": "0.1", "peft": "0.1"}  # the baseline has nothing of peft
    path.write_text(json.dumps(record))
    assert cli.call(*own) == 0
    out = capfd.readouterr().out
    assert f"  made with scikit-learn 0.1 (now {here})\n" in out
    assert "peft" not in out
    assert cli.call("-m", *own, "seed=0") == 0
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith("kept, but made otherwise")]
    assert said == [
        f"kept, but made otherwise than it would be now: 1 cell: scikit-learn 0.1 (now {here}) in 1 "
        "(overwrite=always runs them again)"
    ]


@pytest.mark.parametrize("revision", [None, "v2", "f" * 40])
def test_another_commit_of_what_is_not_pinned(tmp_path, places, capfd, revision):
    """A name on the hub moves; a commit is part of what the cell is."""
    refs = tmp_path / "hf/hub/models--google-bert--bert-base-uncased/refs"
    refs.mkdir(parents=True)
    for name in ("main", "v2"):
        (refs / name).write_text("b" * 40)
    words = ["model=bert_base", "method=linear_probe", "data=bbc_headlines", "train_size=16", "device=cpu", *places]
    words.append(f"model.revision={revision or 'null'}")
    finished(words, tmp_path / "results", packages={})
    assert cli.call(*words) == 0
    moved = "made with bert_base of commit aaaaaaaaaaaa (now bbbbbbbbbbbb)"
    assert (moved in capfd.readouterr().out) is (revision != "f" * 40)
    (refs / "main").write_text("a" * 40)
    (refs / "v2").write_text("a" * 40)
    assert cli.call(*words) == 0
    assert "made with" not in capfd.readouterr().out


def test_another_precision(tmp_path, places, capfd, monkeypatch):
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")  # a CPU that is slow in bf16
    words = ["model=minilm_hub", "model.precision=bf16", "method=linear_probe", "data=bbc_headlines", "train_size=16"]
    words += ["device=cpu", *places]
    finished(words, tmp_path / "results", packages={}, precision="bf16", device="cpu")
    assert cli.call(*words) == 0
    assert "  made with precision bf16 (now fp32)\n" in capfd.readouterr().out
