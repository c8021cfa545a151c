"""What sections found, in one sentence that is read while they are closed."""

import re

import pytest

from bench.report import page
from bench.report.options import ReportOptions
from bench.report.sections import SECTIONS
from bench.results import store
from bench.results.record import Status
from tests.report import simulate, studies

LONGEST = 110
"""Characters of a finding with short names."""


def findings(cells, folder, title="T") -> dict[str, str]:
    """By section."""
    made = []
    with pytest.MonkeyPatch.context() as patched:
        make = page.make_sections
        patched.setattr(page, "make_sections", lambda view: made.extend(make(view)) or list(made))
        page.write_report(cells, folder, ReportOptions(title))
    return {section.title: section.finding for section in made}


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("findings")
    return findings(studies.go_emotions_grid(root / "results", (2, 4)), root / "report", "go_emotions_grid")


def test_every_section_has_one(found):
    assert set(found) >= set(SECTIONS) - {"Data", "The race", "Several labels a text"}
    for title, text in found.items():
        assert text.endswith("."), title
        assert len(text) <= LONGEST, (title, text)
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Number of labels", r"\S+ \w+: \d\d\.\d % with 2 labels, \d\d\.\d % with 4, on [\d,]+ examples\."),
        ("Ranks", r"(\d of 8 rows may|Only .+ can) be the first.*, with 4 labels, 2,400 training examples\."),
        (
            "Ours and published",
            r"Our accuracies are \d+\.\d points (above|below) the published ones in the median, ",
        ),
        ("Label by label", r"Hardest of 4 labels: label \d, F1 0\.\d\d by .+\."),
        (
            "Calibration",
            r"(\d of 8 rows are|1 of 8 rows is|No row is) further from calibrated than chance ",
        ),
        ("Training curves", r"(In \d+ of \d+ runs the last weights|The best weights came after \d+ % of the steps)"),
        ("Before and after training", r".+: \d+\.\d % right before training, \d+\.\d % after it, with 4 labels\."),
        ("Lengths of texts", r"Half of the texts have \d+( to \d+)? tokens or more; "),
        (
            "How many examples",
            r".+ with 2,400 examples does as well as tfidf_sgd with (more than )?[\d,]+",
        ),
        ("How rows were trained", r"Rows differ in .+\."),
        (
            "All metrics",
            r"(Best mean: .+ by accuracy, but .+\.|.+ has the best mean by accuracy and by every )",
        ),
    ],
)
def test_it_is_said_with_numbers(found, title, said):
    assert re.match(said, found[title]), found[title]


def test_who_may_be_first_goes_by_the_verdicts(tmp_path, monkeypatch):
    shares = {"lora": 0.95, "linear_probe": 0.8, "full": 0.7, None: 0.6}
    monkeypatch.setattr(simulate, "accuracy", lambda cell: shares[cell.method] + 0.001 * cell.seed)
    rows = [("m", method) for method in shares]
    cells = simulate.grid(tmp_path / "r", rows, num_labels=(2,), train_sizes=(32,), seeds=(0, 1, 2))
    simulate.run(cells, num_test=400)
    assert findings(cells, tmp_path / "report")["Ranks"] == (
        "Only m lora can be the first of 4 rows, with 2 labels, 32 training examples."
    )


def test_only_places_where_something_can_be_compared_are_counted(tmp_path, monkeypatch):
    shares = {"lora": 0.95, None: 0.6}
    monkeypatch.setattr(simulate, "accuracy", lambda cell: shares[cell.method] + 0.001 * cell.seed)
    cells = simulate.grid(tmp_path / "r", [("m", "lora"), ("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32, 64))

    def status(cell):
        return Status.OOM if cell.method is None and cell.train_size == 64 else Status.OK

    simulate.run(cells, status, num_test=400)
    found = findings(cells, tmp_path / "report")
    assert found["The answer"] == "Something is significantly better than tfidf_sgd."


def test_what_was_not_counted_is_not_said_to_be_none(tmp_path, monkeypatch):
    cells = simulate.grid(tmp_path / "r", [("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32,), seeds=(0,))
    simulate.run(cells)
    examples = store.read(cells[0].folder).measurements.examples
    unknown = {"rows_read": 100, "test_texts_in_training": None, "conflicts_dropped": None, "duplicates_dropped": 3}
    simulate.changed(cells[0], examples=examples.model_copy(update=unknown))
    assert findings(cells, tmp_path / "report")["Data"] == "Texts left out: 3 repeated."
