"""Memory by arithmetic: against what records of real cells say, and what autograd really keeps."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.config import (
    FullConfig,
    LastBlockConfig,
    LinearProbeConfig,
    LoraConfig,
    SetfitConfig,
    TrainingConfig,
    TransformerConfig,
    ZeroShotConfig,
)  # fmt: skip
from bench.config.method.lora import adapter_parameters
from bench.models.estimate import estimate
from bench.models.families import FAMILIES
from bench.models.shape import SIZES, Shape, missing_sizes, shape_of
from bench.models.tensors import block_activations, four_bit_bytes
from tests.support import tiny

SMOLLM2 = TransformerConfig(
    name="smollm2_135m", family="llama", source="hub", id="x", parameters=134.5, hidden_size=576,
    intermediate_size=1536, num_layers=30, vocabulary_size=49152,
)  # fmt: skip
MINILM = TransformerConfig(
    name="minilm", family="bert", source="hub", id="x", parameters=22.7, hidden_size=384, intermediate_size=1536,
    num_layers=6, vocabulary_size=30522,
)  # fmt: skip
BF16 = TrainingConfig(precision="bf16", optim="adamw_torch")
FP32 = TrainingConfig(precision="fp32", optim="adamw_torch")


def lora(name: str = "lora", **options: object) -> LoraConfig:
    return LoraConfig(name=name, **({"target_modules": ("q_proj", "v_proj")} | options))


def adapters(shape: Shape, **options: object) -> int:
    method = lora(**options)
    return adapter_parameters(shape, method.r, method.target_modules)


@pytest.mark.parametrize(
    ("model", "method", "training", "measured"),
    [
        # `memory.frozen_weights` of records of real cells
        (SMOLLM2, lora("qlora"), BF16, 111_465_720),
        (SMOLLM2, lora(), BF16, 269_030_016),
        (MINILM, lora(target_modules=("query", "value")), FP32, 90_855_944),
    ],
)
def test_weights_are_what_records_say(
    model: TransformerConfig, method: LoraConfig, training: TrainingConfig, measured: int
) -> None:
    assert estimate(model, method, training, tokens=128).weights == pytest.approx(measured, rel=2e-3)


def test_adapters_are_counted_at_most() -> None:
    # 461,952 trainable parameters in the record of SmolLM2's cell, 1,152 of them the head's
    assert 460_800 <= adapters(shape_of(SMOLLM2)) <= 1.25 * 460_800
    gpt2 = Shape(parameters=124_439_808, hidden=768, intermediate=3072, layers=12, vocabulary=50257)
    assert adapters(gpt2, target_modules=("c_attn",)) == 12 * 8 * (768 + 3 * 768)
    assert adapters(gpt2, target_modules="all-linear") > 12 * 8 * (768 + 3 * 768)


def test_four_bits_with_their_scales() -> None:
    assert four_bit_bytes(lora("qlora", double_quant=False).quantization) == 0.5625
    assert four_bit_bytes(lora("qlora").quantization) * 8 == pytest.approx(
        4.127, abs=1e-3
    )  # QLoRA's 0.127 bits for the scales


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("family", FAMILIES)
def test_activations_are_about_what_autograd_keeps(family: str, precision: str, tiny_models: dict[str, Path]) -> None:
    few, many = (_saved(family, precision, tiny_models[family], tokens) for tokens in (16, 32))
    shape = Shape(
        parameters=1, hidden=tiny.HIDDEN, intermediate=tiny.INNER, layers=tiny.LAYERS, vocabulary=1
    )  # fmt: skip
    expected = tiny.LAYERS * block_activations(shape, family, 16 * 4, precision)
    # the tiny models have the embedding and final norm beside only two blocks, and other proportions
    assert 0.5 < expected / (many - few) < 1.6


def _saved(family: str, precision: str, folder: Path, tokens: int) -> int:
    """Bytes that autograd keeps of a LoRA step on 4 texts, the parameters aside."""
    import torch

    from bench.methods.adapters import add_adapters
    from bench.models import load

    config = TransformerConfig(name="tiny", family=family, source="hub", id="x")
    base = load.load_classifier(
        config, str(folder), labels=("a", "b"), pad_token_id=0, precision=precision, quantization=None, device="cpu"
    )
    model = add_adapters(base, lora(target_modules=FAMILIES[family].lora_targets), FAMILIES[family]).eval()
    own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.randint(5, 20, (4, tokens))
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"),
    ):
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=torch.zeros(4, dtype=torch.long))
    assert output.loss is not None  # the graph is alive up to here
    return sum(kept.values())


def test_every_family_has_its_numbers() -> None:
    assert all(min(family.activations) > 0 for family in FAMILIES.values())


def total(method: object, training: TrainingConfig | None = BF16, tokens: int = 128, **sizes: object) -> int:
    return estimate(replace(SMOLLM2, **sizes), method, training, tokens=tokens).total


def test_what_takes_more_is_said_to_take_more() -> None:
    assert total(lora("qlora")) < total(lora()) < total(FullConfig(name="full"))
    assert total(lora()) < total(lora(target_modules="all-linear")) < 2 * total(lora())
    assert total(lora(), tokens=64) < total(lora()) < total(lora(), replace(BF16, precision="fp32"))
    assert total(lora(), replace(BF16, gradient_checkpointing=True)) < total(lora())
    assert total(lora(), replace(BF16, per_device_train_batch_size=32)) > total(lora())
    eight_bit = replace(BF16, optim="adamw_bnb_8bit")
    assert total(FullConfig(name="full"), eight_bit) < total(FullConfig(name="full"))
    assert total(LastBlockConfig(name="last_block")) < total(lora())
    assert total(LinearProbeConfig(name="linear_probe", precision="bf16"), None) < total(lora())
    assert total(SetfitConfig(name="setfit"), None) > total(FullConfig(name="full"))  # fp32, and pairs


def test_full_fine_tuning_is_sixteen_bytes_a_parameter_and_more() -> None:
    made = estimate(SMOLLM2, FullConfig(name="full"), FP32, tokens=128)
    assert (made.weights, made.trained) == (0, 16 * 134_500_000)
    # in bf16, copies of all linear weights live through the forward pass
    assert estimate(SMOLLM2, FullConfig(name="full"), BF16, tokens=128).weights == 2 * (134_500_000 - 49152 * 576)


def test_the_optimizers_step_needs_four_bytes_a_parameter_for_a_moment() -> None:
    """Of Llama 3.2 1B, trained whole on 4 x 128 tokens, tensors take 24.7 GB at the peak (counted with fake ones)."""
    few = replace(FP32, per_device_train_batch_size=4, per_device_eval_batch_size=4)
    assert total(FullConfig(name="full"), few, parameters=1236) >= 20 * 1_236_000_000
    eight_bit = replace(few, optim="adamw_bnb_8bit")
    assert total(FullConfig(name="full"), eight_bit, parameters=1236) < 14 * 1_236_000_000


def test_zero_shot_counts_cache_and_vocabulary() -> None:
    method = ZeroShotConfig(name="zero_shot", prompt="{text}", precision="bf16", batch_size=64)
    made = estimate(SMOLLM2, method, None, tokens=128)
    assert made.trained == 0
    assert made.weights == 269_000_000
    assert made.activations > 64 * 49152 * 8 + 64 * 128 * 30 * 2 * 576 * 2


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_guessed(size: str) -> None:
    assert estimate(replace(SMOLLM2, **{size: None}), lora(), BF16, tokens=128) is None
    assert missing_sizes(replace(SMOLLM2, **{size: None})) == [size]
