"""SetFit: pairs as the library makes them, the same result for a seed, and a word where it is not installed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from bench.cell import Cell
from bench.config import (
    DataConfig,
    LinearProbeConfig,
    NaturalSplitConfig,
    NestedSplitConfig,
    SetfitConfig,
    TfidfSgdConfig,
    TransformerConfig,
)
from bench.data.pool import Pool
from bench.data.split import Splits, draw
from bench.data.task import Task
from bench.errors import UserError
from bench.methods.fitted import Context, Diverged
from bench.running import preflight
from tests.support import texts
from tests.support.cli import call
from tests.support.scratch import CACHE
from tests.support.several import pool_of

CONTEXT = Context(cache=CACHE, mirror_dir=None, device="cpu")


def make_cell(folder: Path, seed: int = 0, train_size: int = 16, **options: object) -> Cell:
    options = {"learning_rate": 1e-3, "max_steps": 30} | options
    return Cell(
        task=Task(DataConfig(name="topics", source="file"), 2, train_size, seed, NestedSplitConfig()),
        model=TransformerConfig(name="tiny", family="bert", source="hub", id="tiny/bert", path=str(folder)),
        method=SetfitConfig(name="setfit", **options),
        training=None,
    )


@pytest.fixture(scope="module")
def pool() -> Pool:
    frame = texts.topics(60)
    return Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)


def fitted(cell: Cell, pool: Pool):
    pytest.importorskip("setfit")
    from bench.methods import setfit

    splits = draw(cell.task, pool)
    return setfit.fit(cell, splits, CONTEXT), splits


def accuracy(probabilities: np.ndarray, splits: Splits) -> float:
    return float((probabilities.argmax(axis=1) == splits.test.labels).mean())


def test_tuning_pulls_labels_apart(tiny_models: dict[str, Path], pool: Pool) -> None:
    tuned, splits = fitted(make_cell(tiny_models["bert"]), pool)
    untuned, _ = fitted(make_cell(tiny_models["bert"], learning_rate=1e-9), pool)

    def separation(model) -> float:
        embeddings = model.model.encode(list(splits.test.texts), show_progress_bar=False)
        embeddings = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
        same = np.equal.outer(splits.test.labels, splits.test.labels)
        similarity = embeddings @ embeddings.T
        return float(similarity[same].mean() - similarity[~same].mean())

    assert separation(tuned) > separation(untuned) + 0.2
    assert accuracy(tuned.predict(splits.test), splits) > 0.8
    assert tuned.summary.parameters.trainable == tuned.summary.parameters.total > 0
    assert tuned.summary.choices == {"pairs": 30 * 16, "steps": 30}
    assert len(tuned.summary.model_revision) == 64


def test_probabilities_and_a_seed(tiny_models: dict[str, Path], pool: Pool) -> None:
    (first, splits), (second, _) = (fitted(make_cell(tiny_models["bert"]), pool) for _ in range(2))
    probabilities = first.predict(splits.test)
    assert probabilities.shape == (40, 2)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities == second.predict(splits.test)).all()
    (other, _) = fitted(make_cell(tiny_models["bert"], seed=1), pool)
    assert (probabilities != other.predict(splits.test)).any()


@pytest.mark.parametrize(
    "options",
    [
        {}, {"num_iterations": 3}, {"num_iterations": None}, {"num_iterations": None, "sampling_strategy": "unique"},
        {"num_iterations": None, "sampling_strategy": "undersampling"},
    ],
)  # fmt: skip
def test_pairs_are_counted_as_the_library_makes_them(options: dict[str, object]) -> None:
    pytest.importorskip("setfit")
    from setfit.sampler import ContrastiveDataset

    from bench.methods.setfit import planned

    labels = (0, 1, 2, 0, 1, 0, 0)
    method = SetfitConfig(name="setfit", batch_size=4, max_steps=10_000, num_epochs=2, **options)
    made = ContrastiveDataset(
        list("abcdefg"), labels, False, method.num_iterations, method.sampling_strategy or "oversampling"
    )
    assert planned(labels, method) == (2 * len(list(made)), 2 * -(-len(list(made)) // 4))


def several(folder: Path, **options: object) -> Cell:
    cell = make_cell(folder, train_size=48, **options)
    data, split = DataConfig(name="tickets", source="file", multi_label="keep"), NaturalSplitConfig(name="natural")
    return replace(cell, task=Task(data, 3, 48, 0, split))


@pytest.mark.parametrize("strategy", ["oversampling", "unique", "undersampling", 3])
def test_pairs_of_several_labels_are_alike_by_one_in_common(strategy: str | int) -> None:
    pytest.importorskip("setfit")
    from setfit.sampler import ContrastiveDataset

    from bench.methods.setfit import alike, planned

    labels = ((1, 1, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0), (1, 0, 1), (1, 1, 1))
    options = {"num_iterations": strategy} if isinstance(strategy, int) else {"sampling_strategy": strategy}
    method = SetfitConfig(**{"name": "setfit", "batch_size": 4, "max_steps": 10_000, "num_iterations": None} | options)
    made = ContrastiveDataset(
        list("abcdef"), labels, "one-vs-rest", method.num_iterations, method.sampling_strategy or "oversampling"
    )
    assert len(made.pos_pairs) == alike(labels)
    assert planned(labels, method) == (len(list(made)), -(-len(list(made)) // 4))


def test_texts_that_all_have_a_label_in_common_are_refused() -> None:
    pytest.importorskip("setfit")
    from bench.methods.setfit import planned

    with pytest.raises(UserError, match="pairs of texts without a common label, and all 2 training texts have one"):
        planned(((1, 1), (1, 0)), SetfitConfig(name="setfit"))


def test_several_labels_are_learnt_each_against_the_rest(tiny_models: dict[str, Path]) -> None:
    pool = pool_of()
    tuned, splits = fitted(several(tiny_models["bert"]), pool)
    found, true = tuned.predict(splits.test), np.asarray(splits.test.labels)
    assert found.shape == true.shape
    assert not np.allclose(found.sum(axis=1), 1), "probabilities of labels, one by one"
    assert average_precision_score(true, found) > 1.8 * true.mean(), "chance gives what share of texts has a label"
    assert tuned.model.model_head.coef_.shape[0] == 3
    again, _ = fitted(several(tiny_models["bert"]), pool)
    assert (found == again.predict(splits.test)).all()
    weighted, _ = fitted(several(tiny_models["bert"], class_weight="balanced"), pool)
    late = splits.labels.index("late")
    assert weighted.predict(splits.test)[:, late].mean() > found[:, late].mean()


def test_long_texts_are_cut(tiny_models: dict[str, Path], pool: Pool) -> None:
    pytest.importorskip("setfit")
    from bench.methods.setfit import load_body

    cell = make_cell(tiny_models["bert"], max_length=5)
    body = load_body(cell.model, cell.model.path, cell.method, "cpu")
    long, short = (
        body.encode(text, show_progress_bar=False) for text in ("goal match team win ball", "goal match team")
    )
    assert np.allclose(long, short, atol=1e-6), "[CLS], three words, [SEP]"
    many = load_body(cell.model, cell.model.path, SetfitConfig(name="setfit", max_length=500), "cpu")
    assert many.max_seq_length == 64, "the model has no more positions"


def test_weights_that_are_not_finite_diverge(tiny_models: dict[str, Path], pool: Pool) -> None:
    pytest.importorskip("setfit")
    with pytest.raises(Diverged, match="contrastive"):
        fitted(make_cell(tiny_models["bert"], learning_rate=1e38, max_steps=3), pool)


def test_a_missing_extra_is_told_at_once(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(preflight, "is_here", lambda name: False)
    options = (f"results_dir={tmp_path}", f"cache_dir={tmp_path}", f"reports_dir={tmp_path}")
    for arguments in (("method=setfit",), ("-m", "method=setfit,linear_probe", "num_labels=2,5")):
        assert call(*arguments, "model=minilm", *options) == 2
        assert capsys.readouterr().err == (
            "error: method=setfit needs a package that is not installed: pip install 'finetune-bench[setfit]'\n"
        )
    assert list(tmp_path.iterdir()) == []


def test_only_setfit_needs_the_extra(monkeypatch) -> None:
    cell = make_cell(CACHE)
    monkeypatch.setattr(preflight, "is_here", lambda name: False)
    tfidf = replace(cell, model=TfidfSgdConfig(name="tfidf_sgd", family="tfidf_sgd"), method=None)
    preflight.check_extras([replace(cell, method=LinearProbeConfig(name="linear_probe")), tfidf])
    monkeypatch.setattr(preflight, "is_here", lambda name: True)
    preflight.check_extras([cell])


def test_one_device_trains(tiny_models: dict[str, Path], pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("setfit")
    from transformers import TrainingArguments

    monkeypatch.setattr(TrainingArguments, "n_gpu", 8)
    with pytest.raises(UserError, match="trains on one device, and Trainer found 8"):
        fitted(make_cell(tiny_models["bert"]), pool)
