"""`training.windows=mean`: a text that is too long is read in windows, and its probabilities are the mean of theirs."""

import importlib
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import log_loss

from bench.cell import Cell
from bench.compose import to_cell
from bench.data.pool import Pool
from bench.data.split import Examples, Splits, draw
from bench.errors import UserError
from bench.methods.encode import encode
from bench.methods.fitted import Context
from bench.methods.windows import layout, mean_over_windows, windows_of
from bench.models import load
from bench.results.cut_texts import shares_of
from bench.results.record import Record, Status
from bench.running.run import run_cell
from bench.running.warm import Warm
from bench.settings import Settings
from tests.conftest import MODEL_IDS
from tests.methods.test_families import make_cell
from tests.support import texts
from tests.support.tiny import BUSINESS, ENCODERS, SPORT, WORDS

ROOM = 6
"""Tokens of a window's own: the tiny encoders have one a word, and two are the tokenizer's."""
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "lora": ("bert", {"name": "lora"}),
    "qlora": ("bert", {"name": "qlora"}),
    "full": ("distilbert", {"name": "full"}),
    "ia3": ("modernbert", {"name": "peft", "peft_type": "IA3"}),
    "linear_probe": ("bert", {"name": "linear_probe", "max_length": ROOM + 2}),
}
MEAN = {"windows": "mean"}


def cell_of(method: str, path: Path, *, train_size: int = 32, **training: Any) -> Cell:
    family, options = METHODS[method]
    model = {"name": f"tiny-{family}", "family": family, "source": "hub", "precision": "fp32"}
    others = {"max_length": ROOM + 2, "num_train_epochs": 2, "learning_rate": 1e-2}
    return to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(path / "topics.csv")},
            "num_labels": 2,
            "train_size": train_size,
            "seed": 0,
            "split": {"name": "nested"},
            "model": {**model, "id": MODEL_IDS.get(family, f"tiny/{family}")},
            "method": options,
            "training": training if method == "linear_probe" else {**others, **training},
        }
    )


def splits_of(path: Path, table: pd.DataFrame, train_size: int = 32) -> Splits:
    table.to_csv(path / "topics.csv", index=False)  # which cells hash
    pool = Pool(ids=tuple(map(str, table.index)), texts=tuple(table.text), labels=tuple(table.label), revision=None)
    return draw(cell_of("lora", path, train_size=train_size).task, pool)


def of_many_lengths(per_label: int = 60) -> pd.DataFrame:
    """Texts of 6 to 24 words: one to four windows, of other texts of the same label."""
    table = texts.topics(per_label)
    own = {label: list(part["text"]) for label, part in table.groupby("label")}
    table["text"] = [
        " ".join([text, *own[label][number // 2 : number // 2 + number % 4]])
        for number, (text, label) in enumerate(zip(table["text"], table["label"], strict=True))
    ]
    return table


@pytest.fixture
def context(mirror: Path, tmp_path: Path) -> Context:
    folders = {"cache": tmp_path / "cache", "mirror_dir": str(mirror)}
    return Context(**folders, device="cpu", warm=Warm(), feature_cache_gb=0.1)


@pytest.fixture
def settings(mirror: Path, tmp_path: Path) -> Settings:
    folders = {"results_dir": str(tmp_path / "results"), "cache_dir": str(tmp_path / "cache")}
    return Settings(**folders, mirror_dir=str(mirror), device="cpu")


def fitted(cell: Cell, splits: Splits, context: Context) -> Any:
    return importlib.import_module(cell.method.module).fit(cell, splits, context)


def examples_of(written: Sequence[str]) -> Examples:
    return Examples(ids=tuple(map(str, range(len(written)))), texts=tuple(written), labels=(0,) * len(written))


@pytest.mark.parametrize("family", ENCODERS)
def test_windows_are_consecutive_and_each_has_the_tokenizer_s_own(family: str, tiny_models: dict[str, Path]) -> None:
    tokenizer = load.load_tokenizer(make_cell(family, "lora", tiny_models[family]).model, str(tiny_models[family]))
    draw_words = random.Random(0)
    written = [" ".join(draw_words.choices(WORDS, k=count)) for count in (1, 5, 6, 7, 12, 13, 40)] + ["goal [SEP] " * 7]
    for max_length, most in ((3, 8), (8, 1), (8, 3), (8, 100)):
        encoded = encode(tokenizer, examples_of(written), max_length, max_windows=most)
        for text, example in zip(written, encoded, strict=True):
            own = tokenizer(text, add_special_tokens=False)["input_ids"]
            start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
            space = max_length - 2
            expected = [[start, *own[at : at + space], end] for at in range(0, len(own), space)][:most]
            assert windows_of(example) == expected
            assert len(example["attention_mask"]) == sum(map(len, expected))


def test_a_window_without_room_is_refused(tiny_models: dict[str, Path]) -> None:
    tokenizer = load.load_tokenizer(make_cell("bert", "lora", tiny_models["bert"]).model, str(tiny_models["bert"]))
    with pytest.raises(UserError, match="max_length=2: 2 tokens of a window are the tokenizer's own"):
        encode(tokenizer, examples_of(["goal match"]), 2, max_windows=8)


def test_the_mean_is_that_of_probabilities_and_each_text_counts_once() -> None:
    torch.manual_seed(0)
    logits = torch.randn(6, 3, dtype=torch.float64).mul(5).requires_grad_()
    of = torch.tensor([0, 0, 0, 1, 2, 2])
    scores = mean_over_windows(logits, *layout([3, 1, 2]))
    by_hand = torch.stack([logits.softmax(-1)[of == text].mean(0) for text in range(3)])
    torch.testing.assert_close(scores.exp().double(), by_hand, rtol=1e-5, atol=1e-6)
    (ours,) = torch.autograd.grad(-scores[[0, 1, 2], [2, 0, 1]].mean(), logits)
    (theirs,) = torch.autograd.grad(-by_hand[[0, 1, 2], [2, 0, 1]].log().mean(), logits)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    far = mean_over_windows(torch.tensor([[2000.0, 0.0], [2000.0, 0.0]]), *layout([2]))
    assert torch.equal(far, torch.tensor([[0.0, -2000.0]]))


@pytest.mark.parametrize(
    ("method", "training"),
    [
        ("lora", {}),
        ("qlora", {}),
        ("full", {"class_weight": "balanced", "gradient_accumulation_steps": 2, "per_device_train_batch_size": 8}),
        ("full", {"class_weight": "oversample", "group_by_length": True}),
        ("ia3", {"gradient_checkpointing": True}),
        ("linear_probe", {}),
    ],
)
def test_short_texts_are_read_as_ever(
    method: str, training: dict[str, Any], context: Context, tmp_path: Path
) -> None:  # fmt: skip
    splits = splits_of(tmp_path, texts.topics(60))
    whole, windows = (fitted(cell_of(method, tmp_path, **training, **how), splits, context) for how in ({}, MEAN))
    np.testing.assert_allclose(windows.predict(splits.test), whole.predict(splits.test), atol=1e-5)
    told = [fit.summary.training for fit in (whole, windows)]
    if method == "linear_probe":
        assert told == [None, None]
        return
    for one, other in zip(told[0].history, told[1].history, strict=True):
        assert (one.step, one.examples_seen) == (other.step, other.examples_seen)
        assert other.train_loss == pytest.approx(one.train_loss, abs=1e-5)
        assert other.validation_loss == pytest.approx(one.validation_loss, abs=1e-5)
    assert [done.tokens_seen for done in told] == [told[0].tokens_seen] * 2


@pytest.mark.parametrize("method", ["lora", "qlora", "full", "ia3"])
def test_a_text_of_two_windows_has_the_mean_of_their_probabilities(
    method: str, context: Context, tmp_path: Path
) -> None:
    splits = splits_of(tmp_path, of_many_lengths())
    model = fitted(cell_of(method, tmp_path, **MEAN), splits, context)
    sport, business = " ".join(SPORT[:ROOM]), " ".join(BUSINESS[:ROOM])
    rest = " ".join(BUSINESS[-2:])
    parts = model.predict(examples_of([sport, business, rest]))
    found = model.predict(examples_of([business, f"{sport} {business}", f"{sport} {business} {rest}"]))
    np.testing.assert_allclose(found, [parts[1], parts[:2].mean(axis=0), parts.mean(axis=0)], atol=1e-6)
    assert np.abs(parts[0] - parts[1]).max() > 1e-3


def test_a_probe_has_the_mean_of_the_features(context: Context, tmp_path: Path) -> None:
    from bench.methods.linear_probe import features

    splits = splits_of(tmp_path, of_many_lengths())
    probe = fitted(cell_of("linear_probe", tmp_path, **MEAN), splits, context)
    sport, rest = " ".join(SPORT[:ROOM]), " ".join(BUSINESS[-2:])

    def of(*written: str) -> np.ndarray:
        return features(probe.trunk, probe.tokenizer, examples_of(written), probe.method)

    parts = of(sport, rest)
    np.testing.assert_allclose(of(f"{sport} {rest}")[0], parts.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(
        probe.predict(examples_of([f"{sport} {rest}"])),
        probe.regression.predict_proba(parts.mean(axis=0, keepdims=True)),
        atol=1e-6,
    )


def test_steps_examples_and_validation_are_counted_in_texts(context: Context, tmp_path: Path) -> None:
    splits = splits_of(tmp_path, of_many_lengths())
    options = {"per_device_eval_batch_size": 3, "eval_steps": 4, "early_stopping_patience": None}
    model = fitted(cell_of("lora", tmp_path, **options, **MEAN), splits, context)
    done = model.summary.training
    assert (done.steps, done.examples_seen) == (4, 64)
    rows: list[int] = []
    model.trained.trainer.model.register_forward_pre_hook(
        lambda _, arguments, options: rows.append(len(options["input_ids"])), with_kwargs=True
    )
    found = model.predict(splits.validation)
    assert max(rows) == 3  # windows at once, as memory is reckoned
    assert done.history[-1].validation_loss == pytest.approx(log_loss(splits.validation.labels, found), abs=1e-5)
    words = sum(len(text.split()) for text in splits.train.texts)
    windows = sum(-(-len(text.split()) // ROOM) for text in splits.train.texts)
    assert done.tokens_seen == 2 * (words + 2 * windows)


def test_gradients_are_those_of_one_loss_a_text(context: Context, tmp_path: Path) -> None:
    """A step on one text of two windows: as by hand, on the logarithm of the mean probability."""
    from bench.methods.finetune import ModelFiles, prepare

    splits = splits_of(tmp_path, of_many_lengths())
    cell = cell_of("full", tmp_path, **MEAN)
    trainer = prepare(cell, ModelFiles.find(cell.model, context), splits, context, str(tmp_path)).trained.trainer
    examples = [example for example in trainer.train_dataset if len(example["windows"]) > 1][:3]
    batch = trainer.data_collator(examples)
    trainer.model.train()
    for module in trainer.model.modules():  # no dropout: both ways are to give the same
        module.p = 0.0 if hasattr(module, "p") else None
    loss = trainer.compute_loss(trainer.model, dict(batch))
    each = []
    for example in examples:
        rows = [trainer.model(input_ids=torch.tensor([ids])).logits.softmax(-1) for ids in windows_of(example)]
        each.append(-torch.cat(rows).mean(0)[example["labels"]].log())
    by_hand = torch.stack(each).mean()
    assert loss.item() == pytest.approx(by_hand.item(), abs=1e-5)
    head = [parameter for parameter in trainer.model.parameters() if parameter.requires_grad][-2]
    for ours, theirs in zip(*(torch.autograd.grad(value, head) for value in (loss, by_hand)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-6)


def late_texts(per_label: int = 110) -> pd.DataFrame:
    """Texts of three windows; the words of the last one, which stand nowhere else, say the label."""
    draw_words, rows = random.Random(1), {}
    noise, own = (*SPORT[3:], *BUSINESS[3:]), {"sport": SPORT[:3], "business": BUSINESS[:3]}
    for label, words in own.items():
        for _ in range(per_label):
            ending = draw_words.choices(words, k=ROOM)
            rows[" ".join([*draw_words.choices(noise, k=2 * ROOM), *ending])] = label
    pairs = list(rows.items())
    draw_words.shuffle(pairs)
    return pd.DataFrame(pairs, columns=["text", "label"])


@pytest.mark.parametrize("method", ["lora", "linear_probe"])
def test_what_stands_at_the_end_of_long_texts_is_learnt(method: str, context: Context, tmp_path: Path) -> None:
    splits = splits_of(tmp_path, late_texts(), train_size=96)
    epochs = {} if method == "linear_probe" else {"num_train_epochs": 10}
    right = []
    for how in ({}, MEAN):
        model = fitted(cell_of(method, tmp_path, train_size=96, **epochs, **how), splits, context)
        right.append(float((model.predict(splits.test).argmax(axis=1) == np.asarray(splits.test.labels)).mean()))
    head, windows = right
    assert windows > 0.8
    assert head < 0.65


def test_what_windows_do_not_hold_is_cut_and_told(settings: Settings, tmp_path: Path) -> None:
    splits_of(tmp_path, of_many_lengths())
    records: dict[tuple[str, int | None], Record] = {}
    for method in ("lora", "linear_probe"):
        for most in (None, 2, 3):
            given = MEAN if most is None else {**MEAN, "max_windows": most}
            records[method, most] = run_cell(cell_of(method, tmp_path, **given), settings)
    for (_, most), record in records.items():
        assert record.status is Status.OK, record.failure
        cut, longest = record.measurements.cut, ROOM * (most or 8)
        assert cut.max_length == longest + 2
        told = shares_of(record)
        expected = {8: 0.0, 3: 0.25, 2: 0.5}[most or 8]
        assert told.train == pytest.approx(expected, abs=0.15)
        assert (told.train > 0) == (expected > 0)
        if expected:
            assert told.median_lost == pytest.approx({3: 0.25, 2: 0.5}[most or 8], abs=0.18)
            assert (
                f"longer than the {longest + 2} tokens that training.max_windows={most} windows hold" in told.warning()
            )
            assert "a greater training.max_windows reads more" in told.warning()
    lengths = records["lora", 2].measurements.lengths
    assert (lengths.max, lengths.max_length) == (24 + 2, 2 * ROOM + 2)
    assert records["lora", None].measurements.lengths.max == 24 + 2  # though four windows have eight added tokens


def test_one_process_does_not_mix_up_texts_cut_and_in_windows(
    context: Context, mirror: Path, tmp_path: Path
) -> None:  # fmt: skip
    splits = splits_of(tmp_path, of_many_lengths())
    fresh = replace(context, warm=Warm(), cache=tmp_path / "unused")
    for method in ("lora", "linear_probe"):
        ways = ({}, MEAN, {**MEAN, "max_windows": 2})
        found = [fitted(cell_of(method, tmp_path, **how), splits, context).predict(splits.test) for how in ways]
        alone = fitted(cell_of(method, tmp_path, **ways[2]), splits, fresh).predict(splits.test)
        np.testing.assert_allclose(found[2], alone, atol=1e-6)
        assert min(np.abs(one - other).max() for one, other in itertools.pairwise(found)) > 1e-4
