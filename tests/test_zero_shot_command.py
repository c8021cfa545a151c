"""Zero-shot through the command that a user types: one cell of a sweep, on the very examples of the other rows."""

from pathlib import Path

import numpy as np
import pytest

from bench.results import store
from tests.support import texts
from tests.support.cli import bench


def test_a_sweep_has_one_cell_for_all_sizes_and_seeds(mirror: Path, tmp_path: Path) -> None:
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    words = (
        "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2",
        "train_size=16,32", "seed=0,1", f"mirror_dir={mirror}",
    )  # fmt: skip
    asking = ("data.prompt='Text: {text}, so it is about'", "data.label_words={sport: goal match, business: bank}")
    done = bench("-m", "model=llama3_2_1b", "method=zero_shot", *words, *asking, folder=tmp_path, light=True)
    assert done.returncode == 0, done.stderr
    assert "1 cell, 0 done, 1 to run" in done.stdout
    baseline = bench("-m", "model=tfidf_sgd", *words, folder=tmp_path)
    assert "4 cells" in baseline.stdout
    folders = list(store.scan(tmp_path / "results"))
    records = [store.read(folder) for folder in folders]
    (asked,) = (i for i, record in enumerate(records) if record.configuration.method == "zero_shot")
    record = records[asked]
    assert (record.configuration.train_size, record.configuration.seed) == (0, 0)
    method = record.configuration.identity["method"]
    assert method["prompt"] == "Text: {text}, so it is about"
    assert method["label_words"] == {"business": "bank", "sport": "goal match"}
    measured = record.measurements
    assert (measured.examples.num_train, measured.examples.num_validation) == (0, 0)
    assert measured.validation is measured.training is measured.before is None
    assert measured.parameters.trainable == 0
    assert measured.test.loss > 0
    tested = []
    for folder, known in zip(folders, records, strict=True):
        predictions = store.read_predictions(folder, known)
        tested.append(predictions[predictions.split == "test"].reset_index(drop=True))
    probabilities = np.stack(tested[asked].probabilities)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert len(np.unique(probabilities[:, 0])) > 20, "what the text says makes a difference"
    for other in tested:
        assert other[["id", "label"]].equals(tested[asked][["id", "label"]])


@pytest.mark.parametrize("start", [(), ("-m",)])
def test_an_encoder_is_refused_before_anything_runs(start: tuple[str, ...], tmp_path: Path) -> None:
    done = bench(*start, "model=minilm", "method=zero_shot", "data=bbc_headlines", folder=tmp_path, light=True)
    assert done.returncode == 2
    assert done.stderr == "error: method=zero_shot needs a causal model; minilm is of family bert\n"
    assert not (tmp_path / "results").exists()
