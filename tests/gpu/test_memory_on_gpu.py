"""What cells take of a GPU's memory: as much as is estimated, and nothing once they are over."""

from pathlib import Path

import pytest
import torch

from bench.models.estimate import estimate_cell
from bench.running.memory import release
from bench.running.warm import Warm
from tests.gpu import folders as made
from tests.gpu import topics
from tests.gpu.cells import Row, cells, context, splits
from tests.gpu.shapes import SHAPES
from tests.gpu.stacks import fitted

pytestmark = pytest.mark.gpu

TOKENS = 128
"""Of every text; with 16 in a batch."""
ROWS = (
    Row(SHAPES["bert_base"], "lora", "fp32"),
    Row(SHAPES["bert_base"], "qlora", "bf16"),
    Row(SHAPES["llama3_2_1b"], "lora", "bf16"),
    Row(SHAPES["llama3_2_1b"], "qlora", "bf16"),
    Row(SHAPES["qwen2_5_1_5b"], "qlora", "bf16"),
    Row(SHAPES["gpt2_xl"], "qlora", "bf16"),
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_peak_of_a_training_is_as_estimated(row: Row, models: Path, device: str, tmp_path: Path) -> None:
    if device == "cpu":
        row = Row(row.shape.tiny(), row.method, row.precision)
    folder = models / row.shape.name
    if not folder.exists():
        made.build(row.shape, folder, device)
    (cell,) = cells(row, folder, [4])
    size = estimate_cell(cell, tokens=TOKENS)
    assert size is not None
    release()
    before = torch.cuda.memory_allocated() if device == "cuda" else 0
    peaks: list[int] = []

    def on_step(step: int, *_: object) -> None:
        if device == "cuda" and step == 1:
            torch.cuda.reset_peak_memory_stats()  # loading is not what is estimated
        if device == "cuda" and step == 4:
            peaks.append(torch.cuda.max_memory_allocated() - before)

    fitted("single", [cell], [splits(cell, TOKENS)], context(tmp_path, device), on_step)
    assert [0.75 <= peak / size.total <= 1.1 for peak in peaks] == [True] * (device == "cuda"), (peaks, size)


def test_a_base_that_is_dropped_leaves_nothing(
    folders: dict[str, Path], models: Path, device: str, tmp_path: Path
) -> None:
    shape = SHAPES["bert_base"] if device == "cuda" else SHAPES["bert_base"].tiny()
    folder = models / shape.name
    if not folder.exists():
        made.build(shape, folder, device)
    warm, held = Warm(), []
    row = Row(shape, "qlora", "bf16")
    for number in range(3):  # with an 8-bit optimizer, which once remembered every embedding
        (cell,) = cells(row, folder, [3], optim="adamw_bnb_8bit")
        warm.begin(cell, device)
        fitted("single", [cell], [splits(cell)], context(tmp_path / str(number), device, warm=warm))
        warm.clear()
        release()
        small = topics.cell("llama", folders["llama"], steps=3)
        warm.begin(small, device)
        fitted("single", [small], [topics.splits(small)], context(tmp_path / str(number), device, warm=warm))
        warm.clear()
        release()
        held.append(torch.cuda.memory_allocated() if device == "cuda" else 0)
    assert max(held) - min(held) < 20e6, held  # the embedding of BERT base alone is 47 MB
