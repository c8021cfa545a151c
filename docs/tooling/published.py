"""The page of published numbers, which reports draw beside ours."""

from collections.abc import Iterator

import pandas as pd

from bench.report.inputs.published import STUDIES, published
from docs.tooling.markdown import code, row
from docs.tooling.schema_table import head

COLUMNS = ("model", "method", "num_labels", "train_size", "metric", "value", "std", "n_test", "read_from")


def page() -> Iterator[str]:
    """Lines of Markdown."""
    yield "# All published numbers"
    yield "\nThey are the studies' own, not runs of this project. Reports of these experiments draw them beside ours.\n"
    for name, study in STUDIES.items():
        yield from (f"## {name}", "", f"{study.texts}: {study.protocol}.", "", *head([*COLUMNS]))
        for number in published(name)[[*COLUMNS]].itertuples(index=False):
            model, method, *others = map(_shown, number)
            yield row([code(model), code(method), *others])
        yield ""


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return "" if pd.isna(value) else f"{value:g}"
