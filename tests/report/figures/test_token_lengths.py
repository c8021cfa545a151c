import pytest

from bench.report.figures.token_lengths import length_histograms, share_text, tail, texts_of_tokenizers
from bench.report.inputs.records import measured_points, read_records
from bench.report.statistics.points import Point
from bench.results.measurements import Lengths
from tests.report import simulate

DATA = "bbc_headlines"
MODELS = {"minilm lora": "minilm", "minilm full": "minilm", "bert lora": "bert", "tfidf_sgd": "tfidf_sgd"}


def measured(tmp_path, max_length=64):
    rows = [("minilm", "lora"), ("minilm", "full"), ("bert", "lora"), ("tfidf_sgd", None)]
    cells = simulate.grid(tmp_path, rows, num_labels=(2, 4), train_sizes=(32, 128), seeds=(0, 1))
    simulate.run(cells, max_length=max_length)
    return measured_points(read_records(cells), DATA)


def lengths(**changes) -> Lengths:
    values = {"bin_edges": [0, 10, 20, 30, 90], "counts": [5, 3, 1, 1], "mean": 14, "p50": 9, "p95": 50, "p99": 80}
    return Lengths(**(values | {"max": 89, "max_length": 25, "num_cut": 1, "share_cut": 0.1} | changes))


def test_one_panel_a_model_of_its_biggest_training_set(tmp_path):
    shared = texts_of_tokenizers(measured(tmp_path), MODELS)
    assert [names for names, _, _ in shared] == [["minilm"], ["bert"]]
    assert {tuple(point)[1:] for _, point, _ in shared} == {(4, 128)}
    figure = length_histograms(shared, DATA)
    assert [axes.get_title() for axes in figure.axes] == [
        f"{name}\n4 labels, 128 examples" for name in ("minilm", "bert")
    ]


def test_models_that_share_a_tokenizer_share_a_panel(tmp_path):
    found = measured(tmp_path)
    point = next(point for point in found if point.row == "bert lora" and tuple(point)[1:] == (4, 128))
    twin = next(point for point in found if point.row == "minilm lora" and tuple(point)[1:] == (4, 128))
    shared = texts_of_tokenizers({**found, point: found[twin]}, MODELS)
    assert [names for names, _, _ in shared] == [["minilm", "bert"]]


def test_records_without_lengths_are_left_out(tmp_path):
    assert texts_of_tokenizers(measured(tmp_path, max_length=None), MODELS) == []


def test_lengths_whose_parts_do_not_fit_are_left_out(tmp_path):
    found = measured(tmp_path)
    for changes in ({"counts": [1]}, {"counts": [0, 0, 0, 0]}, {"bin_edges": [], "counts": []}):
        odd = {
            point: {seed: one.model_copy(update={"lengths": lengths(**changes)}) for seed, one in seeds.items()}
            for point, seeds in found.items()
        }
        assert texts_of_tokenizers(odd, MODELS) == []


@pytest.fixture
def draw():
    def draw(**changes):
        figure = length_histograms([(["a", "b"], Point("a lora", 4, 128), lengths(**changes))], DATA)
        figure.draw_without_rendering()
        return figure.axes[0]

    return draw


def test_bars_are_shares_and_the_cut_is_a_line(draw):
    axes = draw()
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.3, 0.1, 0.1]
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [False, False, False, True]
    assert [list(line.get_xdata()) for line in axes.lines] == [[25, 25]]
    assert [label.get_text() for label in axes.get_xticklabels()][-1] == "≥30"
    shown = [text.get_text() for text in axes.texts]
    assert shown == ["median 9, 95 % up to 50, 99 % up to 80, longest 89", "limit 25: 10.0 % cut"]


def test_a_cut_beyond_the_axis_is_said(draw):
    axes = draw(max_length=512, num_cut=0, share_cut=0.0)
    assert not axes.lines
    assert axes.texts[-1].get_text() == "limit 512, beyond the axis: none cut"


def test_without_a_tail_nothing_is_hatched(draw):
    axes = draw(bin_edges=[0, 10, 20, 30, 40], max=35)
    assert not any(bar.get_hatch() for bar in axes.patches)
    assert not tail(lengths(bin_edges=[0, 10, 20, 30, 40]))


@pytest.mark.parametrize(
    ("share", "count", "text"), [(0, 0, "none"), (0.0001, 2, "less than 0.1 %"), (0.25, 9, "25.0 %")]
)
def test_a_small_share_is_not_called_none(share, count, text):
    assert share_text(share, count) == text
