"""The model card of a kept model: data, labels, method, scores, licence, and how to load it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.config import DataConfig, PeftConfig, TransformerConfig
from bench.config.thresholds import threshold_metric
from bench.escape import shell
from bench.escape.characters import visible_line
from bench.escape.literals import double_quoted, yaml
from bench.escape.markdown import code, escape
from bench.escape.secrets import masked
from bench.escape.templates import environment
from bench.models.families import FAMILIES
from bench.models.kept import KeptModel
from bench.results.record import Record
from bench.results.scores import Evaluation

TEMPLATES = Path(__file__).parent / "templates"

EXAMPLE = "a text to classify"
"""Stands in the card's code where a user's text goes."""


def model_card(cell: Cell, record: Record, kept: KeptModel) -> str:
    """The card in Markdown, with a header that the hub reads. `record` is the cell's, and `ok`."""
    assert record.measurements is not None
    # Markdown, not HTML: every text from elsewhere goes through a filter of `bench.escape`
    templates = environment(TEMPLATES, autoescape=False, keep_trailing_newline=True)
    templates.filters |= {
        "text": text,
        "code": code,
        "line": line,
        "word": shell.word,
        "literal": double_quoted,
        "yaml": yaml,
    }
    measured = record.measurements
    return templates.get_template("card.md.j2").render(
        cell=cell,
        kept=kept,
        record=record,
        measured=measured,
        scores=_scores(record),
        interval=wilson_interval(measured.test),
        data_source=_data_source(cell.task.data),
        hyperparameters=_hyperparameters(cell, record),
        pretrained=isinstance(kept.model, TransformerConfig),
        **_usage(kept),
        example=EXAMPLE,
        threshold_metric=threshold_metric(cell.training or cell.approach),
    )


LIBRARIES = {
    "adapter": "peft",
    "whole": "transformers",
    "arrays": "sklearn",
    "head": "sklearn",
    "encoder": "sentence-transformers",
    "prompt": "transformers",
}
"""What the hub calls the library that a kept model is of."""


def _usage(kept: KeptModel) -> dict[str, Any]:
    """What the card's part on how to use it is made of."""
    kept_as = kept.approach.kept_as
    assert kept_as is not None
    usage = {"library": LIBRARIES[kept_as], "use": "transformers" if kept.approach.by_gradients else kept_as}
    method = kept.method
    if method is None or not isinstance(kept.model, TransformerConfig):
        return usage
    family = FAMILIES[kept.model.family]
    return usage | {
        "head": family.head,
        "quantized": method.quantization is not None,
        # peft rounds what it knows by no prefix of its own; a prompt is made for prediction, and not trained again
        "rounded": kept.precision != "fp32" and isinstance(method, PeftConfig) and not method.own_tokens,
        "one_by_one": method.own_tokens > 0 and family.causal,
    }


def text(value: Any) -> str:
    """`value` as plain text in Markdown, on one line."""
    return escape(line(value))


def line(value: Any) -> str:
    """`value` on one line, secrets masked; nothing else of it is escaped."""
    return masked(visible_line(str(value)))


def wilson_interval(evaluation: Evaluation) -> tuple[float, float]:
    """The 95 % interval of an accuracy, from the number of test examples alone (Wilson 1927)."""
    from statsmodels.stats.proportion import proportion_confint

    count = evaluation.num_examples
    low, high = proportion_confint(evaluation.accuracy * count, count, method="wilson")
    return float(low), float(high)


def _scores(record: Record) -> list[tuple[str, Evaluation]]:
    """What is in the table of scores, and what it is called there."""
    measured = record.measurements
    assert measured is not None
    rows = [("test", measured.test), ("validation", measured.validation), ("training", measured.train)]
    if measured.before is not None:
        rows.append(("test, before training", measured.before.test))
    return [(name, scores) for name, scores in rows if scores is not None]


def _data_source(data: DataConfig) -> str:
    """Where the examples came from, without a path of this machine."""
    if data.wheel is not None:
        return f"Python wheel {code(f'{data.wheel.package}=={data.wheel.version}')}"
    if data.source == "hub":
        parts = [code(line(data.id)), data.config and f"configuration {code(data.config)}"]
        return "hub data set " + ", ".join(part for part in parts if part)
    return f"{data.source} {code(Path(data.path).name)}" if data.path else data.source


def _hyperparameters(cell: Cell, record: Record) -> list[tuple[str, Any]]:
    """All options of method and training that have a value, with what validation chose of them."""
    assert record.measurements is not None
    options = asdict(cell.approach)  # type: ignore[call-overload]
    if cell.training is not None:
        options |= asdict(cell.training)
    unused = cell.approach.idle_options()
    options = {name: value for name, value in options.items() if name not in ("name", "family", *unused)}
    choices = record.measurements.choices
    options |= {f"{name}, chosen": choices[name] for name in ("C", "temperature", "analyzer") if name in choices}
    if cell.tune is not None:
        options["learning_rate"] = choices.get("learning_rate")
        options["tune.learning_rate"] = cell.tune.learning_rate
    shown = {name: ", ".join(map(str, v)) if isinstance(v, tuple) else v for name, v in options.items()}
    return [(name, value) for name, value in shown.items() if value is not None]
