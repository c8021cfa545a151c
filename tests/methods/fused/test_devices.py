"""A stack has all its tensors on its device: shown on one that is no CPU and computes nothing, torch's `meta`."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from bench.methods.encode import Encoded
from bench.methods.fused import attention, by_cell, packing, stack
from bench.methods.fused.stack import Stack
from bench.models.families import FAMILIES


@pytest.fixture(params=[False, True], ids=["padded", "kernels"])
def on_meta(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without autocast, which `meta` has not; with the kernels for packed tokens of new GPUs, or without."""
    monkeypatch.setitem(packing.GROUP_OVERHEAD, "meta", packing.GROUP_OVERHEAD["cuda"])
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda *_: False)
    monkeypatch.setattr(torch, "get_autocast_dtype", lambda *_: torch.bfloat16)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    monkeypatch.setattr(stack, "autocast", lambda *_: nullcontext())
    monkeypatch.setattr(attention, "takes_varlen", lambda *_: request.param)
    monkeypatch.setattr(by_cell, "can_group", lambda *_: request.param)


def texts(*lengths: int) -> Encoded:
    return [{"input_ids": [5] * length, "labels": 0} for length in lengths]


@pytest.mark.usefixtures("on_meta")
@pytest.mark.parametrize("family", FAMILIES)
def test_no_tensor_is_elsewhere(family: str, tiny_models: dict[str, Path]) -> None:
    """Mixed devices raise; forward and back, for all cells and for some, and after one has left."""
    config = AutoConfig.from_pretrained(tiny_models[family])
    config.num_labels, config.pad_token_id = 3, 0
    for name in vars(config):
        if "drop" in name and isinstance(getattr(config, name), float):
            setattr(config, name, 0.0)
    adapters: Any = {"target_modules": list(FAMILIES[family].lora_targets), "r": 4}
    models = [
        peft.get_peft_model(
            AutoModelForSequenceClassification.from_config(config),
            peft.LoraConfig(task_type="SEQ_CLS", modules_to_save=list(FAMILIES[family].head), **adapters),
        ).to("meta")
        for _ in range(3)
    ]
    shell = AutoModelForSequenceClassification.from_config(config).to("meta")
    stacked = Stack(shell, models, FAMILIES[family], 0, precision="bf16")
    stacked.model.train()
    for parts in ([(0, texts(5, 9, 3)), (1, texts(4, 4)), (2, texts(30))], [(0, texts(5, 9)), (2, texts(30))]):
        logits = stacked.logits(parts)
        assert (logits.device.type, len(logits)) == ("meta", sum(len(of_cell) for _, of_cell in parts))
        logits.logsumexp(1).sum().backward()
    stacked.keep([0, 2])
    logits = stacked.logits([(0, texts(7)), (1, texts(4))])
    logits.sum().backward()
    assert {linear.A.grad.device.type for linear in stacked.linears.values()} == {"meta"}  # type: ignore[union-attr]
