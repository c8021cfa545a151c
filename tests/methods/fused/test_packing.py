"""A stack's texts go through its model without padding, and give what each gives alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from bench.data.pool import Pool
from bench.methods.encode import Encoded
from bench.methods.fused import stack as stacks
from bench.methods.fused.layers import FusedLinear
from bench.methods.fused.packing import lay_out
from bench.methods.fused.stack import Stack, Unfusable, trained
from bench.models.families import FAMILIES
from tests.methods.fused.test_equality import CELLS, fit_fused, lora, make_cell

LENGTHS = ((5, 40, 1), (40, 12), (3, 3, 50, 27))
"""Tokens of the texts of three cells: longer than Gemma's and ModernBERT's windows, and a text of one token."""


def examples(place: int, model: Any) -> Encoded:
    """Texts of random tokens for a cell; the first ends with what pads others, and has one within."""
    draw, config = np.random.default_rng(place), model.config
    pad_token_id = config.pad_token_id
    texts = [draw.integers(1, config.vocab_size, length).tolist() for length in LENGTHS[place]]
    if len(texts[0]) > 3:
        texts[0][1] = texts[0][-1] = pad_token_id
    return [{"input_ids": text, "labels": 0} for text in texts]


@pytest.fixture
def as_wide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """What tokens of a cell are filled up to."""
    multiple: int = request.param
    monkeypatch.setattr(stacks, "lay_out", lambda *given, **named: lay_out(*given, **named | {"multiple": multiple}))
    return multiple


def alone(model: Any, texts: Encoded) -> torch.Tensor:
    """The logits of a model that is in no stack, padded."""
    pad_token_id = model.config.pad_token_id
    longest = max(len(text["input_ids"]) for text in texts)
    ids = torch.tensor([text["input_ids"] + [pad_token_id] * (longest - len(text["input_ids"])) for text in texts])
    mask = torch.tensor([[i < len(text["input_ids"]) for i in range(longest)] for text in texts]).long()
    logits: torch.Tensor = model(input_ids=ids, attention_mask=mask).logits
    return logits


@pytest.fixture
def filled(
    request: pytest.FixtureRequest, as_wide: int, tiny_models: dict[str, Path], pool: Pool, no_dropout: None
) -> Iterator[tuple[Stack, list[Any]]]:
    """A stack of three cells that were trained a little, and their models."""
    family: str = request.param
    cells = [make_cell(family, lora(family), tiny_models[family], axes, min_steps=2) for axes in (*CELLS[:2], CELLS[3])]
    fused, _ = fit_fused(cells, pool)
    models = [member.trainer.model for member in fused.members]
    fused.stack.fill(models)
    fused.stack.model.eval()
    yield fused.stack, models
    fused.stack.keep([])


@pytest.mark.parametrize("as_wide", [1, 8], indirect=True)
@pytest.mark.parametrize("filled", FAMILIES, indirect=True)
def test_texts_of_any_length(filled: tuple[Stack, list[Any]]) -> None:
    """Values and gradients; of all cells, and of some of them, whose order is that of the stack."""
    stack, models = filled
    for places in ((0, 1, 2), (0, 2), (1,)):
        parts = [(place, examples(place, models[place])) for place in places]
        stack.rows.gradients.zero_()
        logits = stack.logits(parts)
        logits.logsumexp(1).sum().backward()
        gradients = {p: {n: v.grad.clone() for n, v in trained(models[p]).items()} for p in range(len(models))}
        stack.rows.gradients.zero_()
        start = 0
        for place, texts in parts:
            expected = alone(models[place].eval(), texts)
            expected.logsumexp(1).sum().backward()
            given = logits[start : start + len(texts)]
            torch.testing.assert_close(given[:, : expected.shape[1]], expected, atol=2e-5, rtol=2e-5)
            assert (given[:, expected.shape[1] :] == -torch.inf).all(), "labels that the cell does not have"
            start += len(texts)
        for place, model in enumerate(models):
            for name, parameter in trained(model).items():
                torch.testing.assert_close(gradients[place][name], parameter.grad, atol=1e-4, rtol=1e-4)
                assert place in places or not parameter.grad.any()


@pytest.mark.parametrize("as_wide", [1], indirect=True)
@pytest.mark.parametrize("filled", FAMILIES, indirect=True)
def test_no_layer_sees_padding(filled: tuple[Stack, list[Any]]) -> None:
    """Frozen layers are given the tokens there are, those of the last block's feed-forward part one for each text."""
    stack, models = filled
    seen: list[int] = []
    for module in stack.model.modules():
        if isinstance(module, nn.Linear | Conv1D):
            module.register_forward_pre_hook(lambda _, given: seen.append(given[0].numel() // given[0].shape[-1]))
    parts = [(place, examples(place, models[place])) for place in range(3)]
    with torch.no_grad():
        stack.logits(parts)
    tokens, texts = sum(map(sum, LENGTHS)), sum(map(len, LENGTHS))
    assert set(seen) <= {tokens, texts, *map(len, LENGTHS)}, "a head has each cell's"
    assert seen.count(tokens) > seen.count(texts)
    assert any(isinstance(module, FusedLinear) for module in stack.model.modules())


@pytest.mark.parametrize("as_wide", [1], indirect=True)
@pytest.mark.parametrize("filled", ["bert"], indirect=True)
def test_a_model_with_attention_of_its_own_is_refused(filled: tuple[Stack, list[Any]]) -> None:
    """Else its texts would see each other, and nobody would know."""
    stack, models = filled
    stack.model.config._attn_implementation = "sdpa"
    with pytest.raises(Unfusable, match="does not take the attention"):
        stack.logits([(0, examples(0, models[0]))])
