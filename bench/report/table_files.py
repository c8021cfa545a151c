"""Every table of the report as CSV, Markdown and LaTeX files."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bench.report.content import Section, Titled, texts
from bench.results.store import write_atomically

FOLDER = "tables"
_NUMBER = re.compile(r"[+-]?[\d.,]+( ±<?[\d.,]+)?( \([\w ;,]*\))?")
_LATEX = {
    "±": r"$\pm$",
    "−": r"$-$",
    "→": r"$\rightarrow$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "√": r"$\surd$",
    "…": r"\ldots{}",
}


def named(sections: Iterable[tuple[Section, str]]) -> list[Section]:
    """The sections, given with the suffix of their data set, with a file name for each of their tables."""
    met: set[str] = set()
    made = []
    for section, suffix in sections:
        tables = []
        for titled in section.tables:
            name = _free(f"{titled.name or slug(titled.title)}{suffix}", met)
            met.add(name.lower())
            tables.append(replace(titled, name=name))
        made.append(replace(section, tables=tables))
    return made


def slug(title: str) -> str:
    """A title as a file name."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:80] or "table"


def _free(name: str, met: set[str]) -> str:
    number, free = 2, name
    while free.lower() in met:
        number, free = number + 1, f"{name}_{number}"
    return free


def write_tables(tables: Iterable[Titled], folder: Path) -> None:
    """Write `folder`/tables/NAME.csv, .md and .tex for each table, which has a name (see `named`)."""
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for titled in tables:
        for suffix, text in (("csv", to_csv(titled)), ("md", to_markdown(titled)), ("tex", to_latex(titled))):
            write_atomically(target / f"{titled.name}.{suffix}", text.encode())


def to_csv(titled: Titled) -> str:
    """The table as it is read; what a spreadsheet would take for a formula has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for line in (titled.table.header, *titled.table.lines):
        writer.writerow([safe_in_sheets(" ".join(text.split())) for text in texts(line)])
    return out.getvalue()


def safe_in_sheets(text: str) -> str:
    """`text` so that no spreadsheet runs it (OWASP, CSV injection); plain numbers may begin with a sign."""
    if _NUMBER.fullmatch(text) or not text.startswith(("=", "+", "-", "@")):
        return text
    return f"'{text}"


def to_markdown(titled: Titled) -> str:
    """The pipe table alone."""
    return f"{titled.table}\n"


def to_latex(titled: Titled) -> str:
    """A `table` environment for the package booktabs, with a caption; everything is escaped."""
    table = titled.table
    names = [f"column {place}" for place in range(len(table.header))]  # header names may repeat
    frame = pd.DataFrame([[_plain(text) for text in texts(line)] for line in table.lines], columns=names)
    caption = _latex(titled.title)
    written = frame.to_latex(
        index=False,
        escape=True,
        header=[_latex(name) for name in table.header],
        caption=caption,
        label=f"tab:{titled.name}",
    )
    return _symbols(written)


def _latex(text: str) -> str:
    """Text in a header or a caption, which pandas leaves as it is."""
    special = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
    return "".join(special.get(c, f"\\{c}" if c in "&%$#_{}" else c) for c in _plain(text))


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _symbols(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
