"""`report.json` and what the page embeds of it: the format, the verdicts, the bounds."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.report import sections
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.study import study as studies_of
from bench.report.study.schema import Study
from bench.results.record import Status
from tests.report import simulate, studies
from tests.report.views import FLAT, STEEP, TRIED, curves, view_of

SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"
EMBEDDED = re.compile(r'<script type="application/json" id="study">(.*?)</script>', re.DOTALL)


@pytest.fixture(autouse=True)
def _no_sections(monkeypatch):
    """Reports without sections: only their data are of interest here."""
    monkeypatch.setattr(sections, "SECTIONS", {})


def written(cells, folder, title="A title", **options):
    """The report's data, and what its page embeds, both checked against the format."""
    page = write_report(cells, folder / "report", ReportOptions(title, **options))
    texts = (page.with_name("report.json").read_text("utf-8"), EMBEDDED.search(page.read_text("utf-8")).group(1))
    for text in texts:
        Study.model_validate_json(text)
    return [json.loads(text) for text in texts]


def timed(grid, methods, folder):
    """A view of `grid` whose rows cost the same."""
    view = view_of(grid, methods, folder)
    points = view.cells.groupby(["row", "num_labels", "train_size"], observed=True).size().rename("n_ok").reset_index()
    names = ("train_seconds", "total_seconds", "peak_memory_bytes", "test_examples_per_second", "energy_joules")
    summary = points.assign(data=view.data, test_accuracy_mean=0.5, **{f"{name}_mean": 1.0 for name in names})
    return replace(view, cells=view.cells.assign(device="cpu", train_seconds=1.0, total_seconds=1.0), summary=summary)


def ragged(root):
    """Every way in which a point may end."""
    rows = [("minilm", "lora"), ("minilm", "linear_probe"), ("tfidf_sgd", None)]
    cells = simulate.grid(root, rows, num_labels=(2,), train_sizes=(32, 128, 512, 1024, 2048))
    ends = {128: None, 512: Status.OOM, 1024: Status.SKIPPED}

    def status(cell):
        if cell.train_size == 2048:
            return Status.ERROR if cell.seed else Status.OK
        return ends.get(cell.train_size, Status.OK) if cell.method == "lora" else Status.OK

    simulate.run(cells, status)
    return cells


@pytest.mark.parametrize("name", ["smoke/go_emotions_grid", "gpt2_spam_last_block", "stance_distilbert"])
def test_studies_keep_to_the_format(name, tmp_path):
    cells = studies.STUDIES[name](tmp_path / "results")
    whole, embedded = written(cells, tmp_path, name)
    (one,) = whole["data_sets"]
    assert len(one["points"]) == len({(cell.row, cell.num_labels, cell.train_size) for cell in cells})
    assert one["baseline"] == "tfidf_sgd"
    assert bool(one["published"]) == (name in ("gpt2_spam_last_block", "smoke/go_emotions_grid"))
    assert embedded["data_sets"][0]["left_out"]["points"] == 0


def test_the_documented_schema_is_the_one_that_is_kept_to():
    assert json.loads(SCHEMA.read_text("utf-8")) == Study.model_json_schema()


def test_points_say_how_they_ended(tmp_path):
    (one,) = written(ragged(tmp_path / "results"), tmp_path)[0]["data_sets"]
    lora = {point["size"]: point for point in one["points"] if point["row"] == "minilm lora"}
    states = {size: point["state"] for size, point in lora.items()}
    assert states == {32: "done", 128: "missing", 512: "failed", 1024: "skipped", 2048: "partial"}
    assert [lora[2048][name] for name in ("seeds", "seeds_expected")] == [1, 2]
    assert lora[512]["mean"] is None
    assert lora[512]["over_baseline"] is None
    assert lora[2048]["over_baseline"]["verdict"] == "undecided", "one common seed decides nothing"
    assert lora[32]["low"] < lora[32]["mean"] < lora[32]["high"]


def test_data_sets_and_records_without_a_result(tmp_path):
    cells = [
        *simulate.grid(tmp_path / "results", [("tfidf_sgd", None)], train_sizes=(32,)),
        *simulate.grid(tmp_path / "results", [("minilm", "lora")], data="other", train_sizes=(32,)),
    ]
    whole, _ = written(cells, tmp_path)
    assert [(one["id"], one["baseline"]) for one in whole["data_sets"]] == [
        ("bbc_headlines", "tfidf_sgd"),
        ("other", None),
    ]
    assert {point["state"] for one in whole["data_sets"] for point in one["points"]} == {"missing"}
    assert whole["failed"] == []


def test_verdicts_are_those_of_the_view(tmp_path):
    grid = curves({"steep lora": STEEP, "flat probe": FLAT, "tfidf_sgd": FLAT})
    view = timed(grid, {"steep lora": "lora", "flat probe": "linear_probe", "tfidf_sgd": None}, tmp_path)
    found, are_all = studies_of.pairs(view, studies_of.best_rows(view))
    assert are_all
    assert len(found) == 3 * len(TRIED)
    for pair in found:
        one = view.verdicts.of(pair["a"], pair["b"], pair["labels"], pair["size"])
        word = {(True, False): "better", (False, True): "worse", (False, False): "tied"}
        assert pair["verdict"] == word[one.a_is_better, one.b_is_better]
        assert (pair["p"] < 0.05) == (pair["verdict"] != "tied")
        assert pair["a"] != "tfidf_sgd", "the baseline is b"
    words = {(pair["a"], pair["size"]): pair["verdict"] for pair in found if pair["b"] == "tfidf_sgd"}
    assert words["steep lora", 32] == "worse"
    assert words["steep lora", 512] == "better"
    assert words["flat probe", 64] == "tied"


def test_a_big_grid_has_the_pairs_that_matter(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.report.study.pairs.MAX_PAIRS", 2)
    rows = {"steep lora": STEEP, "slower lora": [share - 0.02 for share in STEEP], "tfidf_sgd": FLAT}
    methods = {"steep lora": "lora", "slower lora": "lora", "tfidf_sgd": None}
    grid = curves({"last lora": [share - 0.05 for share in STEEP], **rows})
    view = timed(grid, {**methods, "last lora": "lora"}, tmp_path)
    best = studies_of.best_rows(view)
    found, are_all = studies_of.pairs(view, best)
    assert not are_all
    at_512 = [(pair["a"], pair["b"]) for pair in found if pair["size"] == 512]
    assert sorted(at_512) == [
        *(("last lora", "tfidf_sgd"), ("slower lora", "tfidf_sgd")),
        *(("steep lora", "last lora"), ("steep lora", "slower lora"), ("steep lora", "tfidf_sgd")),
    ]


def test_what_a_page_embeds_is_bounded(tmp_path):
    rows = [(f"model_{number}", "lora") for number in range(10)] + [("tfidf_sgd", None)]
    cells = simulate.grid(tmp_path / "results", rows, num_labels=(2,), train_sizes=(32, 64, 128), seeds=(0,))
    simulate.run(cells, num_test=50)
    (full,) = written(cells, tmp_path)[0]["data_sets"]
    (small,) = studies_of.compact({"data_sets": [full]}, most=20)["data_sets"]
    assert len(small["points"]) == 18
    kept = {row["id"] for row in small["rows"]}
    assert kept == {point["row"] for point in small["points"]}
    assert kept >= {"tfidf_sgd", *(place["row"] for place in full["best"])}
    assert small["left_out"] == {
        "rows": 5,
        "points": 15,
        "pairs": len(full["pairs"]) - len(small["pairs"]),
        "file": "report.json",
    }
    assert all({pair["a"], pair["b"]} <= kept for pair in small["pairs"])


def test_a_page_of_four_hundred_cells_embeds_little(tmp_path):
    """As many points as `go_emotions_grid` has."""
    rows = [*((f"model_{number}", "qlora") for number in range(10)), ("minilm", "linear_probe"), ("tfidf_sgd", None)]
    axes = {"num_labels": (2, 4, 8, 16), "data": "go_emotions"}
    cells = simulate.grid(tmp_path / "results", rows, train_sizes=(800, 1600, 2400), seeds=(0,), **axes)
    untrained = [(f"model_{number}", "zero_shot") for number in range(4)]
    cells += simulate.grid(tmp_path / "results", untrained, train_sizes=(0,), seeds=(0,), **axes)
    simulate.run(cells, num_test=50)
    page = write_report(cells, tmp_path / "report", ReportOptions("go_emotions_grid"))
    assert len(EMBEDDED.search(page.read_text("utf-8")).group(1)) < 120_000


def test_a_data_set_that_cannot_be_made_plain_is_said(tmp_path, monkeypatch, capsys):
    cells = simulate.grid(tmp_path / "results", [("tfidf_sgd", None)], train_sizes=(32,))
    simulate.run(cells)
    monkeypatch.setattr("bench.report.study.study.points", lambda view: 1 / 0)
    whole, _ = written(cells, tmp_path)
    assert whole["failed"] == ["bbc_headlines"]
    assert "report.json goes without bbc_headlines" in capsys.readouterr().err
    assert not (tmp_path / "report" / ".stamp.json").exists()
