"""The linear probe: pooling, and the choice of C on validation."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.pipeline import Pipeline

from bench.config import LinearProbeConfig, TransformerConfig
from bench.data.split import Examples
from bench.methods import linear_probe
from bench.methods.fitted import Context
from bench.methods.loading import ModelFiles
from bench.methods.regression import choose_regression
from bench.models import load
from bench.models.families import FAMILIES
from bench.results import store
from tests.support.cli import call
from tests.support.scratch import CACHE
from tests.support.texts import topics


def test_mean_and_last_leave_padding_out() -> None:
    hidden = torch.tensor([[[1.0], [3.0], [99.0]], [[2.0], [4.0], [6.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert linear_probe.pool(hidden, mask, "mean").tolist() == [[2.0], [4.0]]
    assert linear_probe.pool(hidden, mask, "last").tolist() == [[3.0], [6.0]]


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_features_are_those_of_a_plain_forward_pass(family: str, pooling: str, tiny_models: dict[str, Path]) -> None:
    """Each text alone through the model, without padding: no batch, no cache."""
    texts = ("goal match", "bank", "bank market profit shares trade growth", "team win ball")
    examples = Examples(ids=tuple("abcd"), texts=texts, labels=(0, 1, 1, 0))
    location = str(tiny_models[family])
    model = TransformerConfig(name="tiny", family=family, source="hub", id="tiny/tiny", path=location)
    tokenizer = load.load_tokenizer(model, location)
    base = load.load_trunk(model, location, precision="fp32", device="cpu")
    context = Context(cache=CACHE, mirror_dir=None, device="cpu")
    found = ModelFiles.find(model, context)
    for size in (1, 64):
        method = LinearProbeConfig(name="linear_probe", pooling=pooling, precision="fp32", batch_size=size)
        trunk = linear_probe.pooled(base, method, found, context)
        given = linear_probe.features(trunk, tokenizer, examples, method)
        assert given.dtype == np.float64
        with torch.inference_mode():
            for row, text in zip(given, texts, strict=True):
                words = tokenizer([text], return_tensors="pt", return_token_type_ids=False)
                hidden = base(**words).last_hidden_state[0]
                expected = hidden.mean(dim=0) if pooling == "mean" else hidden[-1]
                np.testing.assert_allclose(row, expected.numpy(), atol=1e-5)


def test_validation_chooses_c() -> None:
    draw = np.random.default_rng(0)
    labels = tuple(int(i % 2) for i in range(40))
    # one telling feature among many noisy ones: weak regularisation overfits
    train, validation = (draw.normal(size=(40, 30)) for _ in range(2))
    for features in (train, validation):
        features[:, 0] += 2 * np.asarray(labels)

    def choose(*strengths: float) -> tuple[Pipeline, float]:
        return choose_regression(
            linear_probe.on_scaled, strengths, (train, labels), (validation, labels), best_metric="accuracy"
        )

    chosen, strength = choose(1e-9, 0.1, 1e6)
    scores = {c: (choose(c)[0].predict(validation) == labels).mean() for c in (1e-9, 0.1, 1e6)}
    assert scores[strength] == max(scores.values())
    assert (chosen.predict(validation) == labels).mean() == scores[strength]


def test_times_and_speed_of_kept_features_are_not_taken_for_the_model_s_own(tmp_path: Path, mirror: Path) -> None:
    """A second cell on the same texts computes none of its features: what it took says nothing of a text."""
    topics(40, labels=("sport", "business")).to_csv(tmp_path / "t.csv", index=False)
    data = (
        "data=file",
        f"data.path={tmp_path / 't.csv'}",
        "data.name=t",
        "split=nested",
        "num_labels=2",
        "train_size=8",
    )
    words = ("-m", "model=bert_base", "method=linear_probe", f"mirror_dir={mirror}", "device=cpu", *data)
    folders = tuple(f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    assert call(*words, "seed=0", *folders) == 0
    assert call(*words, "seed=0", "method.C=[1.0]", *folders) == 0
    records = sorted(map(store.read, store.scan(tmp_path / "results")), key=lambda record: record.provenance.started)
    first, second = (record.measurements for record in records)
    assert first.kept_features == 0
    assert first.throughput.test_examples_per_second > 0
    assert second.kept_features == first.examples.num_train + first.examples.num_validation + first.examples.num_test
    assert second.throughput.test_examples_per_second is None
