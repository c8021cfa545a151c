"""The card of a converted model: that of the kept one, with other code, and what the conversion changed."""

import re
from pathlib import Path

from bench.convert.about import About
from bench.errors import UserError, said
from bench.models.card import EXAMPLE, template, usage
from bench.models.kept import KeptModel

LIBRARIES = {"merged": "transformers", "onnx": "onnx", "onnx-int8": "onnx"}
"""What the hub calls the library that a form is of."""
USE, CONVERSION = "How to use it", "Conversion"


def converted_card(original: Path, about: About, kept: KeptModel, pad_token_id: int) -> str:
    """The card in Markdown. `original` is the kept model's, `kept` the model as one network; without an original, a
    card of the conversion alone.

    Raises UserError where `original` can't be read.
    """
    try:
        text = original.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the card {original} cannot be read: {said(error)}") from error
    if about.form == "merged":
        found = usage(kept, {})
    else:
        found = {"use": "onnx", "example": EXAMPLE, "several": kept.kind == "multi_label"}
    found |= {
        "kept": kept,
        "about": about,
        "cost": about.eight_bits,
        "pad": pad_token_id,
    }
    use = template("converted_use.md.j2").render(**found)
    changed = about.kept.approach.quantization is not None
    conversion = template("conversion.md.j2").render(**found | {"quantized": changed})
    return with_section(_with_library(text, LIBRARIES[about.form]), USE, use, behind=f"## {CONVERSION}\n\n{conversion}")


def _with_library(text: str, library: str) -> str:
    """`text` with another library in its header, if it has one; it is an adapter of its base no more."""
    header = re.match(r"---\n.*?^---$", text, re.MULTILINE | re.DOTALL)
    if header is None:
        return text
    changed = re.sub(r"^library_name: .*$", f"library_name: {library}", header[0], count=1, flags=re.MULTILINE)
    changed = re.sub("^base_model_relation: adapter$", "base_model_relation: finetune", changed, flags=re.MULTILINE)
    return changed + text[header.end() :]


def with_section(text: str, title: str, content: str, *, behind: str) -> str:
    """`text` in Markdown with another content of the section of this title, at its end where there is none; and with
    `behind` after it."""
    section = f"## {title}\n\n{content.strip()}\n\n{behind.strip()}\n\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(text) is None:
        return f"{text.rstrip()}\n\n{section}".lstrip()
    return pattern.sub(lambda _: section, text, count=1)
