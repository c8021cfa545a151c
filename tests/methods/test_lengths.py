"""Lengths before cutting, counted from what was cut."""

from pathlib import Path

import numpy as np
import pytest

from bench.data.pool import Pool
from bench.data.split import Examples
from bench.methods.encode import encode
from bench.methods.lengths import BINS, bin_edges, token_lengths
from bench.models import load
from bench.results.measurements import Lengths
from tests.methods.test_families import FAMILY_NAMES, make_cell, run
from tests.support import texts

TEXTS = ["goal", "goal match", "bank market profit shares trade growth " * 3, "team win ball player coach"]


def counted(family: str, folder: Path, max_length: int, side: str = "right") -> tuple[Lengths, list[int]]:
    """The lengths, and each text's number of tokens as the tokenizer alone counts them."""
    tokenizer = load.load_tokenizer(make_cell(family, "lora", folder).model, str(folder), side)
    examples = Examples(ids=tuple("abcd"), texts=tuple(TEXTS), labels=(0, 1, 0, 1))
    encoded = encode(tokenizer, examples, max_length)
    lengths = token_lengths(tokenizer, TEXTS, encoded, max_length)
    assert encode(tokenizer, examples, max_length) == encoded  # counting leaves the tokenizer as it was
    return lengths, [len(ids) for ids in tokenizer(TEXTS, truncation=False)["input_ids"]]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_cut_texts_are_counted_whole(family: str, side: str, tiny_models: dict[str, Path]) -> None:
    lengths, whole = counted(family, tiny_models[family], 6, side)
    assert lengths.max == max(whole) > 6
    assert lengths.mean == np.mean(whole)
    assert (lengths.p50, lengths.p95, lengths.p99) == pytest.approx(np.percentile(whole, [50, 95, 99]))
    assert lengths.num_cut == sum(length > 6 for length in whole)
    assert lengths.share_cut == lengths.num_cut / 4
    assert sum(lengths.counts) == 4


def test_a_text_that_just_fits_is_not_cut(tiny_models: dict[str, Path]) -> None:
    _, whole = counted("bert", tiny_models["bert"], 6)
    lengths, _ = counted("bert", tiny_models["bert"], max(whole))
    assert (lengths.num_cut, lengths.share_cut) == (0, 0)


def test_training_counts_the_lengths_of_its_texts(tiny_models: dict[str, Path]) -> None:
    frame = texts.topics(60)
    pool = Pool(ids=tuple(map(str, frame.index)), texts=tuple(frame.text), labels=tuple(frame.label), revision=None)
    cell = make_cell("bert", "lora", tiny_models["bert"], num_train_epochs=1, max_length=6)
    _, summary, _ = run(cell, pool)
    lengths = summary.lengths
    assert (lengths.p50, lengths.max) == (8, 8)  # six words between two marks
    assert (sum(lengths.counts), lengths.num_cut, lengths.share_cut) == (32, 32, 1)
    assert lengths.max_length == 6


@pytest.mark.parametrize(
    ("p99", "longest", "max_length"), [(10, 10, 512), (30.5, 200, 512), (99, 150, 128), (3000, 9_000, 2048), (1, 1, 8)]
)
def test_bins_are_even_and_hold_everything(p99: float, longest: int, max_length: int) -> None:
    edges = bin_edges(p99, longest, max_length)
    steps = np.diff(edges).tolist()
    even = edges if steps[-1] == steps[0] else edges[:-1]
    assert edges[0] == 0
    assert edges[-1] > longest
    assert set(steps[:-1]) == {steps[0]}
    assert even[-1] > p99
    assert len(even) <= BINS + 5
    assert even[-1] > max_length or max_length > 2 * p99
