import math

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from bench.kind import MULTI_LABEL
from bench.report.figures.training_curves import WHOLE_GRID, curve_points, examples_a_step, training_curves
from bench.report.inputs.records import measured_points, read_records
from bench.report.statistics.metrics import guess_words, labels_are
from bench.results.record import Status
from tests.report import simulate

DATA = "bbc_headlines"


def points(tmp_path, rows=(("minilm", "lora"), ("tfidf_sgd", None)), max_length=64, status=None, **axes):
    cells = simulate.grid(tmp_path, rows, **axes)
    simulate.run(cells, status or (lambda cell: Status.OK), max_length=max_length)
    return curve_points(measured_points(read_records(cells), DATA))


def lines(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def shown(figure):
    return [axes for axes in figure.axes if axes.get_visible() and axes.get_title()]


def test_few_points_are_all_drawn_many_at_their_largest_size(tmp_path):
    few = points(tmp_path / "few")
    assert [tuple(point) for point in few] == [
        ("minilm lora", labels, size) for labels in (2, 5) for size in (32, 128, 512)
    ]
    assert len(few) == WHOLE_GRID
    many = points(
        tmp_path / "many", rows=[("minilm", "lora"), ("bert", "qlora")], num_labels=(2,), train_sizes=(8, 32, 64, 128)
    )
    assert [tuple(point) for point in many] == [("minilm lora", 2, 128), ("bert qlora", 2, 128)]


def test_the_line_of_guessing_is_the_most_frequent_label_of_validation(tmp_path):
    cells = simulate.grid(tmp_path, [("minilm", "lora")], num_labels=(2,), train_sizes=(32,))
    simulate.run(cells, max_length=64, unequal=True)
    made = curve_points(measured_points(read_records(cells), DATA))
    for quantity, level in (("accuracy", 0.75), ("loss", math.log(2))):
        figure = training_curves(made, ["minilm lora"], quantity, DATA)
        (axes,) = shown(figure)
        assert [
            line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":" or len(set(line.get_ydata())) == 1
        ][-1] == level
        (name,) = (
            text.get_text()
            for text in figure.legends[0].texts
            if "label" in text.get_text() or "equal" in text.get_text()
        )
        assert name == {"accuracy": "the most frequent label", "loss": "equal probabilities"}[quantity]


def test_of_several_labels_it_is_a_coin_and_the_rule_while_training_is_said(tmp_path):
    found = points(tmp_path, num_labels=(4,), train_sizes=(512,))
    with labels_are(MULTI_LABEL):
        figure = training_curves(found, ["minilm lora"], "accuracy", DATA)
        assert guess_words() == "a coin for each label"
    legend = [text.get_text() for text in figure.legends[0].texts]
    assert legend[0] == "validation subset accuracy"
    assert legend[-1] == "a coin for each label"
    written = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert "Labels are those with a probability of a half or more" in written


def test_records_without_a_history_have_no_curves(tmp_path):
    assert not points(tmp_path, max_length=None)


def test_a_panel_shows_every_seed_its_best_step_and_where_it_stopped(tmp_path):
    found = points(tmp_path, num_labels=(4,), train_sizes=(512,), seeds=(0, 1, 2))
    ((_, seeds),) = found.items()
    figure = training_curves(found, ["minilm lora"], "loss", DATA)
    (axes,) = shown(figure)
    assert axes.get_title() == "minilm lora\n4 labels, 512 examples"
    assert len(lines(axes, "_train")) == len(lines(axes, "_validation")) == len(lines(axes, "_best")) == 3
    stopped = [measured for measured in seeds.values() if measured.training.stopped_early]
    assert len(lines(axes, "_stopped")) == len(stopped) > 0
    for measured, train, validation, best in zip(
        seeds.values(), *(lines(axes, f"_{name}") for name in ("train", "validation", "best")), strict=True
    ):
        history = measured.training.history
        assert list(train.get_xdata()) == [point.step for point in history]
        assert list(train.get_ydata()) == [point.train_loss for point in history]
        assert list(validation.get_xdata()) == [0, *(point.step for point in history)]
        assert validation.get_ydata()[0] == measured.before.validation.loss
        kept = next(point for point in history if point.step == measured.training.best_step)
        assert (best.get_xdata()[0], best.get_ydata()[0]) == (kept.step, kept.validation_loss)
    assert axes.get_xlim()[1] >= max(measured.training.max_steps for measured in seeds.values())
    assert any(line.get_ydata()[0] == pytest.approx(math.log(4)) for line in axes.lines)


def test_accuracy_has_no_training_line_and_starts_before_training(tmp_path):
    found = points(tmp_path, num_labels=(2,), train_sizes=(128,))
    figure = training_curves(found, ["minilm lora"], "accuracy", DATA)
    (axes,) = shown(figure)
    assert not lines(axes, "_train")
    assert lines(axes, "_validation")[0].get_xdata()[0] == 0
    assert "Training loss" not in figure.texts[1].get_text()
    assert "Step 0 is the model before training." in " ".join(figure.texts[1].get_text().split())


def test_the_second_axis_counts_examples(tmp_path):
    found = points(tmp_path, num_labels=(2,), train_sizes=(512,))
    ((_, seeds),) = found.items()
    assert examples_a_step(seeds) == 16
    figure = training_curves(found, ["minilm lora"], "loss", DATA)
    (axes,) = shown(figure)
    (above,) = axes.child_axes
    figure.draw_without_rendering()
    assert above.get_xlim()[1] == pytest.approx(16 * axes.get_xlim()[1])


def altered(found, **changes):
    """The same points with training blocks changed."""
    return {
        point: {
            seed: one.model_copy(update={"training": one.training.model_copy(update=changes), "before": None})
            for seed, one in seeds.items()
        }
        for point, seeds in found.items()
    }


def test_old_and_odd_records_still_have_curves(tmp_path):
    found = points(tmp_path, num_labels=(2,), train_sizes=(32,))
    history = next(iter(next(iter(found.values())).values())).training.history
    bare = [
        point.model_copy(update={"examples_seen": None, "validation_loss": None, "validation_accuracy": None})
        for point in history
    ]
    for changes in (
        {"history": bare, "best_step": None},
        {"history": [point.model_copy(update={"train_loss": None}) for point in history], "best_step": 10**6},
        {"history": history[:1], "max_steps": 0, "stopped_early": True},
    ):
        odd = altered(found, **changes)
        for quantity in ("loss", "accuracy"):
            figure = training_curves(odd, ["minilm lora"], quantity, DATA)
            figure.draw_without_rendering()
            (axes,) = shown(figure)
            assert not lines(axes, "_best") or changes["history"] is not bare


def test_a_start_far_above_the_rest_does_not_flatten_it(tmp_path):
    found = points(tmp_path, num_labels=(2,), train_sizes=(128,))

    def with_start(loss):
        return {
            point: {
                seed: one.model_copy(
                    update={
                        "before": one.before.model_copy(
                            update={"validation": one.before.validation.model_copy(update={"loss": loss})}
                        )
                    }
                )
                for seed, one in seeds.items()
            }
            for point, seeds in found.items()
        }

    near, far = (training_curves(with_start(loss), ["minilm lora"], "loss", DATA) for loss in (1.2, 40.0))
    assert shown(near)[0].get_ylim()[1] > 1.2
    assert "enter a panel from above" not in near.texts[1].get_text()
    assert shown(far)[0].get_ylim()[1] < 1
    assert "enter a panel from above" in " ".join(far.texts[1].get_text().split())


def test_the_axis_of_losses_of_several_labels_is_not_that_of_so_many(tmp_path):
    found = points(tmp_path, num_labels=(28,), train_sizes=(64,), seeds=(0,))
    (training,) = (one.training for seeds in found.values() for one in seeds.values())
    low = {"train_loss": 0.3, "validation_loss": 0.2}
    found = altered(found, history=[point.model_copy(update=low) for point in training.history])
    with labels_are(MULTI_LABEL):
        figure = training_curves(found, ["minilm lora"], "loss", DATA)
    assert shown(figure)[0].get_ylim()[1] == pytest.approx(1.06 * math.log(2))
    assert "a probability of a half for each label" in [text.get_text() for text in figure.legends[0].texts]


def test_panels_of_a_label_count_share_the_loss_axis_and_texts_stay_apart(tmp_path):
    rows = [("an-organisation/a-rather-long-model-name", "qlora"), ("minilm", "lora"), ("bert", "full")]
    found = points(tmp_path, rows=rows, num_labels=(2, 4), train_sizes=(64,), seeds=(0,))
    figure = training_curves(found, list(dict.fromkeys(point.row for point in found)), "loss", DATA)
    figure.draw_without_rendering()
    panels = shown(figure)
    assert len(panels) == 6
    for labels in (2, 4):
        assert len({axes.get_ylim() for axes in panels if f"{labels} labels" in axes.get_title()}) == 1
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in panels] + [figure.legends[0].get_window_extent(renderer)]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
