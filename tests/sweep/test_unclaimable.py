"""Cells that can't be claimed for one reason: one is named, the others are counted."""

from pathlib import Path

import pytest

from tests.support import cli, texts


def test_a_folder_that_cannot_be_written_is_told_with_a_count(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    texts.topics(60).to_csv(tmp_path / "mine.csv", index=False)
    (tmp_path / "results" / "mine").mkdir(parents=True)
    (tmp_path / "results" / "mine" / "tfidf-sgd").write_text("a file where the row's folder should be")
    places = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    own = ("data=file", f"data.path={tmp_path / 'mine.csv'}", "model=tfidf_sgd", "device=cpu", "train_size=8")
    assert cli.call("-m", *own, "seed=range(0,1000)", *places) == 1
    out, err = capfd.readouterr()
    assert out.count("cannot be claimed") == 2
    assert "... and 999 more cannot be claimed for the same reason (Not a directory)" in out
    assert "Traceback" not in out + err
    assert len(out.splitlines()) < 20
