"""A text has the same features, bit for bit, whatever it is computed with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.config import LinearProbeConfig, TransformerConfig
from bench.features import shapes
from bench.methods import linear_probe
from bench.methods.fitted import Context
from bench.methods.loading import ModelFiles
from bench.models import load
from bench.models.families import FAMILIES
from tests.support.scratch import CACHE


def test_padded_lengths_grow_slowly_and_stay_in_bounds() -> None:
    lengths = [shapes.padded_length(n, None) for n in range(1, 5000)]
    assert all(n <= padded and padded % 8 == 0 for n, padded in enumerate(lengths, 1))
    assert all(padded <= max(8, 1.25 * n + 7) for n, padded in enumerate(lengths, 1))
    assert lengths == sorted(lengths)
    assert len(set(lengths)) < 35
    assert [shapes.padded_length(n, 50) for n in (3, 33, 49, 50, 51)] == [8, 40, 50, 50, 51]


def test_every_batch_of_a_length_has_one_shape() -> None:
    texts = [[1] * (n % 90 + 1) for n in range(500)]
    seen: dict[int, int] = {}
    read: list[int] = []
    for members, ids, mask in shapes.batches(texts, most=20, longest=None, pad=0, device="cpu"):
        rows, padded = ids.shape
        assert seen.setdefault(padded, rows) == rows <= 21
        assert rows * padded <= shapes.TOKENS["cpu"] + padded
        assert mask[-1].sum() == 1  # so the batch is padded, whatever is in it
        assert [int(mask[row].sum()) for row in range(len(members))] == [len(texts[i]) for i in members]
        read += members
    assert sorted(read) == list(range(500))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_neighbours_change_no_bit(family: str, precision: str, tiny_models: dict[str, Path]) -> None:
    location = str(tiny_models[family])
    model = TransformerConfig(name="tiny", family=family, source="hub", id="tiny/tiny", path=location)
    base = load.load_trunk(model, location, precision=precision, device="cpu")
    context = Context(cache=CACHE, mirror_dir=None, device="cpu")
    method = LinearProbeConfig(name="linear_probe", pooling="mean", precision=precision, batch_size=8)
    found = ModelFiles.find(model, context)
    draw = np.random.default_rng(0)
    texts = [draw.integers(5, 15, size=int(draw.integers(1, 64))).tolist() for _ in range(40)]

    def computed(order: list[int]) -> dict[int, torch.Tensor]:
        trunk = linear_probe.pooled(base, method, found, context)  # anew: it knows nothing
        encoded = [{"input_ids": texts[i]} for i in order]
        trunk.ensure(encoded)
        return {i: trunk.get(example) for i, example in zip(order, encoded, strict=True)}

    together, reverse = computed(list(range(40))), computed(list(range(40))[::-1])
    alone = {i: computed([i])[i] for i in range(10)}
    assert all(torch.equal(together[i], reverse[i]) for i in together)
    assert all(torch.equal(together[i], alone[i]) for i in alone)
    assert not torch.equal(together[0], together[1])
