"""Attention over texts in one row of tokens, by each of its ways, against each text alone."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention import varlen

from bench.methods.fused import attention
from bench.methods.fused.attention import packed_attention
from bench.methods.fused.layout import Layout
from bench.methods.fused.packing import GROUP_OVERHEAD, lay_out

LENGTHS = [7, 1, 30, 29, 7, 12]
HEADS, WIDTH = 4, 16
CPU = torch.device("cpu")


def layout(multiple: int = 1) -> Layout:
    texts = [{"input_ids": [5] * length} for length in LENGTHS]
    return lay_out([(0, texts[:4]), (1, texts[4:])], CPU, pooling="last", pad_token_id=0, multiple=multiple)


def sees(length: int, *, causal: bool, window: int | None) -> torch.Tensor:
    place = torch.arange(length)
    distance = place[:, None] - place
    seen = distance >= 0 if causal else torch.ones_like(distance, dtype=torch.bool)
    return seen if window is None else seen & (distance.abs() < window)


def one_by_one(parts: list[torch.Tensor], sizes: list[int], scaling: float | None, **kind: Any) -> torch.Tensor:
    """Of query, key and value, shape (1, heads, tokens, width): each text with a mask of its own."""
    found = []
    for query, key, value in zip(*(part.split(sizes, 2) for part in parts), strict=True):
        mask = sees(query.shape[2], **kind)
        found.append(F.scaled_dot_product_attention(query, key, value, mask, scale=scaling, enable_gqa=True))
    return torch.cat(found, 2).transpose(1, 2)


def fake_kernel(*given: Any, **options: Any) -> torch.Tensor:
    """`varlen_attn` as its documentation has it."""
    query, key, value, ends, ends_of_keys, longest, longest_key = given
    assert ends is ends_of_keys
    assert longest == longest_key == int(ends.diff().max())
    assert ends.dtype == torch.int32
    assert options["enable_gqa"] == (query.shape[1] != key.shape[1])
    before, after = options["window_size"]
    found = []
    for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        place = torch.arange(end - start)
        distance = place[:, None] - place
        seen = torch.ones_like(distance, dtype=torch.bool)
        seen &= (distance <= before) if before >= 0 else seen
        seen &= (-distance <= after) if after >= 0 else seen
        parts = [part[start:end].transpose(0, 1)[None] for part in (query, key, value)]
        given = F.scaled_dot_product_attention(*parts, seen, scale=options["scale"], enable_gqa=True)
        found.append(given[0].transpose(0, 1))
    return torch.cat(found)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("window", [None, 4, 40])
@pytest.mark.parametrize("keys", [HEADS, 2])
@pytest.mark.parametrize("way", ["groups", "one group", "short", "kernel"])
def test_each_text_sees_itself_alone(
    way: str, keys: int, window: int | None, causal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GROUP_OVERHEAD, "cpu", 10_000 if way == "one group" else 5)
    monkeypatch.setattr(attention, "SHORT", 10_000 if way == "short" else 0)
    if way == "kernel":
        monkeypatch.setattr(attention, "takes_varlen", lambda *_: True)
        monkeypatch.setattr(attention, "varlen_kernel", lambda: fake_kernel)
    packed = layout(8 if way == "kernel" else 1)
    assert len(packed.groups) == 1 if way == "one group" else len(packed.groups) > 1
    torch.manual_seed(0)
    tokens = len(packed.ids)
    given = [torch.randn(1, heads, tokens, WIDTH) for heads in (HEADS, keys, keys)]
    ours, theirs = ([part.clone().requires_grad_() for part in given] for _ in range(2))
    found, _ = packed_attention(
        SimpleNamespace(is_causal=causal), *ours, None, packed=packed, scaling=0.3, sliding_window=window
    )  # type: ignore[arg-type]
    sizes = packed.ends.diff().tolist()
    expected = one_by_one(theirs, sizes, 0.3, causal=causal, window=window)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    weights = torch.randn_like(expected)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-5)


def test_layers_share_a_causal_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    """In training on a CPU, where attention is written out: a pass makes one for each group of texts."""
    monkeypatch.setitem(GROUP_OVERHEAD, "cpu", 5)
    seen: list[torch.Tensor | None] = []
    original = attention._written_out

    def watched(asked: Any, mask: torch.Tensor | None, *given: Any) -> torch.Tensor:
        seen.append(mask)
        return original(asked, mask, *given)

    monkeypatch.setattr(attention, "_written_out", watched)
    packed = layout()
    parts = [torch.randn(1, HEADS, len(packed.ids), WIDTH, requires_grad=True) for _ in range(3)]
    module: Any = SimpleNamespace(is_causal=True)
    for _ in range(2):
        packed_attention(module, *parts, None, packed=packed)
    first, second = seen[: len(packed.groups)], seen[len(packed.groups) :]
    assert all(mask is not None for mask in first)
    assert all(one is other for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(("mask", "quick", "keys"), [(None, True, 2), (None, False, HEADS), (True, True, HEADS)])
def test_keys_are_repeated_where_torch_has_no_quick_kernel_that_shares_them(
    mask: bool | None, quick: bool, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    original = F.scaled_dot_product_attention

    def attend(query: Any, key: Any, *given: Any, **options: Any) -> torch.Tensor:
        seen.append(key.shape[1])
        return original(query, key, *given, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", attend)
    monkeypatch.setattr(attention, "shares_keys", lambda *_: quick)
    asked = [torch.zeros(2, heads, 5, WIDTH, device="meta") for heads in (HEADS, 2, 2)]
    seen_by_all = None if mask is None else torch.ones(5, 5, dtype=torch.bool, device="meta")
    found = attention._attend(
        asked, seen_by_all, attention.AttentionOptions(causal=True, window=None, scaling=None, dropout=0.0)
    )
    assert found.shape == (2, HEADS, 5, WIDTH)
    assert seen == [keys]


def test_what_is_dropped_is_made_up_for() -> None:
    """The mean over many draws is what there is without."""
    packed = layout()
    torch.manual_seed(0)
    parts = [torch.randn(1, HEADS, len(packed.ids), WIDTH, requires_grad=True) for _ in range(3)]
    module: Any = SimpleNamespace(is_causal=False)
    whole, _ = packed_attention(module, *parts, None, packed=packed)
    draws = [packed_attention(module, *parts, None, packed=packed, dropout=0.3)[0].detach() for _ in range(400)]
    assert (draws[0] - whole).abs().max() > 0.1
    torch.testing.assert_close(torch.stack(draws).mean(0), whole.detach(), atol=0.2, rtol=0)


def without_windows(query: Any, key: Any, value: Any, *, scale: Any = None) -> None:
    """As the kernel was when it came."""


@pytest.mark.parametrize("older", [None, SimpleNamespace(varlen_attn=without_windows)], ids=["none", "first"])
def test_an_older_torch_has_no_such_kernel(older: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert attention.varlen_kernel() is varlen.varlen_attn
    monkeypatch.setitem(sys.modules, "torch.nn.attention.varlen", older)
    attention.varlen_kernel.cache_clear()
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    query: Any = SimpleNamespace(device=torch.device("cuda"), dtype=torch.bfloat16, shape=(10, HEADS, 64))
    assert not attention.takes_varlen(query, 0.0)
    attention.varlen_kernel.cache_clear()


@pytest.mark.parametrize(
    ("dtype", "capability", "dropout", "expected"),
    [
        (torch.bfloat16, (8, 0), 0.0, True),
        (torch.float16, (9, 0), 0.0, True),
        (torch.bfloat16, (7, 5), 0.0, False),
        (torch.float32, (9, 0), 0.0, False),
        (torch.bfloat16, (9, 0), 0.1, False),
    ],
)
def test_when_the_kernel_is_taken(
    dtype: torch.dtype, capability: tuple[int, int], dropout: float, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    query: Any = SimpleNamespace(device=torch.device("cuda"), dtype=dtype, shape=(10, HEADS, 64))
    assert attention.takes_varlen(query, dropout) is expected
    assert not attention.takes_varlen(torch.zeros(10, HEADS, 64, dtype=dtype), dropout)
    query.shape = (10, HEADS, 320)  # wider than any head of ours
    assert not attention.takes_varlen(query, dropout)
