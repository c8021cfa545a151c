"""The reports of the five studies, and what odd records do to them."""

import json
import re

import pandas as pd
import pytest

from bench.report import sections, view
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.sections import SECTIONS
from bench.results.record import parse
from bench.results.store import RECORD
from tests.report import simulate
from tests.report.blank import draw_blanks
from tests.report.studies import STUDIES, go_emotions_grid
from tests.report.test_page import markdown

STUB = '<svg width="1pt" height="1pt" viewBox="0 0 1 1"></svg>'

OTHERS = {"The race", "Several labels a text"}
"""Sections of other kinds of studies."""


@pytest.fixture
def undrawn(monkeypatch):
    """Figures that are made and not written."""
    monkeypatch.setattr(view, "save", lambda figure, folder, name: (folder / f"{name}.svg").write_text(STUB))


def headings(text: str) -> list[str]:
    """Those of the sections: the first one is the answer's."""
    answer, *others = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert answer.startswith(("Use ", "Stay with ", "Not decided", "Only "))
    return others


def report(tmp_path, name):
    cells = STUDIES[name](tmp_path / "results")
    path = write_report(cells, tmp_path / "report", ReportOptions(name)).with_name("index.md")
    text = path.read_text(encoding="utf-8")
    assert "could not be made" not in text
    assert "\n\n\n" not in text
    return path.parent, text


def test_a_study_has_all_sections_and_pictures(tmp_path):
    folder, text = report(tmp_path, "ag_news_llama")
    wanted = [title for title in SECTIONS if title not in OTHERS | {"Number of labels"}]
    assert headings(text) == ["What was done", *wanted, "Protocol", "Versions", "Files"]
    pictures = re.findall(r"\]\(([^)]+\.png)\)", text)
    assert len(pictures) == 3 + 3 + 3 + 2 + 1 + 2 + 1 + 2 + 1 + 1
    assert all((folder / picture).stat().st_size > 10_000 for picture in pictures)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("gpt2_spam_last_block", {"Number of labels"}),
        ("stance_distilbert", {"Number of labels", "Ours and published"}),
        ("smoke/go_emotions_grid", set()),
    ],
)
def test_other_studies_lack_only_what_they_must(tmp_path, name, missing):
    _, text = report(tmp_path, name)
    wanted = [title for title in SECTIONS if title not in OTHERS | missing]
    assert headings(text) == ["What was done", *wanted, "Protocol", "Versions", "Files"]


@pytest.mark.usefixtures("undrawn")
def test_the_main_experiment(tmp_path):
    cells = go_emotions_grid(tmp_path / "results", num_labels=(2, 16), seeds=(0, 1))
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("go_emotions_grid")))
    assert "could not be made" not in text
    assert [title for title in headings(text) if title.startswith("Failed")] == ["Failed or missing runs"]
    assert "| gpt2_xl qlora | 800 | out of memory |  | 0.375 | 80 | ±0.054 |  |" in text
    assert "| llama3_2_1b zero_shot (no training examples) |" in text
    assert "not in the grid" in text  # 4 and 8 labels, in the comparison alone
    assert not re.search(r"zero_shot.*not (run|in the grid)", text)
    assert "No training examples were used by: llama3_2_1b zero_shot." in text
    csv = pd.read_csv(tmp_path / "report" / "published.csv")
    assert len(csv) == 240
    assert csv["mean"].notna().sum() == 5 * (3 * 3 * 2 + 3)  # without gpt2_xl at 16 labels
    results = pd.read_csv(tmp_path / "report" / "results.csv")
    assert set(results.loc[results["method"] == "zero_shot", "train_size"]) == {0}


@pytest.mark.usefixtures("undrawn")
def test_published_errors_over_trials_are_in_the_table(tmp_path):
    _, text = report(tmp_path, "spam_scaling")
    assert "its SD over trials" in text
    assert re.search(r"\| llama3_2_1b full \| 4 \| .* \| 0\.724 \| 1,024 \| ±0\.014 \| ±0\.087 \|", text)
    assert "emails of the TREC 2007 public spam corpus" in text
    assert "Classification report, 2 labels" in text


def test_ours_stand_beside_a_published_point_of_another_row_and_metric(tmp_path, monkeypatch):
    draw_blanks(monkeypatch, but=(sections.published,))
    axes = {"num_labels": (28,), "train_sizes": (4000, 43410), "data": "go_emotions_multi_label"}
    cells = simulate.grid(tmp_path / "results", [("minilm", "lora"), ("tfidf_sgd", None)], **axes)
    simulate.run(cells, num_test=280)
    options = ReportOptions("T", experiment="smoke/go_emotions_multi_label")
    page = write_report(cells, tmp_path / "report", options)
    text = markdown(page)
    said = re.search(
        r"28 labels, 43,410 examples: (.+) has (\d\d\.\d) % macro F1, a published row 46.0 %\.", page.read_text()
    )
    assert said
    part = text[text.index("## Ours and published") : text.index("## Cost")]
    lines = {line.split(" | ")[0]: line.split(" | ")[1:] for line in part.splitlines() if line.startswith("| ")}
    assert lines["| bert-base-uncased full"][:4] == ["43,410", "not in the grid", "", "0.460"]
    assert lines["| minilm lora"][0] == lines["| tfidf_sgd"][0] == "43,410"
    best = max((lines["| minilm lora"][1], lines["| tfidf_sgd"][1]))
    assert float(best[:5]) == pytest.approx(float(said[2]) / 100, abs=0.001)
    assert "sampling error" not in part
    assert "published.png" in part
    assert part.count("43,410") == 3, "and nothing of another size"


@pytest.mark.usefixtures("undrawn")
def test_the_experiment_may_have_another_name_than_the_title(tmp_path):
    cells = STUDIES["stance_distilbert"](tmp_path / "results")
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("A title", experiment="spam_scaling")))
    assert "Ours and published" in headings(text)
    assert "Not run here: Llama-3.2-1B full." in text


def test_old_records_and_baselines_have_only_what_they_can(tmp_path, monkeypatch):
    draw_blanks(monkeypatch, but=(sections.label_counts, sections.how_many_examples))
    cells = simulate.grid(tmp_path / "results", [("minilm", "lora"), ("tfidf_sgd", None)], num_labels=(9,))
    simulate.run(cells)
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("A title")))
    wanted = ["The answer", "Heatmaps", "Scaling curves", "How many examples", "All metrics", "Ranks", "Cost"]
    wanted += ["Label by label", "Calibration", "Data"]
    assert headings(text)[1:-3] == wanted


ODD = {
    "no history": {"training": {"history": [], "best_step": None}},
    "a history of nothing": {"training": {"history": [{"step": 0, "epoch": 0.0}], "max_steps": 0}},
    "no loss": {"test": {"loss": None, "mean_confidence": None}},
    "lengths without texts": {"lengths": {"bin_edges": [0], "counts": []}},
    "no steps": {"training": None, "before": None, "lengths": None, "validation": None, "train": None},
}
IMPOSSIBLE = {
    "no labels": {"test": {"per_label": [], "confusion_matrix": []}},
    "no test examples": {"examples": {"num_test": 0}, "test": {"num_examples": 0}},
}


def with_changes(results, changes):
    """Cells of a study, and the records of all seeds of the row that trains changed."""
    cells = STUDIES["stance_distilbert"](results)
    for cell in cells[:3]:
        path = cell.folder / RECORD
        content = parse(path.read_text()).model_dump(mode="json")
        for block, change in changes.items():
            known = content["measurements"][block]
            content["measurements"][block] = change if change is None else known | change
        path.write_text(json.dumps(content))
    return cells


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("kind", ODD)
def test_odd_records_have_a_report(tmp_path, kind):
    cells = with_changes(tmp_path / "results", ODD[kind])
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("stance_distilbert")))
    assert "6 of 6 cells finished ok" in text
    assert "could not be made" not in text


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_records_that_cannot_be_true_are_not_believed(tmp_path, kind):
    cells = with_changes(tmp_path / "results", IMPOSSIBLE[kind])
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("stance_distilbert")))
    assert "3 of 6 cells finished ok" in text
    assert "unreadable" in text
    assert "could not be made" not in text


@pytest.mark.usefixtures("undrawn")
def test_a_section_that_fails_is_said_and_costs_no_other(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise ZeroDivisionError("an <odd> record")

    monkeypatch.setattr(sections.training_curves, "training_curves", fail)
    cells = STUDIES["stance_distilbert"](tmp_path / "results")
    text = markdown(write_report(cells, tmp_path / "report", ReportOptions("stance_distilbert")))
    assert "This section could not be made: ZeroDivisionError: an &lt;odd&gt; record" in text
    assert {"Training curves", "Lengths of texts", "Label by label"} <= set(headings(text))
    assert "Traceback" in capsys.readouterr().err
