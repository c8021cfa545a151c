"""The forms that a kept model is converted to, and which models have none. Imports nothing heavy."""

from typing import Literal

from bench.config import LinearProbeConfig
from bench.errors import UserError
from bench.extras import how_to_install, is_here
from bench.models.kept import KeptModel

Form = Literal["merged", "onnx", "onnx-int8"]
FORMS: tuple[Form, ...] = ("merged", "onnx", "onnx-int8")
ONNX: tuple[Form, ...] = ("onnx", "onnx-int8")

PACKAGES = ("onnx", "onnxruntime", "onnxscript")
"""What it takes to write and run ONNX."""
NO_NETWORK = {
    "arrays": "what it learnt are arrays of scikit-learn, no network: there is nothing to merge, or to export",
    "encoder": "it is a sentence encoder beside a classifier of scikit-learn, which are not one network",
    "prompt": "nothing was learnt: it asks the base model about each label, in more passes than one graph has",
}  # fmt: skip
"""Why there is no other form of what is kept so (`KeptAs`)."""


def check_form(kept: KeptModel, form: Form) -> None:
    """Raise UserError where `kept` has no such form, or packages are missing that it takes."""
    if (why := why_not(kept, form)) is not None:
        what = kept.model.name if kept.method is None else f"{kept.model.name} {kept.approach.label}"
        raise UserError(f"{what} can't be converted with --to {form}: {why}")
    missing = [package for package in PACKAGES if not is_here(package)] if form in ONNX else []
    if missing:
        raise UserError(f"--to {form} needs {missing[0]}: {how_to_install(missing[0])}")


def why_not(kept: KeptModel, form: Form) -> str | None:
    """Why `kept` has no such form; None where it may have one."""
    kept_as, method = kept.approach.kept_as, kept.method
    if kept_as in NO_NETWORK:
        return NO_NETWORK[kept_as]
    if kept.approach.own_tokens:
        return "it puts learnt tokens before each text, which are no change of weights and stand in no graph"
    if form == "merged" and kept_as == "whole":
        return "all weights are kept already: plain transformers loads the folder as it is, as its card shows"
    if isinstance(method, LinearProbeConfig):
        if form == "merged":
            return "transformers has no class for a regression on pooled features; --to onnx puts both into one graph"
        if method.max_windows is not None:
            return "a text's features are means over windows, which no graph has; without training.windows it can be"
    return None
