import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bench.report.figures.published import ours_and_published
from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.published import beside_ours, published_for
from bench.report.tables.published import accuracy_tables, other_metrics_table, remarks
from bench.results.record import Status
from tests.report import simulate
from tests.report.studies import HUB

ROWS = [("llama3_2_1b", "qlora"), ("bert_base", "qlora"), ("tfidf_sgd", None)]


@pytest.fixture
def grid(tmp_path):
    """Two of four published rows, at two of four label counts; one cell failed."""
    return compare(tmp_path, "go_emotions_grid", ROWS, num_labels=(2, 16), train_sizes=(800, 1600, 2400))


def compare(tmp_path, experiment, rows, num_test=300, **axes):
    cells = simulate.grid(tmp_path, rows, published_as=HUB, **axes)
    simulate.run(cells, lambda cell: Status.OOM if cell.train_size == 2400 else Status.OK, num_test=num_test)
    frame = cells_frame(cells)
    known = published_for(experiment, cells)
    return beside_ours(known.numbers, summary_frame(frame), frame), known, list(frame["row"].cat.categories)


def draw(lines, rows, metric="test_accuracy"):
    return ours_and_published(lines[lines["metric"] == metric], rows, "A title", "A note")


def drawn(axes, label):
    return sorted(float(line.get_xdata()[0]) for line in axes.lines if line.get_label() == label)


def test_every_published_number_is_drawn_and_ours_where_we_have_it(grid):
    lines, _, rows = grid
    figure = draw(lines, rows)
    assert [axes.get_title() for axes in figure.axes] == ["2 labels", "4 labels", "8 labels", "16 labels"]
    accuracy = lines[lines["metric"] == "test_accuracy"]
    for axes, labels in zip(figure.axes, (2, 4, 8, 16), strict=True):
        here = accuracy[accuracy["num_labels"] == labels]
        np.testing.assert_allclose(drawn(axes, "_published"), sorted(here["value"]))
        np.testing.assert_allclose(drawn(axes, "_ours"), sorted(here["mean"].dropna()))
    assert len(drawn(figure.axes[0], "_ours")) == 4  # two rows at two sizes
    assert not drawn(figure.axes[1], "_ours")


def test_ours_and_published_stand_on_the_same_line(grid):
    lines, _, rows = grid
    axes = draw(lines, rows).axes[0]
    ours, theirs = (
        sorted(float(line.get_ydata()[0]) for line in axes.lines if line.get_label() == label)
        for label in ("_ours", "_published")
    )
    assert all(any(abs(place - other) < 0.5 for other in theirs) for place in ours)
    assert len({round(place) for place in theirs}) == 12


def test_bars_are_the_standard_error_and_the_deviation_over_trials(tmp_path):
    lines, _, rows = compare(
        tmp_path, "spam_scaling", [("tfidf_sgd", None)], data="sms_spam", num_labels=(2,), train_sizes=(4, 8)
    )
    figure = draw(lines, rows)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"published ± SE of its test set", "published ± SD over trials", "grey: a row not run here"} <= set(legend)
    thick = [line for line in figure.axes[0].lines if line.get_linewidth() == 5]
    first = min(line.get_xdata()[0] for line in thick)
    assert first == pytest.approx(0.618 - np.sqrt(0.618 * 0.382 / 1024))


def test_nothing_leaves_the_figure_or_covers_the_legend(grid):
    lines, _, rows = grid
    figure = draw(lines, rows)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent(renderer)
    for box in [axes.get_tightbbox(renderer) for axes in figure.axes] + [legend]:
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= 0
    assert not any(axes.get_tightbbox(renderer).overlaps(legend) for axes in figure.axes)


def test_accuracy_tables(grid):
    lines, _, _ = grid
    tables = accuracy_tables(lines[lines["metric"] == "test_accuracy"])
    assert [titled.title for titled in tables][:1] == ["Test accuracy, 2 labels: ours and published"]
    first = tables[0].table.split("\n")
    line = next(line for line in first if line.startswith("| llama3_2_1b qlora | 800 |"))
    ours = lines.query("row == 'llama3_2_1b qlora' and num_labels == 2 and train_size == 800").iloc[0]
    assert line == (
        f"| llama3_2_1b qlora | 800 | {ours['mean']:.3f} ±{ours['sd']:.3f} (2 seeds) | 300 | 0.975 | 80 | ±0.017 | "
        f"{ours['mean'] - 0.975:+.3f} |"
    )
    assert any(
        line.startswith("| llama3_2_1b qlora | 2,400 | out of memory |  | 1.000 | 240 | ±0.000 |  |") for line in first
    )
    assert any(line.startswith("| gpt2-xl qlora | 800 | not in the grid |") for line in first)


def test_other_metrics_are_one_line_a_point(grid):
    lines, _, _ = grid
    text = other_metrics_table(lines[lines["metric"] != "test_accuracy"]).table
    header, _, *body = text.split("\n")
    assert "test weighted recall: ours | published | test weighted F1: ours | published" in header
    assert "test loss: ours" in header
    assert len(body) == 48
    assert any(line.startswith("| llama3_2_1b qlora | 2 | 800 | 0.") and "| 0.500 " in line for line in body)


def test_remarks_say_what_a_difference_cannot(grid, tmp_path):
    lines, known, _ = grid
    said = " ".join(remarks(lines, known, "go_emotions", "go_emotions"))
    assert "test sets of 80, 160 or 240 examples" in said
    assert "The test sets differ, so differences cannot be tested in pairs." in said
    assert "Not run here: gpt2-xl qlora, Qwen2.5-1.5B qlora." in said
    assert "240 of 240 right, the 95 % interval still begins at 0.988" in said
    assert "other texts" not in said
    axes = {"data": "sms_spam", "num_labels": (2,), "train_sizes": (4, 8)}
    lines, known, _ = compare(tmp_path / "spam", "spam_scaling", [("tfidf_sgd", None)], num_test=1024, **axes)
    said = " ".join(remarks(lines, known, "sms_spam", "sms_spam"))
    assert "Ours are on sms_spam, which are other texts" in said
    assert "Test sets are equally big" in said
    assert known.note("sms_spam") == "Published numbers are of other texts: emails of the TREC 2007 public spam corpus."
    assert "other texts" not in " ".join(remarks(lines, known, "trec07p", "trec07p"))
