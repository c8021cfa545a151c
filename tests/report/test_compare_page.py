"""The page of `bench compare`: the answer in words, pictures and tables of one verdict a point."""

import html
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bench.report.compare.__main__ import main
from bench.report.inputs.records import ExpectedCell
from bench.results import store
from bench.results.record import Status
from tests.report import simulate
from tests.report.opened import opened

ROWS = [("minilm", "lora"), ("minilm", "linear_probe"), ("tfidf_sgd", None)]
SEEDS = (0, 1, 2)


def cells(root: Path, **axes) -> list[ExpectedCell]:
    return simulate.grid(root, **({"rows": ROWS, "seeds": SEEDS, "train_sizes": (32, 512)} | axes))


def written(tmp_path: Path, side: str, status=lambda cell: Status.OK, **axes) -> list[ExpectedCell]:
    made = cells(tmp_path / side, **axes)
    simulate.run(made, status)
    return made


@pytest.fixture
def worse(monkeypatch):
    """A context in which LoRA has 15 points less at 5 labels."""
    plain = simulate.accuracy

    def less(cell: ExpectedCell) -> float:
        return plain(cell) - 0.15 * (cell.method == "lora" and cell.num_labels == 5)

    def use() -> None:
        monkeypatch.setattr(simulate, "accuracy", less)

    return use


def compared(tmp_path: Path, *words: str) -> str:
    """Compare a with b; the page with its sections open."""
    page = tmp_path / "page"
    assert main([f"A={tmp_path / 'a'}", f"B={tmp_path / 'b'}", f"page={page}", *words]) == 0
    return opened(page / "index.html")


def card(page: str) -> str:
    """The first card as text."""
    found = page[page.index('<div id="card"') : page.index("</section>")].split("<figure", maxsplit=1)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def points(tmp_path: Path) -> pd.DataFrame:
    return pd.read_csv(tmp_path / "page" / "tables" / "points.csv")


def test_a_real_change_is_said_once_everywhere(tmp_path, worse, capsys):
    written(tmp_path, "a")
    worse()
    written(tmp_path, "b")
    page = compared(tmp_path)
    assert "<h1>What changed between a and b?</h1>" in page
    said = card(page)
    assert said.startswith("MiniLM, LoRA got worse 2 of 12 compared points changed beyond noise, in accuracy")
    assert "Worse MiniLM, LoRA at 5 labels, 32 training examples (-15.0 points, -" in said
    assert page.count('<td class="worse">worse</td>') == 2
    assert '<span class="finding">1 of 3 rows changed: MiniLM, LoRA by -7.5 points in the mean of its points.' in page
    frame = points(tmp_path)
    changed = frame[frame["verdict"] == "worse"]
    assert set(changed["row"]) == {"MiniLM, LoRA"}
    assert set(changed["labels"]) == {5}
    assert changed["difference"].tolist() == pytest.approx([-0.15, -0.15])
    assert (changed["difference_high"] < 0).all()
    assert (changed["p"] < 0.05).all()
    assert (frame.loc[frame["verdict"] != "worse", "verdict"] == "no significant change").all()
    rows = pd.read_csv(tmp_path / "page" / "tables" / "rows.csv").set_index("row")
    assert rows.loc["MiniLM, LoRA", "mean difference"] == pytest.approx(-0.075)
    assert rows.loc["MiniLM, LoRA", ["worse", "better", "points compared"]].tolist() == [2, 0, 4]
    assert f"{100 * rows.loc['MiniLM, LoRA', 'mean difference']:+.1f} points" in said
    alternative = re.search(r'<svg role="img" aria-label="([^"]*)"', page)[1]
    assert alternative.startswith(
        "Accuracy before and after. MiniLM, LoRA got worse. 12 points: 2 worse, 10 no significant change."
    )
    out = capsys.readouterr().out.splitlines()
    assert out[-2] == "by point: MiniLM, LoRA got worse. 12 points: 2 worse, 10 no significant change."
    assert out[-1] == f"page: {tmp_path / 'page' / 'index.html'}"


def test_better_is_better(tmp_path, worse, monkeypatch):
    plain = simulate.accuracy
    worse()
    written(tmp_path, "a")
    monkeypatch.setattr(simulate, "accuracy", plain)
    written(tmp_path, "b")
    said = card(compared(tmp_path))
    assert said.startswith("MiniLM, LoRA got better")
    assert "Better MiniLM, LoRA at 5 labels" in said


def test_nothing_changed(tmp_path):
    written(tmp_path, "a")
    written(tmp_path, "b")
    page = compared(tmp_path)
    said = card(page)
    assert said.startswith(
        "Nothing changed beyond noise None of 12 compared points changed beyond noise, in accuracy: every test example "
        "was answered as before."
    )
    assert "May explain it" not in said
    assert "What differs" not in said
    assert '<span class="finding">None of 3 rows changed.</span>' in page
    assert (points(tmp_path)["what else"] == "every example answered as before").all()


def test_noise_is_no_change_and_how_much_may_be_hidden_is_said(tmp_path, monkeypatch):
    written(tmp_path, "a")
    plain = simulate.accuracy
    monkeypatch.setattr(simulate, "accuracy", lambda cell: plain(cell) + 0.005 * (-1) ** cell.seed)
    written(tmp_path, "b")
    said = card(compared(tmp_path))
    assert said.startswith("Nothing changed beyond noise")
    assert "of change could go unseen at a typical point" in said


def test_failed_and_missing_cells(tmp_path):
    written(tmp_path, "a", lambda cell: Status.OOM if cell.method is None and cell.train_size == 32 else Status.OK)

    def status(cell: ExpectedCell) -> Status | None:
        if cell.method == "lora" and cell.train_size == 512:
            return Status.CRASHED
        return None if cell.method == "linear_probe" and cell.seed == 2 else Status.OK

    written(tmp_path, "b", status)
    page = compared(tmp_path)
    said = card(page)
    assert '<td class="failed">failed now</td>' in page
    assert '<td class="failed">crashed</td>' in page
    assert said.startswith("Nothing changed beyond noise, but 2 points fail now None of 8 compared points")
    assert "Failed now MiniLM, LoRA at 2 labels, 512 training examples (crashed)" in said
    assert "Finished now TF-IDF at 2 labels, 32 training examples" in said
    assert "Fewer seeds MiniLM, linear probe at 2 labels, 32 training examples (1 seed less)" in said
    frame = points(tmp_path).set_index(["row", "labels", "training examples"])
    failed = frame.loc[("MiniLM, LoRA", 2, 512)]
    assert (failed["verdict"], failed["B, after_note"]) == ("failed now", "crashed")
    assert failed["A, before"] > 0
    assert frame.loc[("MiniLM, linear probe", 2, 32), "seeds"] == 2
    assert frame.loc[("MiniLM, linear probe", 2, 32), "seeds_expected"] == 3


def test_grids_that_overlap_in_part(tmp_path):
    written(tmp_path, "a", num_labels=(2, 5))
    written(tmp_path, "b", num_labels=(5, 10), rows=[*ROWS[:2], ("bert_base", "lora")])
    said = card(compared(tmp_path))
    assert "None of 4 compared points" in said
    assert "Only in one 8 points in A alone, 8 points in B alone." in said
    verdicts = points(tmp_path)["verdict"].value_counts()
    assert verdicts.to_dict() == {"only in A": 8, "only in B": 8, "no significant change": 4}


def test_grids_with_nothing_in_common(tmp_path):
    written(tmp_path, "a", num_labels=(2,))
    written(tmp_path, "b", num_labels=(5,))
    page = tmp_path / "page"
    assert main([f"A={tmp_path / 'a'}", f"B={tmp_path / 'b'}", f"page={page}"]) == 0
    assert "Nothing could be compared" in (page / "index.html").read_text()
    assert not list(page.glob("*.svg"))


def in_plain(tmp_path: Path, *words: str) -> str:
    """The page as text."""
    return html.unescape(compared(tmp_path, *words))


def test_one_seed_is_no_verdict(tmp_path, worse):
    written(tmp_path, "a", seeds=(0,))
    worse()
    written(tmp_path, "b", seeds=(0,))
    said = card(compared(tmp_path))
    assert said.startswith("2 points differ, on one seed, which decides nothing At 2 of 12 compared points the")
    assert "One seed MiniLM, LoRA at 5 labels" in said
    assert set(points(tmp_path).query("labels == 5 and row == 'MiniLM, LoRA'")["verdict"]) == {"differing on one seed"}
    assert "; one seed, or answers that are all alike, by McNemar's exact test." in in_plain(tmp_path)
    said = "; one seed by a t-test over the test examples alone, answers that are all alike by McNemar's exact test."
    assert said in in_plain(tmp_path, "metric=macro_f1")


def test_what_was_installed_and_chosen_otherwise_is_named(tmp_path, worse, monkeypatch):
    """Also where that made other keys: the cells are compared all the same."""
    before = written(tmp_path, "a")
    worse()
    newer = simulate.provenance(packages={"torch": "2.14.0", "scikit-learn": "1.9.1"}, device_name="Another CPU")
    monkeypatch.setattr(simulate, "provenance", lambda: newer)
    for cell in before:
        folder = tmp_path / "b" / cell.key
        simulate.write(replace(cell, folder=folder))
        if cell.method == "lora":
            with_identity(cell.folder, {"model": {"name": "minilm"}, "method": {"name": "lora", "r": 8}})
            renamed = folder.rename(folder.with_name(cell.key[::-1]))
            with_identity(renamed, {"model": {"name": "minilm"}, "method": {"name": "lora", "r": 16}})
    page = compared(tmp_path)
    said = card(page)
    assert "2 of 12 compared points changed" in said
    assert "May explain it method.r 8 → 16, torch 2.13.0 → 2.14.0, transformers 5.23.0 → not recorded and " in said
    options = pd.read_csv(tmp_path / "page" / "tables" / "options.csv")
    assert options.to_numpy().tolist() == [["method.r", 8, 16, 12, "MiniLM, LoRA"]]
    versions = pd.read_csv(tmp_path / "page" / "tables" / "versions.csv").set_index("what")
    assert versions.loc["transformers"].tolist() == ["5.23.0", "not recorded"]
    assert "python 3.11.7" in page


def with_identity(folder: Path, identity: dict) -> None:
    record = store.read(folder)
    update = {"configuration": record.configuration.model_copy(update={"identity": identity}), "key": folder.name}
    (folder / store.RECORD).write_text(record.model_copy(update=update).to_json())


def test_rows_that_differ_by_an_option_are_told_apart(tmp_path):
    for side in ("a", "b"):
        for rank in (4, 8):
            for cell in cells(tmp_path / side, rows=ROWS[:1], num_labels=(2,)):
                made = replace(cell, key=f"{cell.key}r{rank}", folder=tmp_path / side / f"{cell.key}r{rank}")
                simulate.write(made)
                with_identity(made.folder, {"model": {"name": "minilm"}, "method": {"name": "lora", "r": rank}})
    compared(tmp_path)
    assert points(tmp_path)["row"].unique().tolist() == ["MiniLM, LoRA r=4", "MiniLM, LoRA r=8"]
    assert (points(tmp_path)["seeds"] == 3).all()


def test_a_row_may_be_told_apart_in_the_mean_alone(tmp_path, monkeypatch):
    axes = {"rows": ROWS[:1], "train_sizes": (32, 64, 128, 256, 512, 1024), "num_labels": (5,)}
    written(tmp_path, "a", **axes)
    plain = simulate.accuracy
    # seeds differ, in another direction at each size
    monkeypatch.setattr(
        simulate, "accuracy", lambda cell: plain(cell) - 0.02 + 0.02 * ((cell.seed + len(str(cell.train_size))) % 3 - 1)
    )
    written(tmp_path, "b", **axes)
    said = card(compared(tmp_path))
    assert said.startswith("Nothing changed beyond noise")
    assert "Over all its points MiniLM, LoRA: -2.0 points, -" in said
    assert "significant in the mean, at no point alone." in said


def test_test_sets_that_differ_are_compared_on_what_both_have(tmp_path):
    for cell in cells(tmp_path / "a", rows=ROWS[:1], num_labels=(2,), train_sizes=(32,)):
        simulate.write(cell, num_test=200)
        simulate.write(replace(cell, folder=tmp_path / "b" / cell.key), num_test=100)
    compared(tmp_path)
    (line,) = points(tmp_path).itertuples()
    assert line.seeds == 3
    assert points(tmp_path)["what else"][0] == "test sets differ: 100 examples of 200 and 100"


def test_other_data_is_not_paired_though_its_ids_are_the_same(tmp_path):
    for side in ("a", "b"):
        for cell in cells(tmp_path / side, rows=ROWS[:1], num_labels=(2,), train_sizes=(32,)):
            simulate.write(cell, num_test=200 if side == "a" else 100)
            with_identity(cell.folder, {"task": {"data": {"name": "tickets", "content": side}}})
    said = card(compared(tmp_path))
    assert "(other test examples)" in said
    assert points(tmp_path)["verdict"].tolist() == ["not compared"]


def test_several_data_sets_are_named(tmp_path, worse):
    for side in ("a", "b"):
        for data in ("bbc_headlines", "tickets"):
            written(tmp_path, side, data=data, num_labels=(5,))
        worse()
    said = card(compared(tmp_path))
    assert said.startswith("2 rows got worse 4 of 12 compared points")
    assert "MiniLM, LoRA on tickets" in said
    assert set(points(tmp_path)["data"]) == {"BBC headlines", "tickets"}
    assert {path.name for path in (tmp_path / "page").glob("*.svg")} == {
        "changes.svg",
        "difference.svg",
        "difference_2.svg",
    }


def test_predictions_that_are_gone_are_said(tmp_path):
    written(tmp_path, "a", num_labels=(2,), rows=ROWS[:1])
    written(tmp_path, "b", num_labels=(2,), rows=ROWS[:1])
    for path in (tmp_path / "b").rglob("predictions-*"):
        path.unlink()
    said = card(compared(tmp_path))
    assert said.startswith("Nothing could be compared")
    assert "the predictions of B are missing or damaged" in said
    assert (points(tmp_path)["B, after"] > 0).all(), "the record's own"


def test_a_record_that_cannot_be_used_is_no_gap(tmp_path):
    written(tmp_path, "a", num_labels=(2,), train_sizes=(32,), rows=ROWS[:1])
    for cell in written(tmp_path, "b", num_labels=(2,), train_sizes=(32,), rows=ROWS[:1]):
        (cell.folder / store.RECORD).write_text("{}") if cell.seed else None
    page = compared(tmp_path)
    assert "not compared: 2 cells whose record in B cannot be used" in page
    (line,) = points(tmp_path).itertuples()
    assert line.seeds_expected == 3
    assert "unreadable in B (2 of 3 seeds)" in points(tmp_path)["what else"][0]


def test_points_go_by_the_metric_that_is_asked_for(tmp_path, worse):
    written(tmp_path, "a")
    worse()
    written(tmp_path, "b")
    said = card(compared(tmp_path, "metric=macro_f1"))
    assert "2 of 12 compared points changed beyond noise, in macro F1" in said


def test_data_sets_that_go_by_other_metrics_have_a_figure_each(tmp_path):
    for side in ("a", "b"):
        written(tmp_path, side, num_labels=(2,), rows=ROWS[:1])
        unequal = cells(tmp_path / side, num_labels=(2,), rows=ROWS[:1], data="tickets")
        simulate.run(unequal, unequal=True)
        for cell in unequal:
            with_identity(cell.folder, {"task": {"split": {"name": "natural"}}})
    page = compared(tmp_path)
    assert "None of 4 compared points changed beyond noise, in macro F1 and accuracy" in card(page)
    assert "tickets is compared by macro F1, for the test labels are unequal" in page
    for name, metric in (("changes", "Macro F1"), ("changes_2", "Accuracy")):
        assert f"{metric}: a → b" in (tmp_path / "page" / f"{name}.svg").read_text()


def test_a_metric_that_there_is_not_is_refused(tmp_path, capsys):
    written(tmp_path, "a", num_labels=(2,), train_sizes=(32,))
    assert main([f"A={tmp_path / 'a'}", f"B={tmp_path / 'a'}", "metric=taste"]) == 2
    assert capsys.readouterr().err.startswith("error: metric=taste: it is no metric; there are auto, accuracy")


def test_the_page_is_named_after_the_folders(tmp_path, monkeypatch, capsys):
    for side in ("before", "after"):
        written(tmp_path, f"{side}/results", num_labels=(2,), train_sizes=(32,), rows=ROWS[2:])
    monkeypatch.chdir(tmp_path)
    assert main(["A=before/results", "B=after/results"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "page: reports/before-to-after/index.html"
    assert (tmp_path / "reports" / "before-to-after" / "index.html").is_file()


def test_a_page_that_cannot_be_written_is_said(tmp_path, capsys):
    written(tmp_path, "a", num_labels=(2,), train_sizes=(32,), rows=ROWS[2:])
    (tmp_path / "file").write_text("")
    assert main([f"A={tmp_path / 'a'}", f"B={tmp_path / 'a'}", f"page={tmp_path / 'file'}"]) == 2
    found = capsys.readouterr()
    assert "0 of 3 cells changed beyond noise" in found.out
    assert found.err.startswith(f"error: page={tmp_path / 'file'}: no page can be written: ")


NASTY = '<script>alert(1)</script>" onload="x'


def test_names_are_text_and_scripts_are_the_pages_own(tmp_path):
    for side in ("a", "b"):
        written(tmp_path, side, rows=[(NASTY, "lora")], num_labels=(2,), data=f"d{NASTY}")
    page = compared(tmp_path)
    assert "<script>alert" not in page
    assert "default-src &#39;none&#39;; script-src &#39;sha256-" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_a_big_grid_has_lines_of_what_changed_and_a_heatmap_of_all(tmp_path, worse):
    axes = {"train_sizes": (32, 64, 128, 256, 512), "num_labels": (2, 5), "seeds": (0, 1)}
    written(tmp_path, "a", **axes)
    worse()
    written(tmp_path, "b", **axes)
    page = compared(tmp_path)
    drawn = (tmp_path / "page" / "changes.svg").read_text()
    assert "The 12 of 30 points that changed most; the heatmap below has all." in drawn
    assert drawn.count("5 labels, ") >= 5
    assert page.count("<figure") == 2
