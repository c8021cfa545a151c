"""What is kept of texts that are too long: their head, their tail, or both, by every method that reads tokens."""

import importlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cell import Cell
from bench.config import ZeroShotConfig
from bench.data.pool import Pool
from bench.data.split import Examples, Splits, draw
from bench.methods.encode import encode
from bench.methods.fitted import Context
from bench.methods.fused.groups import can_fuse
from bench.methods.zero_shot import encode_prompts
from bench.models import load
from bench.models.truncation import Truncation, head_and_tail
from bench.running.run import run, run_cell
from bench.running.warm import Warm
from bench.settings import Settings
from bench.sweep.rows import row_names
from tests.methods.test_families import FAMILY_NAMES, make_cell
from tests.support import cli, texts
from tests.support.cells import on_topics
from tests.support.tiny import WORDS

ROOM = 4
"""Tokens of a text's own: the tiny encoders have one a word, and texts have ten."""
KEPT: tuple[Truncation, ...] = ("head", "tail", "head_tail")
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "lora": ("bert", {}),
    "last_block": ("bert", {"model_dropout": 0.0}),
    "full": ("distilbert", {}),
    "linear_probe": ("bert", {"max_length": ROOM + 2}),
    "setfit": ("bert", {"max_length": ROOM + 2, "max_steps": 3}),
}


def table_of(count: int = 60) -> Any:
    """Texts of ten words: what tells their labels apart stands at the end, and what comes first is noise."""
    table = texts.topics(count)
    noise = np.random.default_rng(0).choice(WORDS, (len(table), 4))
    table["text"] = [f"{' '.join(before)} {text}" for before, text in zip(noise, table["text"], strict=True)]
    return table


def cell_of(method: str, path: Path, truncation: Truncation | None, **training: Any) -> Cell:
    family, options = METHODS[method]
    kept = {} if truncation is None else {"truncation": truncation}
    training = {"max_length": ROOM + 2, "num_train_epochs": 2, "learning_rate": 1e-2, **kept, **training}
    return on_topics(
        path / "topics.csv",
        family,
        {"name": method, **options},
        kept if "max_length" in options else training,
        train_size=32,
    )


@pytest.fixture
def splits(tmp_path: Path) -> Splits:
    table = table_of()
    table.to_csv(tmp_path / "topics.csv", index=False)
    pool = Pool(ids=tuple(map(str, table.index)), texts=tuple(table.text), labels=tuple(table.label), revision=None)
    return draw(cell_of("lora", tmp_path, None).task, pool)


def shortened(splits: Splits, truncation: Truncation) -> Splits:
    """With what is kept of each text, cut by hand: a quarter of four words is one."""

    def cut(text: str) -> str:
        words = text.split()
        return " ".join({"head": words[:4], "tail": words[-4:], "head_tail": words[:1] + words[-3:]}[truncation])

    def of(examples: Examples) -> Examples:
        return replace(examples, texts=tuple(map(cut, examples.texts)))

    return replace(splits, train=of(splits.train), validation=of(splits.validation), test=of(splits.test))


def predicted(cell: Cell, splits: Splits, context: Context) -> np.ndarray:
    return np.asarray(importlib.import_module(cell.method.module).fit(cell, splits, context).predict(splits.test))


def test_a_quarter_of_the_room_is_for_the_head() -> None:
    assert head_and_tail(510) == (128, 382)  # Sun et al. 2019
    assert [head_and_tail(room) for room in (0, 1, 2, 4, 5)] == [(0, 0), (1, 0), (1, 1), (1, 3), (2, 3)]


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_ids_are_those_of_both_ends_between_the_tokenizer_s_own(family: str, tiny_models: dict[str, Path]) -> None:
    tokenizer = load.load_tokenizer(make_cell(family, "lora", tiny_models[family]).model, str(tiny_models[family]))
    written = ("goal match team", "goal match team win ball player coach bank market profit", "[CLS] bank [SEP] " * 5)
    examples = Examples(ids=tuple("abc"), texts=written, labels=(0, 1, 0))
    added = tokenizer.num_special_tokens_to_add()
    for max_length in (added + 1, added + 2, 9, 500):
        encoded = encode(tokenizer, examples, max_length, truncation="head_tail")
        for text, example in zip(written, encoded, strict=True):
            whole, own = (tokenizer(text, add_special_tokens=special)["input_ids"] for special in (True, False))
            head, tail = head_and_tail(max_length - added)
            kept = own if len(whole) <= max_length else own[:head] + own[len(own) - tail :]
            ends = ([], []) if added == 0 else (whole[:1], whole[-1:])
            assert example["input_ids"] == [*ends[0], *kept, *ends[1]]
            assert len(example["input_ids"]) == min(len(whole), max_length)


@pytest.mark.parametrize("method", METHODS)
def test_a_cell_reads_what_is_kept_and_nothing_else(method: str, splits: Splits, mirror: Path, tmp_path: Path) -> None:
    """As a cell whose texts were cut by hand; and the cells of one process do not mix up each other's."""
    if method == "setfit":
        pytest.importorskip("setfit")
    shared = Context(
        cache=tmp_path / "cache", mirror_dir=str(mirror), device="cpu", warm=Warm(), feature_cache_gb=0.1
    )  # fmt: skip
    found = []
    for truncation in KEPT:
        fresh = Context(cache=tmp_path / "unused", mirror_dir=str(mirror), device="cpu")
        by_hand = predicted(cell_of(method, tmp_path, None), shortened(splits, truncation), fresh)
        found.append(predicted(cell_of(method, tmp_path, truncation), splits, shared))
        np.testing.assert_allclose(found[-1], by_hand, atol=1e-6)
    assert min(np.abs(one - other).max() for one, other in ((found[0], found[1]), (found[1], found[2]))) > 1e-4


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_prompt_holds_what_is_kept_of_the_text(family: str, tiny_models: dict[str, Path]) -> None:
    tokenizer = load.load_tokenizer(make_cell(family, "lora", tiny_models[family]).model, str(tiny_models[family]))
    text, warm = " ".join(WORDS[:30]), Warm()

    def prompt(truncation: Truncation, limit: int) -> tuple[str, int]:
        method = ZeroShotConfig(
            name="zero_shot", prompt="Read {text} and say", max_length=limit, truncation=truncation
        )  # fmt: skip
        (encoded,) = encode_prompts(tokenizer, [text], method, None, warm.tokens)
        around = len(tokenizer("Read  and say")["input_ids"])
        return tokenizer.decode(encoded["input_ids"], skip_special_tokens=True), len(encoded["input_ids"]) - around

    for limit in (3, 8, 13):
        (head, _), (tail, long_tail), (both, long_both) = (prompt(truncation, limit) for truncation in KEPT)
        assert all(said.startswith("Read ") and said.endswith(" and say") for said in (head, tail, both))
        assert text.startswith(_inside(head))
        assert text.endswith(_inside(tail))
        assert both != head
        assert text[:2] == _inside(both)[:2]
        assert text[-3:] == _inside(both)[-3:]
        assert max(long_tail, long_both) <= limit + 1  # the blanks around the text


def _inside(prompt: str) -> str:
    return prompt.removeprefix("Read ").removesuffix(" and say").strip()


def test_fused_cells_read_what_is_kept(splits: Splits, mirror: Path, tmp_path: Path) -> None:
    del splits  # whose file the cells read
    folders = {"mirror_dir": str(mirror), "cache_dir": str(tmp_path / "cache"), "device": "cpu"}
    before = {}
    for truncation in KEPT:
        cell = cell_of("lora", tmp_path, truncation)
        cells = [cell, replace(cell, task=replace(cell.task, seed=1))]
        fused = run(cells, Settings(**folders, results_dir=str(tmp_path / "fused")), engine="fused")
        single = run_cell(cell, Settings(**folders, results_dir=str(tmp_path / "single")))
        assert fused[0].measurements.fused is not None
        before[truncation] = single.measurements.before.test.loss
        assert fused[0].measurements.before.test.loss == pytest.approx(before[truncation], abs=1e-5)
    assert len({round(loss, 4) for loss in before.values()}) == 3


def test_keys_stay_and_rows_are_told_apart(splits: Splits, tmp_path: Path) -> None:
    del splits
    plain, head, tail, both = (cell_of("lora", tmp_path, kept) for kept in (None, *KEPT))
    assert head == plain
    assert tail.key == cell_of("lora", tmp_path, None, truncation_side="left").key != plain.key
    assert len({plain.key, tail.key, both.key}) == 3
    assert len({can_fuse(cell) for cell in (plain, tail, both)}) == 3
    named = row_names([plain, tail, both])
    assert [named[cell.key][1] for cell in (plain, tail, both)] == [f"lora truncation={kept}" for kept in KEPT]
    probes = [cell_of("linear_probe", tmp_path, kept) for kept in (None, *KEPT)]
    assert probes[0].key == probes[1].key
    assert len({probe.key for probe in probes}) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("method=lora", "training.truncation=middle"), "training.truncation"),
        (("method=lora", "training.truncation=tail", "training.truncation_side=left"), "training.truncation says it"),
        (("method=linear_probe", "method.truncation=tail"), "did you mean training.truncation?"),
        (("method=lora", "method.truncation=tail"), "method.truncation"),
    ],
)
def test_what_has_no_effect_is_refused(words: Sequence[str], message: str, capfd: pytest.CaptureFixture) -> None:
    assert cli.call("model=minilm", "data=bbc_headlines", *words) == 2
    errors = capfd.readouterr().err
    assert message in errors
    assert "Traceback" not in errors
