"""A stack has all its tensors on its device: shown on one that is no CPU and computes nothing, torch's `meta`."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
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
    monkeypatch.setattr(by_cell, "has_grouped_products", lambda *_: request.param)


def texts(*lengths: int) -> Encoded:
    return [{"input_ids": [5] * length, "labels": 0} for length in lengths]


def stack_of(num_cells: int, family: str, folder: Path, *, compiled: bool = False) -> Stack:
    config = AutoConfig.from_pretrained(folder)
    config.num_labels, config.pad_token_id, config.use_cache = 3, 0, False
    for name in vars(config):
        if "drop" in name and isinstance(getattr(config, name), float):
            setattr(config, name, 0.0)
    adapters: Any = {"target_modules": list(FAMILIES[family].lora_targets), "r": 4}
    models = [
        peft.get_peft_model(
            AutoModelForSequenceClassification.from_config(config),
            peft.LoraConfig(task_type="SEQ_CLS", modules_to_save=list(FAMILIES[family].head), **adapters),
        ).to("meta")
        for _ in range(num_cells)
    ]
    shell = AutoModelForSequenceClassification.from_config(config).to("meta")
    stacked = Stack(shell, models, FAMILIES[family], 0, precision="bf16", compiled=compiled)
    stacked.model.train()
    return stacked


@pytest.mark.usefixtures("on_meta")
@pytest.mark.parametrize("family", FAMILIES)
def test_no_tensor_is_elsewhere(family: str, tiny_models: dict[str, Path]) -> None:
    """Mixed devices raise; forward and back, for all cells and for some, and after one has left."""
    stacked = stack_of(3, family, tiny_models[family])
    for parts in ([(0, texts(5, 9, 3)), (1, texts(4, 4)), (2, texts(30))], [(0, texts(5, 9)), (2, texts(30))]):
        logits = stacked.logits(parts)
        assert (logits.device.type, len(logits)) == ("meta", sum(len(of_cell) for _, of_cell in parts))
        logits.logsumexp(1).sum().backward()
    stacked.keep([0, 2])
    logits = stacked.logits([(0, texts(7)), (1, texts(4))])
    logits.sum().backward()
    assert {linear.A.grad.device.type for linear in stacked.linears.values()} == {"meta"}  # type: ignore[union-attr]


@pytest.mark.usefixtures("on_meta")
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_nor_in_compiled_blocks(family: str, tiny_models: dict[str, Path], programs: Callable[[], int]) -> None:
    """One program, of the operations that a GPU takes, for unequal cells, for some of them, and after one has left."""
    stacked = stack_of(4, family, tiny_models[family], compiled=True)
    unequal = [(0, texts(5, 9, 3)), (1, texts(4, 4)), (2, texts(30)), (3, texts(6))]
    for parts in (unequal, [unequal[0], unequal[2]]):
        stacked.logits(parts).logsumexp(1).sum().backward()
    stacked.keep([0, 2, 3])
    stacked.logits([(0, texts(7, 7)), (1, texts(4, 4)), (2, texts(3, 3))]).sum().backward()
    assert {linear.A.grad.device.type for linear in stacked.linears.values()} == {"meta"}  # type: ignore[union-attr]
    assert programs() == 1


class Operations(TorchDispatchMode):
    """How many there are, and the shapes of what they give."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.shapes = 0, set[tuple[int, ...]]()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = func(*args, **kwargs or {})
        self.count += 1
        self.shapes |= {tuple(each.shape) for each in tree_leaves(given) if isinstance(each, torch.Tensor)}
        return given


def step_of(stacked: Stack) -> Operations:
    """A step of batches of two texts; cells differ in how long theirs are."""
    parts = [(cell, texts(3 + cell, 9)) for cell in range(len(stacked.models))]
    with Operations() as operations:
        stacked.logits(parts).logsumexp(1).sum().backward()
    return operations


@pytest.mark.usefixtures("on_meta")
@pytest.mark.parametrize("family", FAMILIES)
def test_more_cells_are_no_more_operations(family: str, tiny_models: dict[str, Path]) -> None:
    """Nothing of a step is done cell by cell, but for a head of several layers; no token has a copy of its adapter."""
    few, many = (stack_of(cells, family, tiny_models[family]) for cells in (2, 5))
    found = step_of(many)
    more = found.count - step_of(few).count
    assert 0 < more < 3 * 20 if family == "modernbert" else more == 0
    tokens = len(many.current.layout.ids)
    for linear in many.linears.values():
        assert {(tokens, *linear.A.shape[1:]), (tokens, *linear.B.shape[1:])}.isdisjoint(found.shapes)
