"""How rows were trained: no hyperparameter stops at the record."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.report.inputs.frame import cells_frame
from bench.report.inputs.hyperparameters import hyperparameters
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.results import store
from bench.results.measurements import Cut, CutTexts, Fused, Halved
from bench.results.record import Record, Status, parse
from tests.report import simulate
from tests.report.blank import draw_blanks

ROWS = [("m", "lora"), ("m", "linear_probe"), ("tfidf_sgd", None)]
GOLDEN = Path(__file__).parents[2] / "results" / "golden"


@pytest.fixture(autouse=True)
def blank(monkeypatch):
    draw_blanks(monkeypatch)


def report(folder, cells) -> tuple[str, dict[str, dict[str, str]]]:
    """The section as text, and its table by row and column."""
    page = write_report(cells, folder / "report", ReportOptions("T"))
    text = page.with_name("index.md").read_text("utf-8")
    assert "could not be made" not in text
    assert "How rows were trained" in page.read_text("utf-8")
    table = pd.read_csv(folder / "report" / "tables" / "hyperparameters.csv", keep_default_na=False, dtype=str)
    said = text.partition("## How rows were trained\n")[2].partition("\n## ")[0]
    return said, table.set_index("row").to_dict("index")


def configured(cell: ExpectedCell, change: Callable[[dict[str, Any]], None]) -> None:
    """Write a cell's record again, its identity changed in place."""
    record = store.read(cell.folder)
    change(record.configuration.identity)
    (cell.folder / store.RECORD).write_text(record.to_json())


@pytest.fixture
def cells(tmp_path):
    made = simulate.grid(tmp_path / "results", ROWS, num_labels=(2,), train_sizes=(32, 512), seeds=(0, 1))
    simulate.run(made, num_test=40, max_length=128)
    return made


def test_every_row_has_its_hyperparameters(tmp_path, cells):
    said, rows = report(tmp_path, cells)
    lora, probe, tfidf = (rows[name] for name in ("m lora", "m linear_probe", "tfidf_sgd"))
    assert (lora["learning rate"], lora["batch (× accumulated)"], lora["epochs"]) == ("0.0001", "16", "5")
    assert (lora["rank"], lora["alpha"], lora["targets"], lora["precision"]) == ("8", "16", "q_proj, v_proj", "bf16")
    assert lora["max length"] == probe["max length"] == "128"
    assert probe["C"] == "0.1 to 1, chosen from 0.1, 1, 10"
    assert (probe["learning rate"], tfidf["rank"]) == ("", "")
    assert tfidf["other options"] == "alpha=0.0001, max_iter=1000"
    assert "use_dora=false" in lora["other options"]
    assert "halved to" not in lora
    assert "results.csv" in said


def test_weights_of_labels_are_shown(tmp_path, cells):
    """From the least to the greatest; of many labels the most changed ones."""
    for cell, weight in zip(cells[:4], (1, 2.5, 4, 3), strict=True):
        measured = store.read(cell.folder).measurements
        weights = {"a|b": weight, "ham": 1.0, "odd": "no weight"}
        simulate.changed(cell, choices=measured.choices | {"thresholds": {"metric": "x", "label_weights": weights}})
    many = {f"label {i}": 1 + i / 10 for i in range(10)}
    simulate.changed(cells[-1], choices={"thresholds": {"label_weights": many}})
    _, rows = report(tmp_path, cells)
    assert rows["m lora"]["label weights"] == "a|b 1 to 4, ham 1"
    assert "thresholds" not in rows["m lora"]["other options"]
    assert rows["m linear_probe"]["label weights"] == ""
    assert rows["tfidf_sgd"]["label weights"].startswith("label 9 1.9, label 8 1.8")
    assert rows["tfidf_sgd"]["label weights"].endswith("label 4 1.4, and 4 labels nearer to 1")
    frame = pd.read_csv(tmp_path / "report" / "results.csv")
    assert frame.label_weights.dropna().tolist()[:2] == ["a|b 1, ham 1", "a|b 2.5, ham 1"]


def test_texts_that_are_cut_are_shown_and_warned_of_once_a_row(tmp_path, cells):
    few = CutTexts(num_cut=1, share_cut=0.03, median_lost=0.1)
    many = CutTexts(num_cut=9, share_cut=0.3, median_lost=0.6)
    for cell in cells[:4]:
        assert cell.row == "m lora"
        simulate.changed(cell, cut=Cut(max_length=64, train=few, test=many if cell.seed else few))
    none = CutTexts(num_cut=0, share_cut=0.0, median_lost=None)
    simulate.changed(cells[4], cut=Cut(max_length=512, train=none, test=none))
    said, rows = report(tmp_path, cells)
    assert rows["m lora"]["texts cut"] == "3 % of train, 3 % to 30 % of test; half of these lose 10 % to 60 % or more"
    assert (rows["m linear_probe"]["texts cut"], rows["tfidf_sgd"]["texts cut"]) == ("none", "")
    assert said.count("are longer than") == 1
    assert "m lora: 3 % of the training texts and 30 % of the test texts are longer than" in said
    frame = cells_frame(cells)
    assert frame.set_index("key").loc[cells[0].key, ["share_cut_train", "median_lost"]].tolist() == [0.03, 0.1]


def test_what_was_tried_and_how_it_really_ran(tmp_path, cells):
    tries = [{"learning_rate": 1e-4}, {"learning_rate": 1e-3, "diverged": "at step 3"}]
    for cell, rate in zip(cells[:4], (1e-4, 3e-4, 1e-4, 1e-4), strict=True):
        simulate.changed(cell, choices={"learning_rate": rate, "tries": tries, "max_length": 64})
    halved = Halved(
        train_batch_size=8, gradient_accumulation_steps=2, eval_batch_size=32, activation_checkpointing=True
    )
    simulate.changed(cells[0], halved=halved)
    for cell, count in zip(cells[1:3], (3, 8), strict=True):
        simulate.changed(cell, fused=Fused(cells=count))
    _, rows = report(tmp_path, cells)
    lora = rows["m lora"]
    assert lora["learning rate"] == "0.0001 to 0.0003, chosen from 0.0001, 0.001 (diverged)"
    assert lora["halved to"] == "8 × 2, evaluated in 32, activations computed again (1 cell of 4)"
    assert lora["cells in a fused stack"] == "3 to 8"
    assert lora["max length"] == "64"
    assert "stopped early" in lora["steps"]
    results = pd.read_csv(tmp_path / "report" / "results.csv")
    assert results["learning_rates_tried"].tolist()[:4] == ["0.0001, 0.001 (diverged)"] * 4
    assert results["fused_cells"].tolist()[1:3] == [3, 8]
    assert results["halved"][0] == "8 × 2, evaluated in 32, activations computed again"


def test_options_without_a_column_are_told_where_rows_differ(tmp_path, cells):
    cells += simulate.grid(tmp_path / "results", [("n", "lora")], num_labels=(2,), train_sizes=(32,), seeds=(0, 1))
    simulate.run(cells[-2:], num_test=40, max_length=128)
    configured(cells[-1], lambda identity: identity["training"].update(optim="sgd", new={"kind": [1, 2.5]}))
    said, rows = report(tmp_path, cells)
    assert "The same in all rows that have it: " in said
    assert "lr_scheduler_type=cosine" in said.replace("\\", "")
    assert rows["n lora"]["other options"] == "optim=adamw_torch; sgd, new.kind=1, 2.5"
    assert "optim=adamw_torch" in rows["m lora"]["other options"]


def test_cells_that_differ_in_batch_and_precision_show_all(tmp_path, cells):
    configured(cells[0], lambda identity: identity["training"].update(gradient_accumulation_steps=4))
    record = store.read(cells[1].folder)
    source = record.provenance.model_copy(update={"precision": "fp32"})
    (cells[1].folder / store.RECORD).write_text(record.model_copy(update={"provenance": source}).to_json())
    lora = report(tmp_path, cells)[1]["m lora"]
    assert lora["batch (× accumulated)"] == "16 × 4; 16"
    assert lora["precision"] == "bf16; fp32"


def test_cells_that_are_not_ok_have_what_was_asked_for(tmp_path, cells):
    simulate.write(cells[0], Status.OOM, max_length=128)
    configured(cells[0], lambda identity: identity.update(tune={"learning_rate": [1e-4, 1e-3]}))
    write_report(cells, tmp_path / "report", ReportOptions("T"))
    first = pd.read_csv(tmp_path / "report" / "results.csv").iloc[0]
    assert first["status"] == "oom"
    assert pd.isna(first["learning_rate"])
    assert (first["learning_rates_tried"], first["batch_size"], first["rank"]) == ("0.0001, 0.001", 16, 8)
    assert pd.isna(first["steps"])


@pytest.mark.parametrize("odd", ["a text", True, [1], {"a": 1}, float("inf"), 10**30, None])
def test_odd_options_cost_no_report(tmp_path, cells, odd):
    part = dict.fromkeys(("learning_rate", "per_device_train_batch_size", "r", "alpha", "C", "max_length"), odd)
    configured(cells[0], lambda identity: identity.update(training=part, method={"name": "lora", **part}))
    simulate.changed(cells[0], choices={"tries": odd, "learning_rate": odd, "C": odd, "steps": odd})
    configured(cells[1], lambda identity: identity.update(training=odd, method=odd, tune=odd))
    report(tmp_path, cells)


def test_what_a_classical_row_chose_has_what_it_chose_from(tmp_path, cells):
    tried = {"family": "tfidf_logistic", "C": [0.1, 10.0], "alpha": [0.01, 1.0]}
    for cell in cells[-2:]:
        configured(cell, lambda identity: identity["model"].update(tried))
        simulate.changed(cell, choices={"C": 10.0, "alpha": 0.01})
    for cell in cells[-4:-2]:
        configured(cell, lambda identity: identity["model"].update(tried))
        simulate.changed(cell, choices={"C": 0.1, "alpha": 0.01})
    tfidf = report(tmp_path, cells)[1]["tfidf_sgd"]
    assert tfidf["C"] == "0.1 to 10, chosen from 0.1, 10"
    assert tfidf["other options"] == "alpha=0.01, alpha_tried=0.01, 1, max_iter=1000"


def test_predictions_made_elsewhere_have_none(tmp_path, cells):
    record = simulate.made_elsewhere(cells[0])
    assert set(hyperparameters(record).values()) == {None}


def test_records_that_say_nothing_have_no_section(tmp_path):
    cells = simulate.grid(tmp_path / "results", ROWS, num_labels=(2,), train_sizes=(32,))
    simulate.run(cells, num_test=40)
    text = write_report(cells, tmp_path / "report", ReportOptions("T")).with_name("index.md").read_text("utf-8")
    assert "How rows were trained" not in text


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_old_records_say_how_they_were_trained(path):
    record: Record = parse(path.read_text("utf-8"))
    known = {name: value for name, value in hyperparameters(record).items() if value is not None}
    if record.configuration.method is None:
        assert known["other_options"]["alpha"] == "0.0001"
        assert "learning_rate" not in known
    else:
        training = record.configuration.identity["training"]
        assert known["learning_rate"] == training["learning_rate"]
        assert (known["rank"], known["lora_alpha"], known["steps"]) == (8, 16, record.measurements.training.steps)
    assert known.get("fused_cells") == (None if record.measurements.fused is None else record.measurements.fused.cells)


def test_every_option_of_a_record_is_somewhere_in_the_results(tmp_path):
    (path,) = GOLDEN.glob("version-6.json")
    record = parse(path.read_text("utf-8"))
    cell = replace(simulate.grid(tmp_path, [("bert_base", "lora")], num_labels=(2,), train_sizes=(16,), seeds=(3,))[0])
    cell = replace(cell, key=record.key)
    cell.folder.mkdir(parents=True)
    (cell.folder / store.RECORD).write_text(record.model_copy(update={"predictions_file": None}).to_json())
    line = " ".join(str(value) for value in cells_frame([cell]).iloc[0])
    identity = record.configuration.identity
    for name, value in {**identity["training"], **identity["method"]}.items():
        if value is not None and name not in ("name", "max_length"):  # the model has fewer positions
            written = ", ".join(value) if isinstance(value, list) else str(value).lower().removesuffix(".0")
            assert written in line, name


def searched(cell: ExpectedCell, rate: float) -> None:
    """The cell's record says that it searched a rate and a rank."""
    ranges = {"training.learning_rate": {"low": 1e-5, "high": 1e-2, "log": True}, "method.r": [4, 8]}
    tune = {"learning_rate": [], "search": ranges, "trials": 3}
    configured(cell, lambda identity: (identity.update(tune=tune), identity["training"].update(learning_rate=None)))
    chosen = {"training.learning_rate": rate, "method.r": 4}
    trials = [
        {"parameters": chosen, "state": "complete", "validation_macro_f1": 0.9, "steps": 40, "seconds": 2.0},
        {"parameters": {**chosen, "method.r": 8}, "state": "pruned", "validation_macro_f1": 0.4, "seconds": 1.0},
        {"parameters": {**chosen, "training.learning_rate": 0.01}, "state": "diverged", "seconds": 1.0},
    ]
    simulate.changed(cell, choices={"hyperparameters": chosen, "chosen_by": "validation_macro_f1", "trials": trials})


def test_a_search_shows_what_it_chose_and_by_which_scores(tmp_path, cells):
    for cell, rate in zip(cells[:4], (1e-4, 2e-4, 3e-4, 4e-4), strict=True):
        searched(cell, rate)
    said, rows = report(tmp_path, cells)
    assert "searched by Optuna in 12 trials (4 complete, 4 pruned, 4 diverged)" in said
    assert "the one with the best macro F1 on validation examples was trained once more" in said
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert "Validation chose hyperparameters of 4 cells, in 12 trials." in page
    lora = rows["m lora"]
    assert lora["learning rate"] == "0.0001 to 0.0004, chosen from 1e-05 to 0.01 (log)"
    assert lora["rank"] == "4", "what was chosen, not what stands for it in plans"
    assert "trials" not in lora["other options"]
    tables = tmp_path / "report" / "tables"
    chosen = pd.read_csv(tables / "searched.csv", dtype=str).set_index("option")
    assert chosen.loc["method.r", ["row", "searched", "chosen", "cells"]].tolist() == ["m lora", "4, 8", "4 (4×)", "4"]
    assert chosen.loc["method.r", ["complete", "pruned", "diverged"]].tolist() == ["4", "4", "4"]
    assert chosen.loc["method.r", "validation"] == "0.900"
    every = pd.read_csv(tables / "trials.csv", dtype=str)
    assert len(every) == 12
    assert every["state"].tolist()[:3] == ["chosen", "pruned", "diverged"]
    assert every["hyperparameters"][1] == "training.learning_rate=0.0001, method.r=8"


def test_a_search_without_an_end_has_no_hyperparameters(tmp_path, cells):
    searched(cells[0], 1e-4)
    record = store.read(cells[0].folder)
    found = hyperparameters(record.model_copy(update={"status": Status.OOM, "measurements": None}))
    assert found["rank"] is None
    assert found["learning_rates_tried"] == "1e-05 to 0.01 (log)"


@pytest.mark.parametrize("odd", ["a text", True, [1], {"a": 1}, float("inf"), 10**30, None])
def test_odd_searches_cost_no_report(tmp_path, cells, odd):
    simulate.changed(cells[0], choices={"hyperparameters": odd, "chosen_by": odd, "trials": odd})
    simulate.changed(
        cells[1], choices={"hyperparameters": {"a": odd}, "chosen_by": "b", "trials": [odd, {"state": odd}]}
    )
    configured(cells[0], lambda identity: identity.update(tune={"search": odd, "trials": odd}))
    configured(cells[1], lambda identity: identity.update(tune={"search": {"method.r": odd, "x": {"low": odd}}}))
    report(tmp_path, cells)
