"""The card that is sent: that of the folder, its header completed and held against what was measured."""

import math
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from bench.errors import UserError, said
from bench.escape.literals import double_quoted
from bench.escape.markdown import code
from bench.metrics.table import EVERY
from bench.models.header import header, scores_of
from bench.models.kept import CARD
from bench.publish.model import Model
from bench.publish.options import NO_BASE, Wanted
from bench.results.regular import MEGABYTE, read_regular

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCard

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
        text = read_regular(path, MEGABYTE * 16).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {said(error)}") from error
    return _parsed(text, model)


def _parsed(text: str, model: Model) -> "ModelCard":
    from huggingface_hub import ModelCard

    try:
        card = ModelCard(text)
        for result in results_of(card):
            if not isinstance(result.metric_value, int | float) or not math.isfinite(result.metric_value):
                raise ValueError(f"model-index: {result.metric_value!r} of {result.metric_type} is no number")
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
        same = [each for each in own if each.is_equal_except_value(result)]
        _refuse_other(same, result.metric_value, f"{result.metric_name} of the record is", model)
        own = [each for each in own if each not in same]
    for name, value in made.__dict__.items():
        if card.data.get(name) is None:
            card.data[name] = value
    card.data["eval_results"] = [*(made.eval_results or []), *own] or None


def _say_converted(card: "ModelCard", form: str) -> None:
    """Its scores were measured before the conversion, and it has all weights."""
    for result in results_of(card):
        result.metric_name = f"{result.metric_name or result.metric_type}, before it was converted to {form}"
    if card.data.get("base_model_relation") == "adapter":
        card.data["base_model_relation"] = "finetune"


def _check_expected(card: "ModelCard", model: Model) -> None:
    """Raise UserError where the card gives another mean of the cells than they had."""
    assert model.refit is not None
    label = EVERY[model.refit.metric].label
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
