"""The section on the lengths of texts."""

from collections.abc import Sequence

from bench.report.content.parts import Section
from bench.report.content.wording import span_text
from bench.report.figures.token_lengths import length_histograms, texts_of_tokenizers
from bench.report.view import View
from bench.results.cut_texts import percent
from bench.results.measurements import Lengths


def section(view: View) -> Section | None:
    """How long texts are."""
    models = dict(zip(view.cells["row"].astype(str), view.cells["model"].astype(str), strict=True))
    shared = texts_of_tokenizers(view.measured, models)
    if not shared:
        return None
    text = f"Histograms of tokens per training text on {view.data_name}, a panel a tokenizer, with where texts are cut."
    picture = view.draw("lengths", length_histograms(shared, view.data_name), text)
    return Section("Lengths of texts", pictures=[picture], finding=_length([lengths for *_, lengths in shared]))


def _length(found: Sequence[Lengths]) -> str:
    """The median, and how many texts are cut, over tokenizers."""
    middle, cut = span_text(round(one.p50) for one in found), max(one.share_cut for one in found)
    said = "no text is cut" if cut == 0 else f"{percent(cut)} of all texts are cut"
    return f"Half of the texts have {middle} tokens or more; {said}{' at most' * (cut > 0 and len(found) > 1)}."
