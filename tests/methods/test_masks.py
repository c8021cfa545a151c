"""Attention as on a GPU: no mask for decoders, no look at that of encoders; the same logits and gradients."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers

from bench.config import LoraConfig
from bench.config.method.peft import PeftConfig
from bench.methods import adapters, masks
from bench.methods.trainer import NUM_TOKENS, Counted
from bench.models.families import FAMILIES
from tests.support import tiny

DECODERS = tuple(name for name, family in FAMILIES.items() if family.causal)
PAD = 3


def classifier(name: str, **changed: Any) -> Any:
    """A random one of this family, in evaluation: no dropout."""
    torch.manual_seed(0)
    config = tiny._config(name, 40)
    config.update({"num_labels": 3, "pad_token_id": PAD, "use_cache": False} | changed)
    return transformers.AutoModelForSequenceClassification.from_config(config).eval()


def batch(lengths: list[int], *, pads_within: bool = False) -> dict[str, torch.Tensor]:
    """Random texts of these lengths, padded on the right; with pad tokens of their own, one at an end."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(4, 40, (len(lengths), max(lengths)), generator=generator)
    if pads_within:
        ids[0, 1] = ids[-1, lengths[-1] - 1] = PAD
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return {
        "input_ids": ids.where(mask, PAD),
        "attention_mask": mask.long(),
        "labels": torch.arange(len(lengths)) % 3,
    }


def results(model: Any, texts: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Logits and the gradient of each weight that is trained."""
    model.zero_grad()
    output = model(**texts)
    output.loss.backward()
    return {"logits": output.logits.detach()} | {
        name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None
    }


def check_equal(model: Any, family: str, texts: dict[str, torch.Tensor], implementation: str | None = None) -> None:
    before = results(model, texts)
    masks.spare_masks(model, FAMILIES[family], "cpu")
    assert model.config._attn_implementation == "sdpa"
    masks.spare_masks(model, FAMILIES[family], "cuda")
    expected = implementation or (masks.CAUSAL if FAMILIES[family].causal else masks.PADDED)
    assert model.config.get_text_config()._attn_implementation == expected
    after = results(model, texts)
    assert before.keys() == after.keys()
    assert len(before) > 2
    check_close(after, before)


def check_close(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name, value in expected.items():
        scale = value.abs().max().item()
        torch.testing.assert_close(found[name], value, rtol=0, atol=2e-6 * max(scale, 1), msg=name)


BATCHES = {
    "ragged": batch([40, 3, 17, 1]),  # Gemma's window is 32 tokens, ModernBERT's 8
    "short": batch([7, 3, 5]),
    "of one": batch([40]),
    "of one token": batch([1, 1]),
    "equal": batch([9, 9]),
    "at the window": batch([32, 31, 2]),
    "past the window": batch([33, 2]),
    "with pad tokens": batch([40, 12, 6], pads_within=True),
}


@pytest.mark.parametrize("texts", BATCHES)
@pytest.mark.parametrize("family", FAMILIES)
def test_logits_and_gradients_are_the_same(family: str, texts: str) -> None:
    check_equal(classifier(family), family, BATCHES[texts])


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in DECODERS])
def test_an_encoders_batch_without_padding_needs_no_mask(family: str) -> None:
    model, texts = classifier(family), BATCHES["equal"]
    before = results(model, texts)
    masks.spare_masks(model, FAMILIES[family], "cuda")
    collate = Counted(lambda _: dict(texts), by_masks=masks.padded_by_mask(model))
    examples = [{"input_ids": ids.tolist()} for ids in texts["input_ids"]]
    found = collate(examples)
    assert found.pop(NUM_TOKENS) == 18
    assert found.keys() == {"input_ids", "labels"}
    check_close(results(model, found), before)
    assert "attention_mask" in collate([*examples[1:], {"input_ids": [5]}])


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma3"])
def test_also_with_shared_keys_and_values(family: str) -> None:
    check_equal(classifier(family, num_key_value_heads=1), family, BATCHES["ragged"])


def test_also_with_a_window_in_qwen() -> None:
    windowed = {"use_sliding_window": True, "sliding_window": 8, "layer_types": ["full_attention", "sliding_attention"]}
    check_equal(classifier("qwen2", **windowed), "qwen2", BATCHES["ragged"])


@pytest.mark.parametrize("family", FAMILIES)
def test_also_with_adapters_in_bf16(family: str) -> None:
    base = classifier(family)
    method = LoraConfig(name="lora", r=4, target_modules=FAMILIES[family].lora_targets)
    model = adapters.add_adapters(base, method, FAMILIES[family], steps=10).eval()
    for name, weight in model.named_parameters():
        torch.manual_seed(len(name))
        weight.data = torch.randn_like(weight) / 8 if "lora_B" in name else weight.data
    with torch.autocast("cpu", torch.bfloat16):
        before = results(model, BATCHES["ragged"])
        masks.spare_masks(model, FAMILIES[family], "cuda")
        after = results(model, BATCHES["ragged"])
    torch.testing.assert_close(after["logits"], before["logits"], rtol=0.02, atol=0.02)


PROMPTS = ("PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING")


@pytest.mark.parametrize("kind", [*PROMPTS, "IA3"])
@pytest.mark.parametrize("family", ["llama", "bert"])
def test_a_learnt_prompt_keeps_its_masks(family: str, kind: str) -> None:
    base = classifier(family)
    usual = kind in PROMPTS
    method = PeftConfig(name="peft", peft_type=kind, options={"num_virtual_tokens": 4} if usual else {})
    model = adapters.add_adapters(base, method, FAMILIES[family], steps=10).eval()
    check_equal(model, family, BATCHES["short"], implementation="sdpa" if usual else None)


def test_a_decoder_that_looks_ahead_keeps_its_masks() -> None:
    check_equal(classifier("gemma3", use_bidirectional_attention=True), "gemma3", BATCHES["short"], "sdpa")


def test_no_mask_is_made_for_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches torch: `is_causal`, no mask, and shared keys as they are."""
    told: list[dict[str, Any]] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def remember(*tensors: torch.Tensor, **options: Any) -> torch.Tensor:
        told.append(options | {"heads": tensors[1].shape[1]})
        return attend(*tensors, **options)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", remember)
    model = classifier("llama", num_key_value_heads=1)
    masks.spare_masks(model, FAMILIES["llama"], "cuda")
    model(**BATCHES["ragged"])
    assert [(of["attn_mask"], of["is_causal"], of["enable_gqa"], of["heads"]) for of in told] == [
        (None, True, True, 1)
    ] * 2


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma3"])
def test_keys_are_repeated_where_no_quick_kernel_shares_them(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[int] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def remember(*tensors: torch.Tensor, **options: Any) -> torch.Tensor:
        heads.append(tensors[1].shape[1])
        assert "enable_gqa" not in options
        return attend(*tensors, **options)

    model = classifier(family, num_key_value_heads=1)
    monkeypatch.setattr(masks, "shares_keys", lambda *_: False)
    check_equal(model, family, BATCHES["ragged"])
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", remember)
    model(**BATCHES["short"])
    assert heads == [2, 2]


BF16, FP16, FP32 = torch.bfloat16, torch.float16, torch.float32


@pytest.mark.parametrize(
    ("dtype", "width", "capability", "has"),
    [
        (BF16, 64, (9, 0), True), (FP16, 128, (8, 6), True), (FP32, 64, (9, 0), False), (FP16, 64, (7, 5), False),
        (BF16, 256, (9, 0), True), (BF16, 256, (8, 0), True), (BF16, 256, (8, 9), True), (BF16, 224, (8, 9), False),
        (BF16, 224, (10, 0), True), (BF16, 200, (12, 0), False),
    ],
)  # fmt: skip
def test_where_the_flash_kernel_trains(
    dtype: torch.dtype, width: int, capability: tuple[int, int], has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert masks.has_flash(dtype, width, capability) is has
    wide = (width, capability) == (256, (8, 9))
    assert masks.has_flash(dtype, width, capability, dropout=0.1) is (has and not wide)
    query = SimpleNamespace(device=torch.device("cuda"), dtype=dtype, shape=(1, 1, 1, width))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert masks.shares_keys(query) is has
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda device: True)
    monkeypatch.setattr(torch, "get_autocast_dtype", lambda device: BF16)
    assert masks.shares_keys(query) is masks.has_flash(BF16, width, capability)


@pytest.mark.parametrize("family", ["llama", "bert"])
def test_a_saved_model_is_one_like_any(family: str, tmp_path: Path) -> None:
    model = classifier(family)
    masks.spare_masks(model, FAMILIES[family], "cuda")
    model.save_pretrained(tmp_path)
    assert "sdpa" not in (tmp_path / "config.json").read_text()
    loaded = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert loaded.config._attn_implementation == "sdpa"
