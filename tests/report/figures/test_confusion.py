import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from bench.report.figures.confusion import confusion_matrices, report_table, scored_points, shares, small_points
from bench.report.figures.heatmap_cells import BLACK, WHITE
from bench.report.figures.label_f1 import f1_by_label, f1_heatmap
from bench.report.inputs.records import measured_points, read_records
from bench.report.statistics.points import Point
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


def measured(tmp_path, rows=ROWS, labels=None, **axes):
    cells = simulate.grid(tmp_path, rows, **({"num_labels": (3,), "train_sizes": (32, 512)} | axes))
    simulate.run(cells, labels=labels, num_test=60)
    return measured_points(read_records(cells), "bbc_headlines")


def test_small_experiments_are_shown_at_their_largest_size(tmp_path):
    points = small_points(scored_points(measured(tmp_path)))
    assert [tuple(point) for point in points] == [("minilm lora", 3, 512), ("tfidf_sgd", 3, 512)]


def test_rows_without_training_examples_take_part(tmp_path):
    found = measured(tmp_path) | measured(tmp_path, [("smollm2", "zero_shot")], train_sizes=(0,), seeds=(0,))
    assert ("smollm2 zero_shot", 3, 0) in [tuple(point) for point in small_points(scored_points(found))]


@pytest.mark.parametrize(
    "axes", [{"num_labels": (2, 9)}, {"rows": [(f"model-{number}", "lora") for number in range(7)]}]
)
def test_big_experiments_are_not(tmp_path, axes):
    assert not small_points(scored_points(measured(tmp_path, **axes)))


def test_the_table_has_means_over_seeds(tmp_path):
    points = small_points(scored_points(measured(tmp_path, labels=("a|b", "c", "d"))))
    lines = report_table(points).split("\n")
    assert len(lines) == 2 + 2 * (3 + 2)
    first = next(iter(points.values()))
    scores = [one.test.per_label[0] for one in first.values()]
    f1 = [score.f1 for score in scores]
    assert lines[2] == (
        rf"| minilm lora | a\|b | {np.mean([s.precision for s in scores]):.3f} | "
        f"{np.mean([s.recall for s in scores]):.3f} | {np.mean(f1):.3f} ±{np.std(f1, ddof=1):.3f} | 20 |"
    )
    macro = np.mean([one.test.macro_f1 for one in first.values()])
    assert "| macro average |" in lines[5]
    assert f"| {macro:.3f} ±" in lines[5]
    assert lines[5].endswith("| 60 |")


def test_shares_are_of_the_true_label_over_all_seeds(tmp_path):
    (seeds, *_) = small_points(scored_points(measured(tmp_path))).values()
    counts = sum(np.array(one.test.confusion_matrix) for one in seeds.values())
    np.testing.assert_allclose(shares(seeds), counts / counts.sum(axis=1, keepdims=True))


def test_answers_that_are_no_label_leave_a_line_below_one(tmp_path):
    (seeds, *_) = small_points(scored_points(measured(tmp_path, seeds=(0,)))).values()
    one = seeds[0]
    matrix = [[5, 0, 0], *one.test.confusion_matrix[1:]]
    invalid = {0: one.model_copy(update={"test": one.test.model_copy(update={"confusion_matrix": matrix})})}
    assert shares(invalid)[0].tolist() == [0.25, 0, 0]


def test_labels_without_examples_and_records_that_do_not_fit(tmp_path):
    (seeds, *_) = small_points(scored_points(measured(tmp_path))).values()
    first, second = seeds.values()
    empty = [first.test.per_label[0].model_copy(update={"support": 0}), *first.test.per_label[1:]]
    test = first.test.model_copy(update={"per_label": empty, "confusion_matrix": [[0, 0, 0], [0, 20, 0], [0, 0, 20]]})
    assert np.isnan(shares({0: first.model_copy(update={"test": test})})[0]).all()
    seeds_without = {Point("a lora", 3, 32): {0: first.model_copy(update={"test": test})}}
    assert list(map(str, report_table(seeds_without).lines[0][2:])) == ["–", "–", "–", "0"]
    assert np.isnan(f1_by_label(seeds_without)[1]).ravel().tolist() == [True, False, False]
    ragged = second.model_copy(update={"test": second.test.model_copy(update={"confusion_matrix": [[1], [2, 3]]})})
    np.testing.assert_allclose(shares({0: first, 1: ragged}), shares({0: first}))
    nothing = first.model_copy(update={"test": first.test.model_copy(update={"per_label": []})})
    assert scored_points({Point("a lora", 3, 32): {0: nothing}}) == {}


def test_the_figure_shows_every_share_and_no_title_is_cut(tmp_path):
    rows = [("an-organisation/a-rather-long-model-name-of-many-letters", "linear_probe"), *ROWS]
    found = measured(tmp_path, rows, labels=("business", "entertainment and the arts", "sport"))
    points = small_points(scored_points(found))
    figure = confusion_matrices(points, "A title", "A note")
    assert len(figure.axes) == 3
    for axes, seeds in zip(figure.axes, points.values(), strict=True):
        wanted = [f"{share:.1%}" for share in shares(seeds).ravel()]
        assert [text.get_text() for text in axes.texts] == wanted
        assert axes.get_yticklabels()[0].get_text() == "business"
    figure.draw_without_rendering()
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)
    note = figure.texts[1].get_window_extent(renderer)
    assert not any(box.overlaps(note) for box in boxes)


@pytest.mark.parametrize("draw", [confusion_matrices, f1_heatmap])
def test_a_matrix_has_its_numbers_in_inks_that_a_dark_page_leaves(tmp_path, draw):
    points = scored_points(measured(tmp_path))
    figure = draw(points, "title", "note")
    texts = [text for axes in figure.axes for text in axes.texts]
    values = [shares(seeds) for seeds in points.values()] if draw is confusion_matrices else [f1_by_label(points)[1]]
    assert len(texts) == sum(matrix.size for matrix in values)
    assert {to_hex(text.get_color()) for text in texts} <= {WHITE, BLACK}
