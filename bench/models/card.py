"""The model card of a kept model: data, labels, method, scores, licence, and how to load it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jinja2

from bench.cell import Cell
from bench.config import DataConfig, PeftConfig, TransformerConfig, ZeroShotConfig
from bench.config.model.tfidf import TfidfModel
from bench.config.thresholds import threshold_metric
from bench.config.tune import Range, Value
from bench.escape import shell
from bench.escape.literals import double_quoted
from bench.escape.markdown import code, escape
from bench.escape.templates import environment
from bench.kind import MULTI_LABEL
from bench.models.families import FAMILIES
from bench.models.header import as_yaml, header, line, scores_of
from bench.models.kept import KeptModel
from bench.models.prompts import CONTENT_FREE, after_label, around_text, joint_before_label, joint_of, words_of
from bench.models.scripts import UNSEPARATED
from bench.results.record import Record
from bench.results.scores import Evaluation

TEMPLATES = Path(__file__).parent / "templates"

EXAMPLE = "a text to classify"
"""Stands in the card's code where a user's text goes."""


def model_card(cell: Cell, record: Record, kept: KeptModel) -> str:
    """The card in Markdown, with a header that the hub reads. `record` is the cell's, and `ok`."""
    measured = record.measurements
    assert measured is not None
    return template("card.md.j2").render(
        cell=cell,
        kept=kept,
        record=record,
        measured=measured,
        scores=_scores(record),
        interval=wilson_interval(measured.test),
        data_source=data_source(cell.task.data),
        hyperparameters=hyperparameters(cell, measured.choices),
        **usage(kept, measured.choices),
        header=as_yaml(header(kept, record, scores_of(record, kept.kind))),
        threshold_metric=threshold_metric(cell.training or cell.approach, kept.kind),
    )


def template(name: str) -> jinja2.Template:
    """A template of a card. Markdown, not HTML: every text from elsewhere goes through a filter of `bench.escape`."""
    templates = environment(TEMPLATES, autoescape=False, keep_trailing_newline=True)
    templates.filters |= {
        "text": text,
        "code": code,
        "line": line,
        "word": shell.word,
        "literal": double_quoted,
    }
    return templates.get_template(name)


DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""What torch calls a precision."""


def usage(kept: KeptModel, choices: Mapping[str, Any]) -> dict[str, Any]:
    """What the card's part on how to use it is made of; `choices` are those that fitting made."""
    kept_as = kept.approach.kept_as
    assert kept_as is not None
    found: dict[str, Any] = {
        "use": "transformers" if kept.approach.by_gradients else kept_as,
        "pretrained": isinstance(kept.model, TransformerConfig),
        "example": EXAMPLE,
        "several": kept.kind == MULTI_LABEL,
    }
    if isinstance(kept.model, TfidfModel):
        module, call = kept.model.estimator
        return found | {
            "analyzer": choices["analyzer"],
            "unseparated": ascii(UNSEPARATED),
            "module": module,
            "call": call,
            "estimator": call.partition("(")[0],
        }
    method = kept.method
    if method is None or not isinstance(kept.model, TransformerConfig):
        return found
    if isinstance(method, ZeroShotConfig):
        around = around_text(method)
        found |= {
            "around": around,
            "joint": joint_before_label(method),
            "rest": after_label(method),
            "answers": [joint_of(after_label(method)) + answer for answer in method.answers],
            "words": [words_of(label, method) for label in kept.labels],
            "text_limit": choices.get("max_length", method.max_length),
            "content_free": CONTENT_FREE,
        }
    family, precision = FAMILIES[kept.model.family], kept.precision or getattr(method, "precision", None)
    return found | {
        "dtype": DTYPES.get(precision or "fp32", "float32"),
        "head": family.head,
        "quantized": method.quantization is not None,
        # peft rounds what it knows by no prefix of its own; a prompt is made for prediction, and not trained again
        "rounded": kept.precision != "fp32" and isinstance(method, PeftConfig) and not method.own_tokens,
        "one_by_one": method.own_tokens > 0 and family.causal,
    }


def text(value: Any) -> str:
    """`value` as plain text in Markdown, on one line."""
    return escape(line(value))


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


def data_source(data: DataConfig) -> str:
    """Where the examples came from, without a path of this machine."""
    if data.wheel is not None:
        return f"Python wheel {code(f'{data.wheel.package}=={data.wheel.version}')}"
    if data.source == "hub":
        parts = [code(line(data.id)), data.config and f"configuration {code(data.config)}"]
        return "hub data set " + ", ".join(part for part in parts if part)
    return f"{data.source} {code(Path(data.path).name)}" if data.path else data.source


def hyperparameters(cell: Cell, choices: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """All options of method and training that have a value, with what validation chose of them."""
    options = asdict(cell.approach)  # type: ignore[call-overload]
    if cell.training is not None:
        options |= asdict(cell.training)
    unused = cell.approach.idle_options()
    options = {name: value for name, value in options.items() if name not in ("name", "family", *unused)}
    options |= {f"{name}, chosen": choices[name] for name in ("C", "temperature", "analyzer") if name in choices}
    if cell.tune is not None and cell.tune.learning_rate:
        options["learning_rate"] = choices.get("learning_rate")
        options["tune.learning_rate"] = cell.tune.learning_rate
    if cell.tune is not None:
        options |= {f"{name}, searched": _searched(entry) for name, entry in cell.tune.search.items()}
        options |= {name.partition(".")[2]: value for name, value in choices.get("hyperparameters", {}).items()}
    shown = {name: ", ".join(map(str, v)) if isinstance(v, tuple) else v for name, v in options.items()}
    return [(name, value) for name, value in shown.items() if value is not None]


def _searched(entry: Range | tuple[Value, ...]) -> str:
    """ "1e-05 to 0.001", "4, 8, 16"."""
    return f"{entry.low:g} to {entry.high:g}" if isinstance(entry, Range) else ", ".join(map(str, entry))
