"""What types of peft need beyond peft: pooling before padding, AdaLoRA's budget, a base of their own, errors told."""

from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch

from bench.config.method.peft_checks import fitting_types
from bench.config.method.peft_rules import NOT_TRANSPOSED
from bench.errors import UserError
from bench.methods import adapters
from bench.models import load
from bench.models.families import FAMILIES
from bench.running.positions import within_positions
from bench.running.warm import base_of
from tests.methods.peft.runs import make_cell, run
from tests.support.scratch import CACHE

PROMPTS = ("PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "CARTRIDGE")


def adapted(family: str, folder: Path, peft_type: str, **more: Any) -> Any:
    """The model of a cell, as it is when training begins; and its tokenizer."""
    cell = make_cell(family, folder, peft_type, **more)
    tokenizer = load.load_tokenizer(cell.model, str(folder))
    torch.manual_seed(0)
    base = load.load_classifier(
        cell.model, str(folder), labels=("a", "b"), pad_token_id=tokenizer.pad_token_id, precision="fp32",
        quantization=cell.method.quantization, device="cpu",
    )  # fmt: skip
    return adapters.add_adapters(base, cell.method, FAMILIES[family], 10).eval(), tokenizer


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("peft_type", PROMPTS)
def test_padding_changes_no_prediction(peft_type: str, family: str, tiny_models: dict[str, Path]) -> None:
    if peft_type in ("PREFIX_TUNING", "CARTRIDGE") and not FAMILIES[family].takes_keys:
        cell = make_cell(family, tiny_models[family], peft_type)
        (said,) = cell.method.problems(cell.model)
        assert "takes no keys and values" in said
        return
    model, tokenizer = adapted(family, tiny_models[family], peft_type)
    texts = ["goal match", "goal match team win ball player coach league"]

    def predict(batch: list[str]) -> torch.Tensor:
        encoded = tokenizer(batch, padding=True, return_tensors="pt", return_token_type_ids=False)
        with torch.inference_mode():
            return model(**encoded).logits.softmax(dim=-1)

    together, alone = predict(texts), torch.cat([predict([text]) for text in texts])
    assert torch.allclose(together, alone, atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-5)


@pytest.mark.parametrize("peft_type", fitting_types())
def test_layers_of_gpt2(peft_type: str, tiny_models: dict[str, Path]) -> None:
    """Types that peft does not put on them are refused before, and no others."""
    folder = tiny_models["gpt2"]
    refused = make_cell("gpt2", folder, peft_type).method.problems(make_cell("gpt2", folder, peft_type).model)
    assert bool(refused) == (peft_type in NOT_TRANSPOSED)
    if not refused:
        adapted("gpt2", folder, peft_type)
        return
    assert "Conv1D" in refused[0]
    with pytest.raises(UserError, match=f"peft does not put {peft_type} on a gpt2"):
        adapted("gpt2", folder, peft_type)


def test_adalora_moves_its_budget(tiny_models: dict[str, Path]) -> None:
    cell = make_cell("bert", tiny_models["bert"], "ADALORA", {"init_r": 4, "target_r": 2})
    done = run(cell)
    model = done.fitted.trained.trainer.model
    assert isinstance(model, peft.PeftModel)
    config = model.peft_config["default"]
    steps = done.fitted.summary.training.max_steps
    assert (config.total_step, config.tinit, config.tfinal) == (steps, steps // 10, steps // 3)
    ranks = [sum(kept) for kept in config.rank_pattern.values()]
    assert sum(ranks) == 2 * len(ranks)  # target_r on average
    assert not any(".ranknum." in name for name, p in model.named_parameters() if p.requires_grad)


def test_what_changes_a_base_gets_one_of_its_own(tiny_models: dict[str, Path]) -> None:
    def shares(peft_type: str, options: dict[str, Any] | None = None) -> bool:
        return base_of(make_cell("bert", tiny_models["bert"], peft_type, options), "cpu") is not None

    assert shares("IA3")
    assert shares("LORA", {"use_dora": True})
    assert not shares("LORA", {"init_lora_weights": "pissa"})
    assert not shares("LORA", {"init_lora_weights": "olora"})
    assert not shares("OSF")


def test_a_prompt_takes_positions(tiny_models: dict[str, Path]) -> None:
    training = {"max_length": None}
    cell = make_cell("bert", tiny_models["bert"], "PROMPT_TUNING", {"num_virtual_tokens": 20}, training=training)
    assert within_positions(cell, CACHE, None).training.max_length == 64 - 20
    asked = make_cell("bert", tiny_models["bert"], "PROMPT_TUNING", training={"max_length": 60})
    with pytest.raises(UserError, match="has positions for 58 tokens beside the 6 of the prompt"):
        within_positions(asked, CACHE, None)
    longer = make_cell("bert", tiny_models["bert"], "PROMPT_TUNING", {"num_virtual_tokens": 64}, training=training)
    with pytest.raises(UserError, match="none is left for texts"):
        within_positions(longer, CACHE, None)


def test_what_peft_refuses_is_told(tiny_models: dict[str, Path]) -> None:
    cell = make_cell("bert", tiny_models["bert"], "C3A", {"block_size": 7})
    with pytest.raises(UserError, match=r"peft does not put C3A on a bert with method.options=\{'block_size': 7"):
        run(cell)


def test_layers_that_a_folder_has_not_are_told(tiny_models: dict[str, Path]) -> None:
    """peft would be content with the one that is there."""
    cell = make_cell("bert", tiny_models["bert"], "LORA", {"layers_to_transform": [0, 2]})
    with pytest.raises(UserError, match="layers_to_transform=2: model bert has no such layer; it has 2, from 0 to 1"):
        run(cell)


def test_a_prompt_of_words_starts_from_them(tiny_models: dict[str, Path]) -> None:
    options = {"prompt_tuning_init": "TEXT", "prompt_tuning_init_text": "goal bank", "num_virtual_tokens": 2}
    model, tokenizer = adapted("bert", tiny_models["bert"], "PROMPT_TUNING", options=options)
    ids = tokenizer("goal bank", add_special_tokens=False)["input_ids"]
    start = model.prompt_encoder["default"].embedding.weight.detach().numpy()
    words = model.base_model.get_input_embeddings().weight.detach().numpy()
    assert np.allclose(start[0], words[ids[0]]) or len(start) == 2
    assert start.shape == (2, 64)
