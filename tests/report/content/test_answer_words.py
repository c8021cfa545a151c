"""What the card says of ties, of what is cheaper, of what to check and of what to do next."""

import re
from pathlib import Path

import pytest

from bench.metrics.table import METRICS
from bench.report.content.amounts import gain_text, score_text
from bench.report.content.answer_card import card
from bench.report.content.answer_notes import Around
from bench.report.content.words import to_confirm
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.statistics.answers import Answer, answer
from bench.report.statistics.ceilings import Cost
from bench.report.statistics.power import Needed
from bench.report.statistics.significance import Verdicts
from tests.report import simulate
from tests.report.statistics.answers import exactly, grid_of

PLACE = (2, 32)


def cost(seconds: float) -> Cost:
    return Cost(
        train_seconds=seconds, total_seconds=seconds, price=None, memory_gib=1.0, texts_per_second=10.0,
        energy_wh=None, on_gpu=False, is_trained=True, without_features=False,
    )  # fmt: skip


def answered(shares: dict[str, list[float]], seconds: dict[str, float] | None = None) -> Answer:
    grid = grid_of({(row, *PLACE): exactly(seeds) for row, seeds in shares.items()})
    costs = {(row, *PLACE): cost(each) for row, each in (seconds or {}).items()}
    made = answer(Verdicts(grid, baseline="tfidf"), costs, PLACE)
    assert made is not None
    return made


def notes(found: Answer, baseline_cost: Cost | None = None) -> dict[str, str]:
    return dict(card(found, Around(name=str.upper, baseline="tfidf", baseline_cost=baseline_cost)).notes)


def test_a_row_that_is_behind_on_one_seed_is_not_said_to_be_level() -> None:
    said = notes(answered({"lora": [0.9, 0.9, 0.9], "gpt": [0.4], "tfidf": [0.6, 0.6, 0.6]}))
    assert "GPT" not in said.get("No significant difference", "")
    assert said["Behind"] == "GPT (40.0 %); with so few seeds that is not significant."


def test_a_row_that_is_level_is_said_to_be() -> None:
    said = notes(answered({"lora": [0.9, 0.92, 0.91], "probe": [0.91, 0.9, 0.9], "tfidf": [0.6, 0.6, 0.6]}))
    assert said["No significant difference"].startswith("PROBE (90.")
    assert "Behind" not in said


def test_what_is_given_up_is_said_without_negative_losses() -> None:
    shares = {"lora": [0.9, 0.93, 0.91], "probe": [0.9, 0.89, 0.91], "tfidf": [0.6, 0.6, 0.6]}
    said = notes(answered(shares, {"lora": 60.0, "probe": 1.0}))["Cheaper"]
    assert re.search(r"; \d\.\d points lower \(from \d\.\d higher to \d\.\d lower\)\.$", said), said


def test_scores_of_more_seeds_than_were_compared_do_not_stand_beside_the_difference() -> None:
    """84.7 % is not 17.4 points over 68.6 %: the row has seeds that the baseline lacks."""
    few = answered({"lora": [0.9, 0.92, 0.8, 0.8], "tfidf": [0.6, 0.6]}, {"lora": 60.0, "tfidf": 1.0})
    gain = card(few, Around(name=str.upper, baseline="tfidf")).facts[1]
    assert gain.value == "+31.0 points"
    assert gain.label.startswith("91.0 % against the 60.0 % of TFIDF on the 2 seeds that both have; 95 % interval ")
    same = answered({"lora": [0.9, 0.92], "tfidf": [0.6, 0.6]})
    assert card(same, Around(name=str.upper, baseline="tfidf")).facts[1].label.startswith("over the 60.0 % of TFIDF; ")
    shares = {"lora": [0.9, 0.93, 0.8], "probe": [0.89, 0.9], "tfidf": [0.6, 0.6, 0.6]}
    said = notes(answered(shares, {"lora": 60.0, "probe": 1.0}))["Cheaper"]
    assert " points lower on the 2 seeds that both have (from" in said


def test_a_perfect_score_is_to_be_checked() -> None:
    assert "rare: are test texts in training" in notes(answered({"lora": [1.0, 1.0], "tfidf": [0.6, 0.6]}))["Check"]
    assert "Check" not in notes(answered({"lora": [0.99, 0.98], "tfidf": [0.6, 0.6]}))


def test_what_is_too_good_is_looked_into_first() -> None:
    said = notes(answered({"lora": [1.0, 1.0], "tfidf": [0.99, 0.99]}))["Next"]
    assert said.startswith("Look for test texts in training, and for labels in the texts, before anything else. ")


def test_a_row_that_a_guess_may_equal_is_said_to_be_no_better() -> None:
    found = answered({"lora": [0.8, 0.8], "tfidf": [0.8, 0.8]})

    def check(share: float) -> str:
        around = Around(name=str.upper, baseline="tfidf", most_frequent=("spam", share))
        return dict(card(found, around).notes)["Check"]

    assert check(0.8).endswith("of the test texts. It is not sure that TFIDF is better than that.")
    assert check(0.3).endswith("is right in 30.0 % of the test texts.")


def test_a_row_alone_is_to_be_compared_with_a_simpler_one() -> None:
    assert notes(answered({"lora": [0.9]}))["Next"].startswith("Run a simpler row (TF-IDF, say) on the same examples")
    assert notes(answered({"tfidf": [0.9]}))["Next"].startswith("Run a fine-tuned row on the same examples, too")


def test_a_lead_that_is_more_than_what_was_measured_is_said_to_be() -> None:
    needed = Needed(0.01, None, None, "more than 50 seeds")
    assert to_confirm(needed, "1.0 points over B", 3, even=True) == (
        "Even a true lead of 1.0 points over B would take more than 50 seeds to confirm: go by cost instead."
    )
    assert to_confirm(needed, "1.0 points over B", 3).startswith("To confirm a lead of 1.0 points over B takes more")


@pytest.mark.parametrize(("share", "text"), [(0.7325, "73.3 %"), (0.73249, "73.2 %"), (0.0, "0.0 %"), (1.0, "100.0 %")])
def test_halves_are_rounded_as_the_page_s_scripts_do(share: float, text: str) -> None:
    assert score_text(share, METRICS["accuracy"]) == text


def test_a_difference_that_rounds_to_zero_has_no_sign() -> None:
    assert gain_text(-0.0004, METRICS["accuracy"]) == "0.0 points"
    assert gain_text(0.0425, METRICS["accuracy"]) == "+4.3 points"


def test_while_nothing_is_decided_the_baseline_is_named_with_what_it_takes() -> None:
    shares = {"lora": [0.7, 0.9, 0.8], "tfidf": [0.78, 0.8, 0.79]}
    assert notes(answered(shares, {"lora": 60.0, "tfidf": 2.0}), cost(2.0))["Cheaper"] == (
        "TFIDF: 79.0 % at 1/30 of the training time (2 s)."
    )
    decided = {"lora": [0.9, 0.92, 0.91], "tfidf": [0.6, 0.6, 0.6]}
    assert "Cheaper" not in notes(answered(decided, {"lora": 60.0, "tfidf": 2.0}), cost(2.0))


def test_a_baseline_without_a_result_is_not_said_to_be_none() -> None:
    found = answered({"lora": [0.9, 0.91, 0.92], "full": [0.5, 0.51, 0.52]})
    said = card(found, Around(name=str.upper, baseline="tfidf")).why
    assert said == "TFIDF has no result to compare it with here."
    assert card(found, Around(name=str.upper, baseline=None)).why == "There is no simpler baseline to compare it with."


def test_where_labels_are_unequal_the_card_says_what_guessing_gets(tmp_path: Path) -> None:
    cells = simulate.grid(tmp_path / "r", [("minilm", "lora"), ("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32,))
    simulate.run(cells, unequal=True, labels=("ordinary", "urgent"))
    text = write_report(cells, tmp_path / "a", ReportOptions("T", metric="accuracy")).with_name("index.md").read_text()
    assert "- Check: Always saying “ordinary” is right in 75.0 % of the test texts." in text
    text = write_report(cells, tmp_path / "b", ReportOptions("T", metric="macro_f1")).with_name("index.md").read_text()
    assert "Always saying" not in text.partition("## What was done")[0]
    simulate.run(cells, labels=("ordinary", "urgent"))
    text = write_report(cells, tmp_path / "c", ReportOptions("T", metric="accuracy")).with_name("index.md").read_text()
    assert "Always saying" not in text


@pytest.mark.parametrize(("seeds", "said"), [(1, "one does"), (2, "two do")])
def test_too_few_seeds_to_know_how_many_would_decide(seeds: int, said: str) -> None:
    found = answered({"lora": [0.62, 0.63][:seeds], "tfidf": [0.6, 0.62][:seeds]})
    assert found.decision == "undecided"
    assert notes(found)["Next"] == f"Run three seeds or more: {said} not show how many would decide."


def test_a_higher_mean_that_is_not_named_has_its_reason() -> None:
    """The row in front is too uneven over its seeds to be told apart from the baseline: that is why it is not named."""
    shares = {"lora": [0.60, 0.99, 0.75], "probe": [0.75, 0.76, 0.77], "tfidf": [0.7, 0.71, 0.72]}
    grid = grid_of({(row, *PLACE): exactly(seeds, 1000) for row, seeds in shares.items()})
    found = answer(Verdicts(grid, baseline="tfidf"), {}, PLACE)
    assert found is not None
    assert found.higher == "lora"
    assert card(found, Around(name=str.upper, baseline="tfidf")).why == (
        "It is significantly better than TFIDF. LORA (78.0 %) has a higher mean, but its lead over TFIDF may be chance."
    )
