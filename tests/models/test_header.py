"""The header of a card: what it takes from record and model, and that the hub's library reads it as it was meant."""

from dataclasses import replace

import pytest
from huggingface_hub import ModelCard

from bench.cell import identity
from bench.compose import to_cell
from bench.models.header import as_yaml, header, scores_of
from bench.models.kept import describe
from tests.report import simulate
from tests.support.cli import composed

LABELS = ("ham", "spam")


@pytest.fixture
def data(tmp_path):
    """What the library reads of the header of a cell, with options of its model changed."""

    def of(*words, commit=None, **model):
        (config,) = composed("num_labels=2", "train_size=32", *words)
        cell = to_cell(config)
        cell = replace(cell, model=replace(cell.model, **model))
        (expected, *_) = simulate.grid(tmp_path, [("minilm", "lora")], num_labels=(2,))
        record = simulate.write(expected, names=LABELS)
        configuration = record.configuration.model_copy(update={"identity": identity(cell)})
        provenance = record.provenance.model_copy(update={"data_revision": commit})
        record = record.model_copy(update={"configuration": configuration, "provenance": provenance})
        kept = describe(cell, LABELS)
        made = header(kept, record, scores_of(record, kept.kind))
        return ModelCard(f"---\n{as_yaml(made)}\n---\n").data, record

    return of


def test_a_data_set_of_the_hub_is_named(data):
    commit = "a" * 40
    found, record = data("model=bert_base", "method=lora", "data=sms_spam", commit=commit)
    assert found["datasets"] == ["ucirvine/sms_spam"]
    result = found["eval_results"][0]
    assert (result.dataset_type, result.dataset_name, result.dataset_revision) == (
        "ucirvine/sms_spam",
        "sms_spam",
        commit,
    )
    assert result.dataset_split is None  # the examples are drawn by the program
    assert result.metric_value == record.measurements.test.accuracy
    assert [each.metric_args for each in found["eval_results"][1:]] == [{"average": "macro"}, {"average": "weighted"}]
    assert (found["base_model"], found["base_model_relation"]) == ("google-bert/bert-base-uncased", "adapter")
    assert found["tags"] == ["text-classification", "finetune-bench", "lora"]
    found, _ = data("model=bert_base", "method=lora", "data=sms_spam", commit="b" * 64)  # of files in a folder
    assert found["eval_results"][0].dataset_revision is None


@pytest.mark.parametrize(
    ("words", "model", "licence"),
    [
        (("model=bert_base", "method=full"), {}, ("apache-2.0", None)),
        (("model=llama3_2_1b", "method=lora"), {}, ("llama3.2", None)),
        (("model=gemma3_270m", "method=lora"), {}, ("gemma", None)),
        (("model=bert_base", "method=lora"), {"licence": "Ours 1.0"}, ("other", "Ours 1.0")),
        (("model=bert_base", "method=lora"), {"licence": ""}, ("unknown", None)),
        (("model=tfidf_sgd",), {}, ("unknown", None)),
    ],
)
def test_the_licence_is_that_of_the_base(words, model, licence, data):
    found, _ = data(*words, "data=bbc_headlines", **model)
    assert (found["license"], found["license_name"]) == licence
    assert found["datasets"] is None
    assert found["eval_results"][0].dataset_type == "bbc_headlines"


def test_a_base_out_of_a_wheel_is_none_of_the_hub(data):
    found, _ = data("model=minilm", "method=linear_probe", "data=bbc_headlines")
    assert (found["base_model"], found["library_name"]) == (None, "sklearn")
