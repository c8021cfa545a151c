import math

import pandas as pd
import pytest

from bench.report.inputs.frame import cells_frame, summary_frame
from bench.report.inputs.published import (
    COLUMN_OF,
    NUMBERS,
    STUDIES,
    beside_ours,
    published,
    published_for,
    rows_of,
    same_size,
    with_own_points,
    with_rows,
)
from bench.results.record import Status
from tests.report import simulate

HUB = {"llama3_2_1b": "meta-llama/Llama-3.2-1B", "bert_base": "google-bert/bert-base-uncased"}


def test_every_published_experiment_and_metric_is_known():
    everything = pd.read_csv(NUMBERS)
    assert set(everything["experiment"]) == set(STUDIES)
    assert set(everything["metric"]) == set(COLUMN_OF)
    assert sum(len(published(experiment)) for experiment in STUDIES) == len(everything) == 274


def test_the_emotion_grid_is_whole():
    accuracy = published("go_emotions_grid", "test_accuracy")
    assert len(accuracy) == 4 * 4 * 3
    worst = accuracy.loc[accuracy["value"].idxmin()]
    assert (worst["model"], worst["num_labels"], worst["train_size"]) == ("google-bert/bert-base-uncased", 16, 800)
    assert (worst["value"], worst["n_test"]) == (0.0875, 80)
    assert worst["standard_error"] == pytest.approx(math.sqrt(0.0875 * 0.9125 / 80))
    assert accuracy["std"].isna().all()


def test_smoke_variants_have_the_numbers_of_their_experiment():
    pd.testing.assert_frame_equal(published("smoke/spam_scaling"), published("spam_scaling"))
    assert published("stance_distilbert").empty
    assert published_for("demo", []) is None


def test_only_shares_of_examples_have_a_binomial_error():
    numbers = published("ag_news_llama")
    known = numbers.groupby("metric")["standard_error"].apply(lambda errors: errors.notna().all())
    assert known.to_dict() == {
        "test_accuracy": True,
        "test_weighted_recall": True,
        "test_weighted_f1": False,
        "test_weighted_precision": False,
        "test_loss": False,
    }


def test_published_rows_find_ours_by_hub_id_and_method(tmp_path):
    rows = [("llama3_2_1b", "qlora r=4"), ("llama3_2_1b", "qlora r=16"), ("bert_base", "lora"), ("tfidf_sgd", None)]
    cells = [
        simulate.published_as(cell, HUB.get(cell.model, cell.model), (cell.method or cell.model).split()[0])
        for cell in simulate.grid(tmp_path, rows)
    ]
    ours = rows_of(cells)
    numbers = with_rows(published("go_emotions_grid", "test_accuracy"), ours)
    llama = numbers[numbers["model"] == "meta-llama/Llama-3.2-1B"]
    assert set(llama["row"]) == {"llama3_2_1b qlora r=4", "llama3_2_1b qlora r=16"}
    assert len(llama) == 24  # each number for each of our rows
    bert = numbers[numbers["model"] == "google-bert/bert-base-uncased"]
    assert bert["row"].isna().all()  # another method
    assert set(bert["name"]) == {"bert-base-uncased qlora"}
    spam = with_rows(published("spam_scaling"), ours)
    assert set(spam.loc[spam["model"] == "tfidf_sgd", "row"]) == {"tfidf_sgd"}


def test_answers_made_elsewhere_belong_to_their_model(tmp_path):
    (cell,) = simulate.grid(tmp_path, [("gpt-4", None)], num_labels=(4,), train_sizes=(0,), seeds=(0,), data="ag_news")
    known = published_for("ag_news_llama", [cell])
    assert set(known.numbers.loc[known.numbers["model"] == "gpt-4", "row"]) == {None}
    cell = simulate.published_as(cell, "gpt-4", "predictions")
    known = published_for("ag_news_llama", [cell])
    assert set(known.numbers.loc[known.numbers["model"] == "gpt-4", "row"]) == {"gpt-4"}


def compare(tmp_path, experiment, rows, status=lambda cell: Status.OK, num_test=300, **axes):
    cells = simulate.grid(tmp_path, rows, published_as=HUB, **axes)
    simulate.run(cells, status, num_test=num_test)
    frame = cells_frame(cells)
    summary = summary_frame(frame)
    numbers = published_for(experiment, cells).numbers
    return beside_ours(numbers[numbers["metric"] == "test_accuracy"], summary, frame), summary, frame


def test_ours_stands_beside_the_same_point(tmp_path):
    def status(cell):
        return {800: Status.OK, 1600: Status.OOM, 2400: None if cell.seed else Status.OK}[cell.train_size]

    axes = {"num_labels": (2,), "train_sizes": (800, 1600, 2400)}
    lines, summary, _ = compare(tmp_path, "go_emotions_grid", [("llama3_2_1b", "qlora")], status, **axes)
    ours = lines[lines["row"] == "llama3_2_1b qlora"]
    first, second, third, *others = ours.itertuples()
    point = summary[summary["train_size"] == 800].iloc[0]
    assert (first.mean, first.sd) == (point["test_accuracy_mean"], point["test_accuracy_sd"])
    assert first.difference == pytest.approx(point["test_accuracy_mean"] - 0.975)
    assert (first.tests, first.n_ok, first.n_expected) == ([300], 2, 2)
    assert (second.n_ok, second.not_ok) == (0, "oom")
    assert math.isnan(second.difference)
    assert (third.n_ok, third.not_ok) == (1, "missing")
    assert all(line.n_expected == 0 and math.isnan(line.mean) for line in others)  # label counts not in our grid
    assert lines.loc[lines["row"].isna(), "mean"].isna().all()


def test_sizes_that_differ_by_rounding_are_the_same(tmp_path):
    assert same_size(1046, 1044)
    assert not same_size(4, 5)
    assert not same_size(0, 4)
    cells = simulate.grid(
        tmp_path,
        [("gpt2", "last_block")],
        num_labels=(2,),
        train_sizes=(1044,),
        published_as={"gpt2": "openai-community/gpt2"},
    )
    simulate.run(cells)
    frame = cells_frame(cells)
    lines = beside_ours(published_for("gpt2_spam_last_block", cells).numbers, summary_frame(frame), frame)
    after = lines[lines["metric"] == "test_accuracy"].iloc[0]
    assert (after["train_size"], after["our_size"]) == (1046, 1044)
    assert after["mean"] > 0.5
    before = lines[lines["metric"] == "before_test_accuracy"].iloc[0]
    assert math.isnan(before["mean"])  # these records don't have it


def test_where_nothing_matches_our_points_at_published_sizes_stand_beside(tmp_path):
    axes = {"num_labels": (4, 5), "train_sizes": (160, 800)}
    lines, summary, frame = compare(tmp_path, "smoke/go_emotions_grid", [("minilm", "lora")], **axes)
    assert lines["mean"].isna().all()
    joined = with_own_points(lines, summary, frame)
    (own,) = joined.iloc[len(lines) :].itertuples()
    assert (own.row, own.num_labels, own.train_size) == ("minilm lora", 4, 800)
    assert math.isnan(own.value)
    assert joined.iloc[: len(lines)]["value"].tolist() == lines["value"].tolist()
