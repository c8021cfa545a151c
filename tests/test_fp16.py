"""GPUs without bf16 compute in fp16 what is bf16 by default; fp16 that is asked for holds, or is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from bench.cell import Cell
from bench.compose import to_cell
from bench.methods.fused.groups import can_fuse
from bench.methods.training import optimizer_of, training_arguments
from bench.models.dtypes import autocast
from bench.running import precision, preflight
from bench.running.devices import Gpu
from tests.support.cli import call
from tests.test_cell import content

TURING, AMPERE, UNKNOWN = (Gpu(name, name, 1 << 34, shown) for name, shown in
                           (("T4", (7, 5)), ("A100", (8, 0)), ("chip", None)))  # fmt: skip


def cell(family: str = "llama", method: str = "lora", **training: object) -> Cell:
    return to_cell(content(model__family=family, method={"name": method}, training=training))


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Which GPUs have bf16 is asked once a process."""
    precision._has_bf16.cache_clear()
    yield
    precision._has_bf16.cache_clear()


@pytest.mark.parametrize(
    ("gpu", "made", "computed"),
    [
        (TURING, cell(), "fp16"),
        (TURING, cell("bert", "qlora"), "fp16"),
        (TURING, cell("bert"), "fp32"),
        (TURING, cell("gemma3"), "fp32"),  # overflows in fp16
        (TURING, cell(precision="bf16"), "bf16"),
        (TURING, cell(precision="fp32"), "fp32"),
        (AMPERE, cell(), "bf16"),
        (AMPERE, cell(precision="fp16"), "fp16"),
        (UNKNOWN, cell(), "bf16"),
    ],
)
def test_what_a_gpu_computes_in(gpu: Gpu, made: Cell, computed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "visible_gpus", lambda: [gpu, AMPERE])
    assert precision.precision_of(precision.as_computed(made, "cuda")) == computed
    said = precision.notice(made, "cuda")
    if computed == precision.precision_of(made):
        is_slow = gpu is TURING and computed == "bf16"
        assert said == (
            "warning: training.precision=bf16 holds, but this GPU has no bf16: training.precision=fp16 is several "
            "times quicker here" if is_slow else None
        )  # fmt: skip
    else:
        assert said == f"computed in {computed} in place of bf16: this GPU has no bf16"


def test_cells_of_one_precision_are_fused_whatever_the_gpus_have(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(precision, "visible_gpus", lambda: asked.append(1) or [TURING, AMPERE])
    fp16 = can_fuse(cell(precision="fp16"))
    assert fp16 is not None
    assert can_fuse(cell(precision="fp16", learning_rate=3e-4)) == fp16
    assert fp16 not in (can_fuse(cell()), can_fuse(cell(precision="bf16")), None)
    assert not asked, "a stack is of cells that any GPU computes alike"


def test_gpus_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(precision, "visible_gpus", lambda: asked.append(1) or [TURING])
    made = (cell(learning_rate=rate) for rate in (1e-4, 2e-4, 3e-4))
    assert all(precision.precision_of(precision.as_computed(each, "cuda")) == "fp16" for each in made)
    assert len(asked) == 1


def test_trainer_scales_its_losses() -> None:
    training = cell(precision="fp16").training
    assert training is not None
    made = training_arguments(training, 32, seed=0, device="cuda", scratch="unused")
    assert (made.fp16, made.bf16) == (True, False)
    assert made.optim == "adamw_torch"


@pytest.mark.parametrize(
    ("options", "device", "found"),
    [
        ({}, "cuda", "adamw_torch_fused"),
        ({}, "cpu", "adamw_torch"),
        ({"precision": "fp32"}, "cuda", "adamw_torch_fused"),
        ({"optim": "adamw_bnb_8bit"}, "cuda", "adamw_bnb_8bit"),
        ({"optim": "sgd"}, "cuda", "sgd"),
    ],
)
def test_adamw_is_one_kernel_on_a_gpu(options: dict[str, str], device: str, found: str) -> None:
    training = cell(**options).training
    assert training is not None
    assert optimizer_of(training, device) == found


@pytest.mark.parametrize(("name", "dtype"), [("fp16", torch.float16), ("bf16", torch.bfloat16), ("fp32", None)])
def test_products_are_of_that_type(name: precision.Precision, dtype: torch.dtype | None) -> None:
    with autocast("cpu", name):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (dtype or torch.float32)


def test_a_kept_model_of_fp16_is_used_in_fp32_on_a_cpu() -> None:
    assert precision.kept_precision("fp16", "cpu") == "fp32"
    assert precision.kept_precision("fp16", "cuda") == "fp16"


@pytest.fixture
def ampere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "visible_gpus", lambda: [AMPERE])


@pytest.mark.usefixtures("ampere")
@pytest.mark.parametrize(
    ("model", "device", "said"),
    [
        ("smollm2_135m", "cpu", "training.precision=fp16 is for GPUs, and cells run on the CPU here: fp32 or bf16 do"),
        ("gemma3_1b", "cuda", "does not go with gemma3_1b: activations of gemma3 overflow in it; bf16 or fp32 do"),
    ],
)
def test_what_cannot_be_had_is_refused(
    model: str,
    device: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = (f"model={model}", "method=lora", "training.precision=fp16", f"device={device}", "num_labels=2")
    assert call(*words, f"results_dir={tmp_path}/results", f"cache_dir={tmp_path}/cache") == 2
    assert said in " ".join(capsys.readouterr().err.split())
