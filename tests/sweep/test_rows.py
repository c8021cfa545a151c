"""Rows of a grid that differ in an option are told apart by it."""

from bench.compose import to_cell
from bench.sweep.rows import row_names
from tests.support.cli import composed
from tests.test_cell import BASELINE, content


def names(*contents: dict) -> list[tuple[str, str | None]]:
    cells = [to_cell(one) for one in contents]
    by_key = row_names(cells)
    return [by_key[cell.key] for cell in cells]


def test_one_row_keeps_its_plain_name() -> None:
    assert names(content(), content(seed=1), content(train_size=64), content(num_labels=4)) == [("bert", "lora")] * 4
    assert names(content(model=BASELINE)) == [("tfidf_sgd", None)]


def test_labels_that_are_given_go_with_their_number() -> None:
    sets = {2: ["a", "b"], 3: ["a", "b", "c"]}
    grid = [content(num_labels=count, data__label_sets=sets) for count in (2, 3, 4)]
    assert names(*grid) == [("bert", "lora")] * 3


def test_options_that_differ_are_added() -> None:
    assert names(content(method__r=4), content(method__r=16), content(method={"name": "linear_probe"})) == [
        ("bert", "lora r=4"), ("bert", "lora r=16"), ("bert", "linear_probe"),
    ]  # fmt: skip
    assert names(content(training__learning_rate=1e-4), content(training__learning_rate=1e-3)) == [
        ("bert", "lora learning_rate=0.0001"), ("bert", "lora learning_rate=0.001"),
    ]  # fmt: skip


def test_what_tells_data_sets_apart_names_no_row() -> None:
    """Or no row would be on two of them: thresholds and splits are other ones where texts have several labels."""
    grid = ("model=tfidf_sgd", "num_labels=2", "train_size=16", "data=stance,sms_spam,go_emotions_multi_label")
    cells = [to_cell(one) for one in composed("-m", *grid)]
    assert len({cell.task.data.name for cell in cells}) == 3
    assert set(row_names(cells).values()) == {("tfidf_sgd", None)}
    cells = [to_cell(one) for one in composed("-m", *grid, "split=natural", "split.test_size=300,400")]
    assert set(row_names(cells).values()) == {("tfidf_sgd test_size=300", None), ("tfidf_sgd test_size=400", None)}


def test_options_of_peft_at_their_default_are_named_as_it() -> None:
    dora = {"name": "peft", "peft_type": "LORA", "called": "dora"}
    grid = [content(method=dora | {"options": {"use_dora": True} | more}) for more in ({"r": 4}, {"r": 8})]
    assert names(*grid) == [("bert", "dora r=4"), ("bert", "dora r=8")]
    patterns = [content(method=dora | {"options": more}) for more in ({"rank_pattern": {"query": 4}}, {"r": 4})]
    assert names(*patterns) == [
        ("bert", "dora rank_pattern={query:4} r=8"), ("bert", "dora rank_pattern={} r=4"),
    ]  # fmt: skip


def test_values_are_written_as_they_are_given() -> None:
    dora = [content(method__use_dora=whether) for whether in (True, False)]
    assert names(*dora) == [("bert", "lora use_dora=true"), ("bert", "lora use_dora=false")]
    lists = [content(method__target_modules=targets) for targets in (["query", "value"], ["key"])]
    assert names(*lists) == [("bert", "lora target_modules=[query,value]"), ("bert", "lora target_modules=[key]")]


def test_weights_of_labels_are_told_with_the_value_that_no_key_has() -> None:
    """And without the metric that goes with them."""
    grid = [content(training__class_weight=how, training__best_metric=None) for how in ("none", "balanced")]
    assert names(*grid) == [("bert", "lora class_weight=none"), ("bert", "lora class_weight=balanced")]
    probe = {"name": "linear_probe", "best_metric": None}
    assert names(*(one | {"method": probe} for one in grid)) == [
        ("bert", "linear_probe class_weight=none"), ("bert", "linear_probe class_weight=balanced"),
    ]  # fmt: skip
    assert names(*(one | {"model": BASELINE} for one in grid)) == [
        ("tfidf_sgd class_weight=none", None), ("tfidf_sgd class_weight=balanced", None),
    ]  # fmt: skip
    both = [content(training__class_weight="balanced", training__best_metric=metric) for metric in ("brier", "roc_auc")]
    assert names(*both) == [("bert", "lora best_metric=brier"), ("bert", "lora best_metric=roc_auc")]


def test_thresholds_and_weights_are_told_without_the_metric_that_goes_with_them() -> None:
    grid = [
        content(training__class_weight=weight, training__thresholds=how, training__best_metric=None)
        for weight, how in (("none", "none"), ("none", "validation"), ("sqrt", "validation"))
    ]
    assert names(*grid) == [
        ("bert", "lora thresholds=none class_weight=none"),
        ("bert", "lora thresholds=validation class_weight=none"),
        ("bert", "lora thresholds=validation class_weight=sqrt"),
    ]
    assert names(*(one | {"model": BASELINE} for one in grid[:2])) == [
        ("tfidf_sgd thresholds=none", None), ("tfidf_sgd thresholds=validation", None),
    ]  # fmt: skip


def test_a_baseline_carries_them_in_its_own_name() -> None:
    models = (dict(BASELINE, alpha=alpha) for alpha in (1e-4, 1e-5))
    assert names(*(content(model=model) for model in models)) == [
        ("tfidf_sgd alpha=0.0001", None), ("tfidf_sgd alpha=1e-05", None),
    ]  # fmt: skip


def test_names_tell_all_cells_of_a_point_apart() -> None:
    grid = [content(method__r=r, split__test_size=t) for r in (4, 16) for t in (100, 200)]
    assert len(set(names(*grid))) == 4
