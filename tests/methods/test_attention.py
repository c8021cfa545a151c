"""Which attention kernel a training step takes on a CPU."""

import pytest
import torch
import torch.nn.functional as F
from torch.profiler import profile

from bench.methods.attention import SHORT, attention

FLASH = "aten::_scaled_dot_product_flash_attention_for_cpu"
CPU = torch.device("cpu")


def attend(dtype: torch.dtype, num_tokens: int) -> tuple[set[str], torch.Tensor]:
    """The operations of a step, and the attention's output."""
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 2, num_tokens, 16, generator=generator).to(dtype).requires_grad_() for _ in range(3))
    with profile() as found, attention(CPU, dtype, num_tokens):
        output = F.scaled_dot_product_attention(q, k, v)
    return {event.key for event in found.key_averages()}, output


@pytest.mark.parametrize(
    ("dtype", "num_tokens", "is_flash"),
    [(torch.bfloat16, 8, False), (torch.bfloat16, SHORT + 1, True), (torch.float32, 8, True)],
)
def test_short_texts_in_bf16_take_the_plain_one(dtype: torch.dtype, num_tokens: int, is_flash: bool) -> None:
    operations, _ = attend(dtype, num_tokens)
    assert (FLASH in operations) == is_flash


def test_both_compute_the_same() -> None:
    _, plain = attend(torch.bfloat16, 8)
    _, flash = attend(torch.float32, 8)
    torch.testing.assert_close(plain.float(), flash, atol=0.03, rtol=0.02)
