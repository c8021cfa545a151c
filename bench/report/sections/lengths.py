"""The section on the lengths of texts."""

from bench.report.content.parts import Section
from bench.report.figures.token_lengths import length_histograms, texts_of_tokenizers
from bench.report.view import View


def section(view: View) -> Section | None:
    """How long texts are."""
    models = dict(zip(view.cells["row"].astype(str), view.cells["model"].astype(str), strict=True))
    shared = texts_of_tokenizers(view.measured, models)
    if not shared:
        return None
    text = f"Histograms of tokens per training text on {view.data_name}, a panel a tokenizer, with where texts are cut."
    return Section("Lengths of texts", pictures=[view.draw("lengths", length_histograms(shared, view.data_name), text)])
