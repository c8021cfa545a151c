"""A single cell tells its tracker from the command's own process, and tells a run that it repeats anew."""

from pathlib import Path

import pytest

from bench.results import store
from tests.support import texts
from tests.support.cli import bench
from tests.tracking.readers import events


def test_a_single_cell_is_told_and_told_again(mirror: Path, tmp_path: Path) -> None:
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    for _ in range(2):
        ended = bench(
            "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2", "device=cpu",
            "training.num_train_epochs=2", "training.per_device_train_batch_size=4", "model=bert_base", "train_size=16",
            f"mirror_dir={mirror}", "overwrite=always", "tracker=tensorboard", folder=tmp_path, timeout=200,
            env={"TENSORBOARD_LOGGING_DIR": None},
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        assert "warning: tracker" not in ended.stderr
    (folder,) = store.scan(tmp_path / "results")
    record = store.read(folder)
    kept = tmp_path / "results" / "trackers" / "tensorboard" / "single" / record.key
    assert len(list(kept.iterdir())) == 1, "of the run that the record is of"
    losses = {point.step: point.train_loss for point in record.measurements.training.history if point.train_loss}
    assert events(kept).scalars["train/loss"] == pytest.approx(losses, rel=1e-5)
