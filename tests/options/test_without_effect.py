"""What the command line gives has an effect on a cell of its grid, or is refused in one line with the reason."""

from pathlib import Path

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.metrics.table import MULTI_LABEL_METRICS
from bench.options.overrides import check_given, effective
from bench.options.without_effect import Point, why_without_effect
from tests.options.test_epochs import cells
from tests.support.cli import call, composed
from tests.support.methods import ALL

TASK = ("data=file", "data.name=topics", "num_labels=2", "train_size=16", "device=cpu")
REFUSED = {
    "model=tfidf_sgd training.max_length=64": "training.max_length=64 has no effect, for model=tfidf_sgd is",
    "model=tfidf_sgd method.r=16": "method.r=16 has no effect, for model=tfidf_sgd has no method",
    "model=tfidf_sgd tune.learning_rate=[1e-3]": "model=tfidf_sgd has no learning rate to try",
    "tune.trials=3": "tune.search names nothing to search",
    "tune.trials=0": "tune.search names nothing to search",
    "tune.prune=false": "tune.search names nothing to search",
    "tune.trials=0 tune.search.method.r=[1,2]": "tune.trials=0",
    "tune.search.method.C=[1,2]": "method=lora has none of its options (it has training.learning_rate, ",
    "model=majority tune.search.model.C=[1,2]": "model=majority has none of its options (it has none that can be)",
    "tune.search={method.r:[1,2],model.C:[1,2]}": "method=lora has no such option to search",
    "tune.search.method.r=[1,2] method.r=4": "tune.search looks for it",
    "model=minilm method=linear_probe training.num_train_epochs=3": "method=linear_probe is not trained by training.*",
    "model=minilm method=setfit training.learning_rate=1e-3": "it has options of its own, method.*",
    "model=minilm method=lora +method.quant_type=fp4": "method=lora has nothing in 4 bits",
    "model=minilm method=lora training.eval_steps=61": "60 steps are trained",
    "model=minilm method=lora training.eval_steps=61 training.early_stopping_patience=2": "validates after none",
    "model=minilm method=full model.learning_rate=1e-3": "it is that of method=lora and qlora",
    "model=minilm method=qlora model.precision=fp32": "method=qlora does not ask for it",
    "model=minilm method=lora data.prompt=x": "only method=zero_shot reads it",
    "model=minilm method=lora split.deduplicate=false split.conflicts=keep_first": "split.deduplicate=false compares",
    "model=minilm method=lora data.revision=main": "what a file or folder holds says it",
    "model=minilm method=lora data.config=x": "data.source=file reads no data set of the hub",
    "model=minilm method=lora data.text_part=first_line": "data.reader=class_folders has parts",
    "model=minilm method=lora training.num_train_epochs=2 training.default_epochs=3": "num_train_epochs says it",
    "model=minilm method=lora +training.max_length_asked=true": "the program fills it in",
    "model=minilm method=linear_probe engine=fused": "cannot be stacked",
    "model=minilm method=linear_probe method.C=[1.0] method.best_metric=brier": "method.C has one value",
    "model=tfidf_logistic model.C=[1.0] model.best_metric=brier": "model.C has one value",
    "model=majority training.class_weight=balanced": "model=majority does not learn from weighted labels",
    "model=majority training.thresholds=validation": "model=majority chooses nothing on validation examples",
    "model=minilm method=linear_probe +method.thresholds=validation": "training.thresholds says it, for every row",
    'model=smollm2_135m method=zero_shot data.prompt="{text}" training.thresholds=validation': "chooses nothing on",
    "model=tfidf_sgd +model.class_weight=balanced": "training.class_weight says it, for every row",
    "model=minilm method=linear_probe +method.class_weight=sqrt": "training.class_weight says it, for every row",
    "model=minilm method=lora fused.max_cells=4": "engine=fused does",
    "model=minilm method=lora fused.compile=blocks": "engine=fused does",
    "model=minilm method=lora engine=fused fused.compile=blocks fused.max_cells=1": "fused.max_cells=1 stacks no cells",
}


@pytest.fixture
def task(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"text {i},{'ab'[i % 2]}\n" for i in range(200)))
    folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    return (*TASK, f"data.path={tmp_path / 't.csv'}", *folders)


@pytest.mark.parametrize("words", REFUSED)
def test_refused(words: str, task: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    for mode in ((), ("-m", "seed=0,1"), ("-m", "command=plan")):
        if "engine" in words and not mode:
            continue
        assert call(*mode, *task, *words.split()) == 2
        err = capfd.readouterr().err
        assert err.count("\n") == 1, err
        assert REFUSED[words] in err


def test_a_single_cell_is_not_stacked(task: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert call(*task, "model=minilm", "method=lora", "engine=fused") == 2
    assert "engine=fused has no effect, for it stacks the cells of a sweep (-m)" in capfd.readouterr().err


def test_predictions_made_elsewhere_keep_no_model(
    task: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "made.csv").write_text("id,label\n1,sport\n")
    made = ("model=predictions", "model.name=made", f"model.path={tmp_path / 'made.csv'}")
    assert call(*task, *made, "save_model=true") == 2
    assert "save_model=true has no effect, for model=predictions has no model that" in capfd.readouterr().err


def test_secrets_are_masked(task: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    assert call(*task, "model=minilm", "method=lora", "data.config=https://me:secret@host/x") == 2
    assert "secret" not in capfd.readouterr().err


def points(*words: str) -> list[Point]:
    return [Point(content, to_cell(content)) for content in composed("-m", *words)]


@pytest.mark.parametrize(
    "words",
    [
        ("model=minilm,tfidf_sgd", "training.max_length=64", "save_model=true"),
        ("model=minilm", "method=lora,linear_probe", "training.num_train_epochs=3", "engine=fused"),
        ("model=tfidf_sgd", "training=spam_full", "method=qlora"),
        ("+experiment=stance_distilbert", "model=tfidf_sgd"),
        ("+experiment=demo", "method=linear_probe"),
        ("model=tfidf_sgd", "training.precision=null"),
        ("+experiment=demo", "method.C=[1.0]", "method=linear_probe"),
        ("model=minilm", "training.eval_steps=61", "train_size=16,1600"),
        ("model=majority,tfidf_sgd", "training.class_weight=none,balanced"),
        ("model=minilm", "method=linear_probe", "training.class_weight=oversample"),
        ("model=majority,tfidf_sgd", "training.thresholds=none,validation"),
        ("model=minilm", "training.max_length=64,128", "training.precision=fp32"),
    ],
)
def test_what_one_row_can_use_holds(words: tuple[str, ...]) -> None:
    """And what presets and experiments say is for the rows that can use it."""
    check_given(words, points(*words))


def test_thresholds_are_found_by_a_metric_that_no_validation_in_training_reads() -> None:
    for how, is_used in (("none", False), ("validation", True)):
        words = ("training.eval_steps=61", "training.best_metric=macro_f1", f"training.thresholds={how}")
        (point,) = points("model=minilm", *words)
        assert (why_without_effect("training.best_metric", point) is None) == is_used


def test_with_several_labels_thresholds_are_found_by_metrics_of_counts() -> None:
    """By macro F1 in place of the others, which then choose the weights of a training alone."""
    found = {}
    for metric in MULTI_LABEL_METRICS:
        words = ("training.eval_steps=1000", f"training.best_metric={metric}", "training.thresholds=shared")
        (point,) = points("model=minilm", "data=go_emotions_multi_label", "train_size=100", *words)
        found[metric] = why_without_effect("training.best_metric", point) is None
    assert {metric for metric, is_used in found.items() if is_used} == {"macro_f1", "micro_f1", "weighted_f1"}


def test_each_value_counts(task: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    words = ("model=minilm", "method=lora", "training.eval_steps=10,61")
    assert call("-m", *task, *words) == 2
    assert capfd.readouterr().err.startswith("error: training.eval_steps=61 has no effect")


def test_a_cell_of_a_mixed_grid_is_run_again_without_them() -> None:
    """Its command would be refused, or be another cell's."""
    words = ("model=minilm,tfidf_sgd", "training.max_length=64", "seed=3")
    overrides = [["model=minilm", *words[1:]], ["model=tfidf_sgd", *words[1:]]]
    again = [effective(these, point) for these, point in zip(overrides, points(*words), strict=True)]
    assert again == [overrides[0], ["model=tfidf_sgd", "seed=3"]]
    alone: list[Cell] = [cell for these in again for cell in cells(*these)]
    assert [cell.key for cell in alone] == [cell.key for cell in cells(*words)]


def test_every_method_keeps_a_model_but_predictions_made_elsewhere() -> None:
    assert [kind.__name__ for kind in ALL if kind.kept_as is None] == ["PredictionsConfig"]
