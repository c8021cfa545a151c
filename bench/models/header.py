"""The header of a model's card: what the hub reads of it, scores on test examples among it (`model-index`)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.config import TransformerConfig
from bench.escape.characters import visible_line
from bench.escape.secrets import masked
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.metrics.table import COMPARED
from bench.models.kept import KeptModel
from bench.results.record import Record

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

TASK = "text-classification"
"""What the hub calls it."""
TAG = "finetune-bench"
LIBRARIES = {
    "adapter": "peft",
    "whole": "transformers",
    "arrays": "sklearn",
    "head": "sklearn",
    "encoder": "sentence-transformers",
    "prompt": "transformers",
}
"""What the hub calls the library that a kept model is of."""
RELATIONS = {"adapter": "adapter", "whole": "finetune", "encoder": "finetune"}
"""What the hub calls a kept model to its base."""
LICENCES = {
    "apache-2.0": "apache-2.0",
    "mit": "mit",
    "gemma terms of use": "gemma",
    "llama 3.2 community license": "llama3.2",
}
"""Licences of models by the name that the hub has for them."""
SHOWN: Mapping[Kind, Sequence[str]] = {
    SINGLE_LABEL: ("accuracy", "macro_f1", "weighted_f1"),
    MULTI_LABEL: ("accuracy", "macro_f1", "micro_f1", "lrap"),
}
"""The metrics that a card has."""
ORDER = ["library_name", "pipeline_tag", "base_model", "base_model_relation", "license", "license_name", "datasets"]
F1 = re.compile("(macro|micro|weighted|samples)_f1")
HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What was measured on test examples, by metric, and of what."""

    row: str
    values: Mapping[str, float]
    seeds: Sequence[int]
    """Of the cells whose mean the values are."""
    of: str = ""
    """Behind a metric's name, where the values are not those of the model itself."""


def header(kept: KeptModel, record: Record, scores: Scores) -> "ModelCardData":
    """The header of the card of a model that is of `record`'s data. Raises ValueError where the library refuses it."""
    from huggingface_hub import ModelCardData

    kept_as, model, data = kept.approach.kept_as, kept.model, _data(record)
    assert kept_as is not None
    base = model.id if isinstance(model, TransformerConfig) and model.source == "hub" else None
    dataset = hub_id(data)
    return ModelCardData(
        library_name=LIBRARIES[kept_as],
        pipeline_tag=TASK,
        base_model=None if base is None else line(base),
        base_model_relation=None if base is None else RELATIONS.get(kept_as),
        **licence(kept),
        tags=[TASK, TAG, *([line(kept.approach.label)] if kept.method is not None else [])],
        datasets=None if dataset is None else [dataset],
        model_name=line(f"{scores.row} on {data['name']}"),
        eval_results=results(kept.kind, record, scores) or None,
    )


def as_yaml(made: "ModelCardData") -> str:
    """The header in YAML, what is asked for most on top."""
    return made.to_yaml(original_order=ORDER)


def results(kind: Kind, record: Record, scores: Scores) -> "list[EvalResult]":
    """`scores` in the hub's words."""
    from huggingface_hub import EvalResult

    data = _data(record)
    dataset, task, metrics = hub_id(data), record.configuration.identity["task"], COMPARED[kind]
    assert record.measurements is not None
    drawn = {
        "split": task["split"]["name"],
        "labels": record.configuration.num_labels,
        "test_examples": record.measurements.examples.num_test,
        "seeds": list(scores.seeds),
    }
    return [
        EvalResult(
            task_type=TASK,
            dataset_type=dataset or line(data["name"]),
            dataset_name=line(data["name"]),
            dataset_config=data.get("config") if dataset else None,
            dataset_revision=commit(record.provenance.data_revision) if dataset else None,
            dataset_args=drawn,  # the examples are drawn by this program, from whichever of the source's own splits
            metric_type="f1" if F1.fullmatch(name) else name,
            metric_name=", ".join(filter(None, (metrics[name].label, scores.of))),
            metric_args={"average": found[1]} if (found := F1.fullmatch(name)) else None,
            metric_value=value,
        )
        for name, value in scores.values.items()
    ]


def licence(kept: KeptModel) -> dict[str, Any]:
    """The licence as the hub has it: that of the base model; of a model without one nothing is known."""
    if not isinstance(kept.model, TransformerConfig) or not kept.model.licence:
        return {"license": "unknown"}
    known = LICENCES.get(kept.model.licence.lower())
    return {"license": known} if known else {"license": "other", "license_name": line(kept.model.licence)}


def scores_of(record: Record, kind: Kind) -> Scores:
    """Those of a cell on its test examples."""
    assert record.measurements is not None
    test, configuration = record.measurements.test, record.configuration
    found = {name: value for name in SHOWN[kind] if (value := test.metric(name)) is not None}
    row = configuration.model if configuration.method is None else f"{configuration.model}-{configuration.method}"
    return Scores(row=row, values=found, seeds=(configuration.seed,))


def hub_id(data: Mapping[str, Any]) -> str | None:
    """The data set's id on the hub, by its identity; None where it is none of the hub's."""
    name = data.get("id")
    return name if data["source"] == "hub" and isinstance(name, str) and HUB_ID.fullmatch(name) else None


def commit(revision: str | None) -> str | None:
    """`revision` where it is a commit of the hub, and not the SHA-256 of files."""
    return revision if revision is not None and re.fullmatch("[0-9a-f]{40}", revision) else None


def _data(record: Record) -> Mapping[str, Any]:
    found: Mapping[str, Any] = record.configuration.identity["task"]["data"]
    return found


def line(value: Any) -> str:
    """`value` on one line, secrets masked; nothing else of it is escaped."""
    return masked(visible_line(str(value)))
