"""The grid fits the labels, how much there is, and the machine."""

from pathlib import Path

import pytest
import yaml

from bench.init.files import experiment_file
from bench.init.grid import Machine, propose
from tests.support import cli

CPU, GPU = Machine(0, "reachable"), Machine(1, "reachable")


def sizes_by_row(counts: list[int], place: Machine, here: Path) -> dict[str, list[str]]:
    """The training sizes that a sweep of the experiment takes, by model and method."""
    (here / "conf/experiment").mkdir(parents=True)
    written = experiment_file("sms_spam", propose(counts, place), {})
    (here / "conf/experiment/mine.yaml").write_text(written)
    found: dict[str, list[str]] = {}
    for config in cli.composed("-m", "+experiment=mine", "seed=0"):
        method = f" {config['method']['name']}" if config["model"]["name"] == "minilm" else ""
        found.setdefault(config["model"]["name"] + method, []).append(str(config["train_size"]))
    return found


def test_all_rows_have_the_sizes_that_there_are_examples_for(here: Path) -> None:
    found = sizes_by_row([300, 300], CPU, here)
    assert set(found) == {"majority", "tfidf_sgd", "tfidf_logistic", "minilm linear_probe", "minilm lora"}
    assert set(map(tuple, found.values())) == {("32", "128", "all")}


def test_slow_rows_stop_early_on_a_cpu(here: Path) -> None:
    found = sizes_by_row([500_000, 500_000], CPU, here)
    assert found["majority"] == found["tfidf_sgd"] == ["32", "2048", "131072", "all"]
    assert found["tfidf_logistic"] == found["minilm linear_probe"] == found["minilm lora"] == ["32", "2048"]


def test_a_gpu_trains_on_all_of_it_and_tries_larger_models(here: Path) -> None:
    found = sizes_by_row([50_000, 50_000], GPU, here)
    assert set(map(tuple, found.values())) == {("32", "512", "32768", "all")}
    assert {"bert_base", "qwen2_5_1_5b"} <= set(found)


@pytest.mark.parametrize(
    ("counts", "training"),
    [([30, 10], {"class_weight": "balanced", "best_metric": "macro_f1"}), ([29, 10], None)],
)
def test_unequal_labels_are_weighted_and_chosen_by_macro_f1(counts: list[int], training: dict[str, str] | None) -> None:
    content = yaml.safe_load(experiment_file("mine", propose(counts, CPU), {}))
    assert content.get("training") == training


def test_without_the_hub_its_models_are_left_out() -> None:
    assert len(propose([300, 300], Machine(1, "none")).rows) == 5
