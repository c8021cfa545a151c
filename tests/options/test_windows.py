"""`training.windows`: keys and names of rows, memory that is reckoned with, and what it does not go with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.compose import to_cell
from bench.methods.fused.groups import can_fuse
from bench.models.estimate import estimate
from bench.sweep.duration import max_tokens
from bench.sweep.room import room
from bench.sweep.rows import row_names
from tests.methods.test_windows import MEAN, cell_of, splits_of
from tests.support import cli, texts


def test_keys_stay_and_rows_are_told_apart(tmp_path: Path) -> None:
    splits_of(tmp_path, texts.topics(60))
    for method in ("lora", "linear_probe"):
        plain = cell_of(method, tmp_path)
        assert cell_of(method, tmp_path, windows="none", max_windows=4).key == plain.key
        cells = [plain, *(cell_of(method, tmp_path, **MEAN, max_windows=most) for most in (None, 4))]
        assert cells[1].key == cell_of(method, tmp_path, **MEAN, max_windows=8).key
        assert len({cell.key for cell in cells}) == 3
        named = row_names(cells)
        assert [named[cell.key][1] for cell in cells] == [
            f"{method} windows=none",
            f"{method} windows=mean max_windows=8",
            f"{method} windows=mean max_windows=4",
        ]
        few = row_names(cells[:2])
        assert [few[cell.key][1] for cell in cells[:2]] == [f"{method} windows=none", f"{method} windows=mean"]
    assert can_fuse(cell_of("lora", tmp_path)) is not None
    assert can_fuse(cell_of("lora", tmp_path, **MEAN)) is None


def test_memory_is_that_of_all_windows_of_a_batch() -> None:
    (content,) = cli.composed("model=bert_base", "method=full", "data=sms_spam", "training.max_length=128")
    plain = to_cell(content)
    windows = to_cell({**content, "training": {**content["training"], "windows": "mean", "max_windows": 6}})
    assert [max_tokens(cell) for cell in (plain, windows)] == [128, 6 * 128]
    sizes = {name: estimate(cell.model, cell.method, cell.training, tokens=max_tokens(cell)) for name, cell in
             (("plain", plain), ("windows", windows))}  # fmt: skip
    assert sizes["windows"].activations == pytest.approx(6 * sizes["plain"].activations, rel=1e-3)
    few = {"per_device_train_batch_size": 1, "per_device_eval_batch_size": 512}  # so that evaluation decides
    evaluated = [replace(cell, training=replace(cell.training, **few)) for cell in (plain, windows)]
    assert room(evaluated[:1], [], None) == room(evaluated[1:], [], None)
    assert room([windows], [], 128).tensors == pytest.approx(sizes["plain"].total)
    assert room([windows], [], None).tensors == pytest.approx(sizes["windows"].total)
    (probe,) = cli.composed("model=bert_base", "method=linear_probe", "data=sms_spam", "method.max_length=128")
    probes = [to_cell({**probe, "training": {**probe["training"], **how}}) for how in ({}, MEAN)]
    assert room(probes[:1], [], None) == room(probes[1:], [], None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model=smollm2_135m", "method=lora"), "smollm2_135m is a decoder (llama)"),
        (("model=smollm2_135m", "method=linear_probe"), "smollm2_135m is a decoder (llama)"),
        (("model=minilm", "method=setfit"), "method=setfit reads one window of a text"),
        (("model=smollm2_135m", "method=zero_shot", "data.prompt='{text} is'"), "method=zero_shot reads one window"),
        (("model=minilm", "method=last_block"), "method=last_block keeps what its frozen blocks make of one window"),
        (("model=minilm", "method=peft", "method.peft_type=PROMPT_TUNING"), "learns what goes before a text, once"),
        (("model=minilm", "method=peft", "method.peft_type=P_TUNING"), "learns what goes before a text, once"),
        (("model=minilm", "method=peft", "method.peft_type=ADALORA"), "adds a loss of its own"),
        (("model=minilm", "method=lora", "training.truncation=tail"), "leave out training.truncation=tail"),
        (("model=minilm", "method=lora", "training.truncation=head_tail"), "leave out training.truncation=head_tail"),
        (("model=minilm", "method=lora", "training.truncation_side=left"), "leave out training.truncation_side=left"),
        (("model=tfidf_sgd",), "training.windows=mean has no effect, for model=tfidf_sgd is not trained by training.*"),
        (("model=minilm", "method=lora", "training.max_windows=0"), "training.max_windows"),
    ],
)
@pytest.mark.parametrize("sweep", [False, True])
def test_what_it_does_not_go_with_is_refused_in_one_line(
    words: Sequence[str], message: str, sweep: bool, capfd: pytest.CaptureFixture
) -> None:
    command = [*(["-m"] if sweep else []), *words, "data=bbc_headlines", "training.windows=mean"]
    assert cli.call(*command) == 2
    errors = capfd.readouterr().err
    assert errors.count(message) == 1, errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("training.max_windows=4",), "training.windows=none reads no text in windows"),
        (("training.windows=max",), "training.windows"),
        (("training.windows=mean", "method.windows=mean"), "method.windows"),
    ],
)
@pytest.mark.parametrize("method", ["lora", "linear_probe"])
def test_what_has_no_effect_is_refused(
    method: str, words: Sequence[str], message: str, capfd: pytest.CaptureFixture
) -> None:
    assert cli.call("model=minilm", f"method={method}", "data=bbc_headlines", *words) == 2
    assert message in capfd.readouterr().err


def test_a_fused_sweep_says_that_windows_are_not_stacked(capfd: pytest.CaptureFixture) -> None:
    words = ("model=minilm", "method=lora", "data=bbc_headlines", "training.windows=mean", "engine=fused")
    assert cli.call("-m", *words) == 2
    assert "as it is asked for cannot be stacked" in capfd.readouterr().err
