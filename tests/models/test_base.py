"""Copies of a base model: the head is transformers' own draw, everything else is shared."""

from pathlib import Path

import bitsandbytes
import pytest
import torch
import transformers

from bench.methods import finetune
from bench.models import load
from bench.models.base import BaseModel
from bench.models.families import FAMILIES
from tests.methods.test_families import make_cell

LABELS = ("sport", "business", "other, things", "more")


@pytest.mark.parametrize("quantized", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_is_drawn_as_transformers_draws_it(family: str, quantized: bool, tiny_models: dict[str, Path]) -> None:
    """A copy's new head has the values that loading with so many labels gives after the same seed."""
    cell = make_cell(family, "qlora", tiny_models[family])
    precision, quantization = ("bf16", cell.method.quantization) if quantized else ("fp32", None)
    base = load.load_classifier_base(
        cell.model, str(tiny_models[family]), precision=precision, quantization=quantization,
        device="cpu",
    )  # fmt: skip
    for labels in (LABELS, LABELS[:3], LABELS):
        transformers.set_seed(5)
        expected = transformers.AutoModelForSequenceClassification.from_pretrained(
            tiny_models[family], num_labels=len(labels), dtype=load.DTYPES[precision], device_map={"": "cpu"},
            quantization_config=load.four_bit(quantization, FAMILIES[family], precision) if quantized else None,
        ).state_dict()  # fmt: skip
        transformers.set_seed(5)
        model = load.classifier(base, FAMILIES[family], labels, pad_token_id=0)
        given = model.state_dict()
        assert given.keys() == expected.keys()
        assert all(torch.equal(given[name], expected[name]) for name in expected)
        assert (model.num_labels, model.config.num_labels) == (len(labels), len(labels))
        assert model.config.label2id == {label: i for i, label in enumerate(labels)}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_copy_takes_no_memory_of_its_own(family: str, tiny_models: dict[str, Path]) -> None:
    cell = make_cell(family, "qlora", tiny_models[family])
    base = finetune._load_base(cell, str(tiny_models[family]), "cpu").model
    copied = BaseModel(base).copy()
    pairs = list(zip(base.modules(), copied.modules(), strict=True))
    assert not any(module is other for module, other in pairs)
    assert base.config is not copied.config
    for name, parameter in base.named_parameters():
        other = copied.get_parameter(name)
        assert (type(other), other.requires_grad) == (type(parameter), parameter.requires_grad), name
        assert other is not parameter
        assert other.data_ptr() == parameter.data_ptr()
    assert [buffer.data_ptr() for buffer in base.buffers()] == [buffer.data_ptr() for buffer in copied.buffers()]
    four_bit = [(module, other) for module, other in pairs if isinstance(module, bitsandbytes.nn.Linear4bit)]
    assert four_bit
    for module, other in four_bit:
        assert other.quant_state is other.weight.quant_state is module.quant_state
        assert (module.weight.module, other.weight.module) == (module, other)
