"""The card that is sent: that of the folder, its header completed and held against what was measured."""

import math
import re
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from bench.errors import UserError, said
from bench.escape.literals import double_quoted
from bench.escape.markdown import code
from bench.kind import SINGLE_LABEL
from bench.metrics.table import COMPARED
from bench.models.header import header, scores_of
from bench.models.kept import CARD
from bench.publish.model import Model
from bench.publish.options import NO_BASE, Wanted
from bench.results.regular import MEGABYTE, read_regular

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCard

_BEGINS = re.compile(r"\s*---[ \t]*(?=\r?\n)")
ROUNDING = 5.1e-5
"""Cards of earlier versions had four digits."""


def published_card(model: Model, wanted: Wanted) -> "ModelCard":
    """The card of `model`, as it is sent.

    Raises UserError where its header can't be read, or gives scores that were not measured.
    """
    card = _read(model)
    if model.record is not None:
        _complete(card, model)
    elif model.refit is not None:
        _check_expected(card, model)
    if model.conversion is not None:
        _say_converted(card, model.conversion.form)
    if wanted.licence is not None:
        card.data["license"], card.data["license_name"] = wanted.licence, None
    _name_base(card, model, wanted)
    return _parsed(str(card), model)  # what the library writes, it can read


def results_of(card: "ModelCard") -> "list[EvalResult]":
    """The scores in the header."""
    return list(card.data.get("eval_results") or [])


def title_of(card: "ModelCard") -> str:
    """The card's first heading; "" where it has none."""
    return next((row.lstrip("# ") for row in card.text.splitlines() if row.startswith("# ")), "")


def _read(model: Model) -> "ModelCard":
    path = model.folder / CARD
    try:
        text = read_regular(path, MEGABYTE * 16).decode("utf-8-sig")  # as Windows' editor writes it
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {said(error)}") from error
    if _BEGINS.match(text) is None:
        return _parsed(text, model)
    card = _parsed(_BEGINS.sub("---", text, count=1), model)
    if _BEGINS.match(card.text) and not card.data.to_dict():
        raise UserError(f"{path} begins a header with --- that no second --- ends: put one below it")
    return card


def _parsed(text: str, model: Model) -> "ModelCard":
    from huggingface_hub import ModelCard

    try:
        card = ModelCard(text)
        for result in results_of(card):
            value, args = result.metric_value, result.dataset_args
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"model-index: {value!r} of {result.metric_type} is no number")
            if not isinstance(args, dict | None):
                raise ValueError(f"model-index: args of {result.dataset_name} are no names with values")
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"the header of {model.folder / CARD} is none that the hub can read: {reason}") from error
    return card


def _complete(card: "ModelCard", model: Model) -> None:
    """Add what the header lacks. What its owner wrote stays, but for scores that are others than the record's."""
    assert model.kept is not None
    assert model.record is not None
    made = header(model.kept, model.record, scores_of(model.record, model.kept.kind))
    own = results_of(card)
    for result in made.eval_results or []:
        same = [each for each in own if _measures_the_same(each, result)]
        _refuse_other(same, result.metric_value, f"{result.metric_name} of the record is", model)
        own = [each for each in own if each not in same]
    for name, value in made.__dict__.items():
        if card.data.get(name) is None:
            card.data[name] = value
    card.data["eval_results"] = [*(made.eval_results or []), *own] or None


def _measures_the_same(one: "EvalResult", other: "EvalResult") -> bool:
    """Whether the hub shows both as one: a header says once what the data set is, for all scores on it."""
    shown = ("unique_identifier", "metric_type", "metric_name", "metric_args", "metric_config")
    return all(getattr(one, name) == getattr(other, name) for name in shown)


def _say_converted(card: "ModelCard", form: str) -> None:
    """Its scores were measured before the conversion, and it has all weights."""
    for result in results_of(card):
        name, said_so = result.metric_name or result.metric_type, f", before it was converted to {form}"
        result.metric_name = f"{name.removesuffix(said_so)}{said_so}"  # it may have been published already
    if card.data.get("base_model_relation") == "adapter":
        card.data["base_model_relation"] = "finetune"


def _check_expected(card: "ModelCard", model: Model) -> None:
    """Raise UserError where the card gives another mean of the cells than they had."""
    assert model.refit is not None
    kind = SINGLE_LABEL if model.kept is None else model.kept.kind
    label = COMPARED[kind][model.refit.metric].label
    same = [each for each in results_of(card) if (each.metric_name or "").startswith(f"{label}, mean of ")]
    _refuse_other(same, model.refit.expected["estimate"], f"the cells' mean {label} is", model)


def _refuse_other(results: "list[EvalResult]", measured: float, what: str, model: Model) -> None:
    for result in results:
        if abs(float(result.metric_value) - measured) > ROUNDING:
            raise UserError(
                f"{model.folder / CARD} gives {result.metric_value:g} as {result.metric_name}, and {what} "
                f"{measured:.4g}: correct its model-index"
            )


def _name_base(card: "ModelCard", model: Model, wanted: Wanted) -> None:
    """Have the card name the base as it is called on the hub, in its code, too."""
    if wanted.base_id is None:
        return
    if wanted.base_id == NO_BASE:
        for name in ("base_model", "base_model_relation"):
            card.data.pop(name)
        return
    base: Any = model.base
    card.data["base_model"] = wanted.base_id
    if base is not None and base.source == "hub" and base.id != wanted.base_id:
        for form in (code, double_quoted):
            card.text = card.text.replace(form(base.id), form(wanted.base_id))
        if base.revision is not None:  # a commit of the other name
            for lead, form in ((", revision ", code), (r",\s*revision=", double_quoted)):
                card.text = re.sub(lead + re.escape(form(base.revision)), "", card.text)
