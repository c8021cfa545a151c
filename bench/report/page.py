"""The report: tables, figures, and the page that shows them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.report import tables
from bench.report.frame import Expected, cells_frame, summary_frame
from bench.report.heatmap import heatmap
from bench.report.markdown import environment
from bench.report.scaling import scaling_curves
from bench.report.style import save
from bench.report.wording import METRICS
from bench.results.record import Status
from bench.results.store import write_atomically

PAGE = "index.md"
TEMPLATES = Path(__file__).parent / "templates"
FIGURES = {"heatmap": heatmap, "scaling": scaling_curves}
SHOWN = {"test_accuracy": "accuracy", "test_macro_f1": "macro_f1"}
"""Metrics that are drawn and tabulated, and their part of a file's name."""


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it: file name without suffix, and what it says to those who can't see it."""

    name: str
    text: str


@dataclass(frozen=True)
class Part:
    """One data set's figures and tables."""

    data: str
    pictures: list[Picture]
    sections: list[tables.Section]


def write_report(expected: Sequence[Expected], folder: Path, title: str) -> Path:
    """Write the report on `expected` to `folder` and return its page, `index.md`.

    Beside it: `results.csv` (`cells_frame`), `summary.csv` (`summary_frame`) and a heatmap and scaling curves for
    each metric, as PNG and SVG; with several data sets, each has figures of its own, named after it. Each file is
    replaced whole and the page last, so an interrupted report leaves a page that is whole, and the page shows
    only what this call made. Raises ValueError where `expected` is empty or ambiguous (see `cells_frame`).
    """
    if not expected:
        raise ValueError("there is nothing to report: the grid has no cells")
    cells = cells_frame(expected)
    summary = summary_frame(cells)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("results.csv", cells), ("summary.csv", summary)):
        write_atomically(folder / name, frame.to_csv(index=False, lineterminator="\n").encode())
    suffixes = name_suffixes([str(data) for data in cells["data"].cat.categories])
    parts = [_part(cells, summary, folder, data, suffix) for data, suffix in suffixes.items()]
    page = environment(str(TEMPLATES)).get_template(f"{PAGE}.j2").render(_context(cells, parts, title))
    write_atomically(folder / PAGE, page.encode())
    return folder / PAGE


def name_suffixes(data_sets: Sequence[str]) -> dict[str, str]:
    """What is added to the names of each data set's figures: nothing for a single one, else its name made safe."""
    if len(data_sets) == 1:
        return {data_sets[0]: ""}
    suffixes: dict[str, str] = {}
    for data in data_sets:
        safe = re.sub(r"[^A-Za-z0-9-]+", "_", data).strip("_")[:60]
        suffix, number = f"_{safe}", 2
        while suffix.lower() in map(str.lower, suffixes.values()):
            suffix, number = f"_{safe}_{number}", number + 1
        suffixes[data] = suffix
    return suffixes


def _part(cells: pd.DataFrame, summary: pd.DataFrame, folder: Path, data: str, suffix: str) -> Part:
    """Draw one data set's figures and make its tables."""
    cells, summary = cells[cells["data"] == data], summary[summary["data"] == data]
    pictures, sections = [], []
    for metric, short in SHOWN.items():
        for kind, draw in FIGURES.items():
            name = f"{kind}_{short}{suffix}"
            save(draw(cells, metric), folder, name)
            pictures.append(Picture(name, _picture_text(kind, metric, data, cells)))
        sections += tables.result_tables(summary, metric)
    return Part(data, pictures, sections)


def _picture_text(kind: str, metric: str, data: str, cells: pd.DataFrame) -> str:
    rows = ", ".join(str(row) for row in cells["row"].cat.categories if (cells["row"] == row).any())
    what = {
        "heatmap": f"Heatmap of {METRICS[metric]} on {data}, models by label counts and training sizes",
        "scaling": f"Curves of {METRICS[metric]} on {data} against training size, a panel a label count",
    }[kind]
    return f"{what}. Rows: {rows}. The numbers are in the tables below."


def _context(cells: pd.DataFrame, parts: list[Part], title: str) -> dict[str, Any]:
    gaps, left_out = tables.gap_table(cells)
    return {
        "title": title,
        "n_cells": len(cells),
        "n_ok": int((cells["status"] == Status.OK.value).sum()),
        "counts": tables.status_counts(cells),
        "parts": parts,
        "gaps": gaps,
        "left_out": left_out,
        "protocol": tables.protocol(cells),
        "versions": tables.versions(cells),
    }
