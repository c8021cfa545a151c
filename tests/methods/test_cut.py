"""How many texts are cut, and what they lose, is measured by every method that reads a transformer's tokens."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer

from bench.cell import Cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.models import files
from bench.results.cut_texts import CutShares, percent, shares_of, warnings_by_row
from bench.results.record import Record, Status
from bench.running.run import run, run_cell
from bench.settings import Settings
from tests.support import cli, texts
from tests.support.cells import on_topics

METHODS: dict[str, tuple[str, dict[str, Any], int]] = {
    "lora": ("bert", {}, 8),
    "full": ("distilbert", {}, 8),
    "last_block": ("gpt2", {}, 10),
    "linear_probe": ("bert", {"max_length": 8}, 8),
    "setfit": ("bert", {"max_length": 8, "max_steps": 2}, 8),
    "zero_shot": ("gpt2", {"max_length": 10, "prompt": "{text} is"}, 10),
}
"""By method: family, options, and tokens that hold a text of six words and no longer one."""


def cell_of(method: str, folder: Path, **training: object) -> Cell:
    """A cell on texts of which a third are twice as long as there is room for."""
    family, options, max_length = METHODS[method]
    table = texts.topics(40, labels=("sport", "business"))
    table["text"] = [f"{text} {text}" if number % 3 == 0 else text for number, text in enumerate(table["text"])]
    table.to_csv(folder / "topics.csv", index=False)
    gradient = {} if "max_length" in options else {"max_length": max_length, "num_train_epochs": 1, **training}
    return on_topics(folder / "topics.csv", family, {"name": method, **options}, gradient, train_size=16)


def settings(folder: Path, mirror: Path) -> Settings:
    return Settings(
        results_dir=str(folder), mirror_dir=str(mirror), cache_dir=str(folder / "cache"), device="cpu"
    )  # fmt: skip


def check(record: Record, cell: Cell, folder: Path, mirror: Path) -> None:
    assert record.status is Status.OK, record.failure
    splits = draw(cell.task, load_pool(cell.task.data, cache=folder, mirror_dir=None))
    tokenizer = AutoTokenizer.from_pretrained(files.locate(cell.model, cache=folder, mirror_dir=str(mirror)))
    added = 0 if cell.method.name == "zero_shot" else tokenizer.num_special_tokens_to_add()
    cut = record.measurements.cut
    assert cut.max_length == METHODS[cell.method.name][2]
    for part, examples in ((cut.train, splits.train), (cut.test, splits.test)):
        if part is None:
            assert (cell.method.name, len(examples)) == ("zero_shot", 0)
            continue
        room = cut.max_length - added
        own = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in examples.texts]
        lost = [(length - room) / length for length in own if length > room]
        assert len(lost) == sum(len(text.split()) > 6 for text in examples.texts) > 0
        assert (part.num_cut, part.share_cut) == (len(lost), len(lost) / len(own))
        assert part.median_lost == pytest.approx(np.median(lost))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_measures_what_it_cuts(method: str, mirror: Path, tmp_path: Path) -> None:
    if method == "setfit":
        pytest.importorskip("setfit")
    cell = cell_of(method, tmp_path)
    check(run_cell(cell, settings(tmp_path, mirror)), cell, tmp_path, mirror)


def test_fused_cells_measure_it_too(mirror: Path, tmp_path: Path) -> None:
    cell = cell_of("lora", tmp_path)
    cells = [cell, replace(cell, task=replace(cell.task, seed=1))]
    for of, record in zip(cells, run(cells, settings(tmp_path, mirror), engine="fused"), strict=True):
        assert record.measurements.fused is not None
        check(record, of, tmp_path, mirror)


def test_nothing_is_cut_where_there_is_room(mirror: Path, tmp_path: Path) -> None:
    cell = cell_of("lora", tmp_path, max_length=14)
    record = run_cell(cell, settings(tmp_path, mirror))
    cut = record.measurements.cut
    assert not shares_of(record).is_told
    assert (cut.max_length, cut.test.num_cut, cut.test.median_lost, cut.train.share_cut) == (14, 0, None, 0.0)


def shares(**changes: Any) -> CutShares:
    known = {
        "option": "training.max_length",
        "max_length": 64,
        "keeps_ends": False,
        "train": 0.2,
        "test": 0.25,
        "median_lost": 0.4,
    }
    return CutShares(**known | changes)


def test_a_row_is_warned_of_once_by_its_worst_cell_with_the_way_out() -> None:
    told = warnings_by_row([("m lora", shares()), ("m lora", shares(train=None, test=0.3)), ("m full", shares())])
    assert told[0] == (
        "m lora: 20 % of the training texts and 30 % of the test texts are longer than training.max_length=64, "
        "and half of these lose 40 % of their tokens or more; a greater training.max_length reads more, where the "
        "model has positions for it, and training.truncation=head_tail keeps both ends of a text"
    )
    assert "truncation" not in shares(keeps_ends=True).warning()
    assert [text.partition(":")[0] for text in told] == ["m lora", "m full"]


@pytest.mark.parametrize(
    ("train", "test", "expected"), [(0.049, 0.049, 0), (0.05, 0.0, 1), (None, 0.05, 1), (None, 0.04, 0), (0.0, 0.0, 0)]
)
def test_few_cut_texts_are_no_warning(train: float | None, test: float, expected: int) -> None:
    assert len(warnings_by_row([("m lora", shares(train=train, test=test))])) == expected


def test_a_share_is_0_or_100_percent_only_where_it_is() -> None:
    assert [percent(share) for share in (0, 0.001, 0.01, 0.5, 0.996, 1)] == [
        "0 %", "less than 1 %", "1 %", "50 %", "more than 99 %", "100 %",
    ]  # fmt: skip


def test_the_command_and_a_sweep_warn_in_one_line(mirror: Path, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    cell_of("lora", tmp_path)  # for its file
    words = ["data=file", f"data.path={tmp_path / 'topics.csv'}", "model=bert_base", "method=lora", "num_labels=2"]
    words += ["split=nested", "train_size=16", "training.max_length=8", "training.num_train_epochs=1", "device=cpu"]
    words += [f"mirror_dir={mirror}", *(f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))]
    assert cli.call(*words) == 0
    warning = "are longer than training.max_length=8, and half of these lose 50 % of their tokens or more; a greater"
    assert capfd.readouterr().out.count(warning) == 1
    assert cli.call("-m", *words) == 0
    told = capfd.readouterr().out
    assert told.count(warning) == told.count("warning: bert_base lora: ") == 1
    report = (next((tmp_path / "reports").rglob("index.md"))).read_text("utf-8")
    assert report.count(warning) == 1
