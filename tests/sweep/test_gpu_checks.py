"""A GPU that can't be used, is too small or is in use is found out before the first cell."""

from pathlib import Path

import pytest

from bench.errors import UserError
from bench.running import gpu_probe, no_gpu, preflight
from bench.running.devices import Gpu
from bench.sweep import crowded
from bench.sweep.runners import pool
from tests.support.cli import call, composed
from tests.sweep import simulated

SMALL_GPUS = [Gpu(f"GPU-{number}", "Chip", 1_000_000_000) for number in range(2)]


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that NVML shows, which this torch can't use: it is built for the CPU."""
    for module in (pool, preflight):
        monkeypatch.setattr(module, "visible_gpus", lambda: SMALL_GPUS)
    monkeypatch.setattr(crowded, "memory_in_use", lambda gpu: 600_000_000 if gpu.uuid == "GPU-1" else 20_000_000)


def sweep(words: list[str], mirror: Path, folder: Path, *more: str) -> int:
    places = [f"results_dir={folder}/results", f"reports_dir={folder}/reports", f"cache_dir={folder}/cache"]
    return call(*words, f"mirror_dir={mirror}", *places, *more)


@pytest.mark.usefixtures("gpus")
def test_before_the_first_cell(
    words: list[str], mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_probe, "tried", lambda uuid, options: "torch: Torch not compiled with CUDA enabled")
    assert sweep(words, mirror, tmp_path, "device=auto") == 2
    said = capsys.readouterr().err
    assert "error: GPU Chip can't be used: torch: Torch not compiled with CUDA enabled; this torch is built for" in said
    assert "bert_base lora needs about " in said
    assert "of GPU memory for each cell, more than there is" in said
    assert "GPU 1 (Chip): other programs use 0.6 GB of its 1.0 GB" in said
    assert "GPU 0" not in said
    assert not list(tmp_path.rglob("record.json"))


@pytest.mark.usefixtures("gpus")
def test_what_cannot_be_read_is_said_once(
    words: list[str], mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_probe, "tried", lambda uuid, options: "torch: no")
    simulated.finish(composed(*words, f"mirror_dir={mirror}"), tmp_path / "results")
    next(path for path in tmp_path.rglob("record.json") if "lora" in path.parent.name).write_text("{")
    assert sweep(words, mirror, tmp_path, "device=auto") == 2
    assert capsys.readouterr().err.count("record cannot be used") == 1


@pytest.mark.usefixtures("gpus")
def test_cells_without_a_transformer_need_no_probe(
    words: list[str], mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_probe, "tried", lambda *_: pytest.fail("a GPU was tried"))
    ran: list[object] = []
    monkeypatch.setattr(pool, "run_pool", lambda cells, *_, **__: ran.extend(cells))
    sweep(words, mirror, tmp_path, "device=auto", "hydra.sweeper.rows=[{model: tfidf_sgd}]")
    assert len(ran) == 4
    assert "can't be used" not in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["lora", "qlora"])
def test_torch_itself_is_asked(kind: str) -> None:
    from bench.compose import to_cell
    from tests.test_cell import content

    cell = to_cell(content(method={"name": kind}))
    with pytest.raises(UserError, match=r"^GPU Chip can't be used: torch: .*; or device=cpu$"):
        gpu_probe.check_usable(SMALL_GPUS, [cell])


@pytest.mark.parametrize(("kind", "options"), [("lora", []), ("qlora", ["--four-bit"])])
def test_four_bit_products_are_tried_for_cells_that_have_them(
    kind: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.compose import to_cell
    from tests.test_cell import content

    tried: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(gpu_probe, "tried", lambda uuid, options: tried.append((uuid, options)))
    gpu_probe.check_usable(SMALL_GPUS, [to_cell(content(method={"name": kind}))])
    assert tried == [("GPU-1", options)], "one GPU of a kind"


def test_a_four_bit_product_on_the_cpu() -> None:
    assert gpu_probe.tried("", ["--cpu", "--four-bit"]) is None


def test_a_four_bit_product_that_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import bitsandbytes
    import torch

    monkeypatch.setattr(bitsandbytes, "matmul_4bit", lambda inputs, *_, **__: torch.zeros_like(inputs))
    assert gpu_probe.main(["--cpu", "--four-bit"]) == 1
    assert capsys.readouterr().err == "bitsandbytes: a 4-bit product is wrong\n"


def test_why_cells_run_on_the_cpu_is_said_once(
    words: list[str], mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(no_gpu, "why_no_gpu", lambda: "it is in the drawer")
    monkeypatch.setattr(pool, "run_pool", lambda *_, **__: None)
    sweep(words, mirror, tmp_path, "device=auto")
    assert capsys.readouterr().err.count("cells run on the CPU: it is in the drawer\n") == 1
    one_cell = ["model=bert_base", "data=sms_spam", "split=nested", "observers=[no.such.module]"]
    assert sweep(one_cell, mirror, tmp_path, "device=auto") == 2
    assert capsys.readouterr().err.count("cells run on the CPU: it is in the drawer\n") == 1
