"""Every family as a graph: decoders are asked at a text's last token, windows of attention reach as far as before."""

from typing import Any

import pytest

from bench.convert.parity import EXACT, ROUNDED

ROUNDING = ("gemma3 in bf16", "qlora")


@pytest.mark.parametrize(
    "name", ["distilbert", "modernbert", "llama", "qwen2", "gpt2", "gemma3", "probe last token", *ROUNDING]
)
def test_the_card_s_code_gives_what_the_cell_predicted(name: str, check: Any) -> None:
    check(name, ROUNDED if name in ROUNDING else EXACT)
