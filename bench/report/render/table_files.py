"""Every table of the report as CSV, Markdown and LaTeX files."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bench.escape.characters import visible_line
from bench.escape.filename import FileNames
from bench.escape.latex import latex
from bench.escape.sheet import guarded
from bench.escape.terminal import say
from bench.report.content.parts import Section, Titled, texts
from bench.report.render.numeric import spread
from bench.results.regular import FULL
from bench.results.store import write_atomically

FOLDER = "tables"


def named(sections: Iterable[tuple[Section, str]], names: FileNames | None = None) -> list[Section]:
    """The sections, given with the suffix of their data set, with a file name for each of their tables.

    `names` are those that the report's other tables have.
    """
    names = names or FileNames()
    made = []
    for section, suffix in sections:
        tables = [replace(one, name=names.take(one.name or one.title, suffix)) for one in section.tables]
        made.append(replace(section, tables=tables))
    return made


def write_tables(tables: Iterable[Titled], folder: Path) -> set[str]:
    """Write `folder`/tables/NAME.csv, .md and .tex for each table, which has a name (see `named`).

    A table that can't be written is said, and its name returned: it costs nothing else. Raises OSError where the disk
    is full.
    """
    target = folder / FOLDER
    failed: set[str] = set()
    for titled in tables:
        try:
            target.mkdir(parents=True, exist_ok=True)
            for suffix, text in (("csv", to_csv(titled)), ("md", to_markdown(titled)), ("tex", to_latex(titled))):
                write_atomically(target / f"{titled.name}.{suffix}", text.encode("utf-8", "backslashreplace"))
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            failed.add(titled.name)
            say(f"error: the table {titled.title!r} of the report could not be written: {error}", error=True)
    return failed


def to_csv(titled: Titled) -> str:
    """The table for machines: numbers in columns of their own (`numeric.spread`), in full precision; in texts, what a
    spreadsheet would take for a formula has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for line in spread(titled.table):
        writer.writerow([guarded(visible_line(" ".join(x.split()))) if isinstance(x, str) else x for x in line])
    return out.getvalue()


def to_markdown(titled: Titled) -> str:
    """The pipe table alone."""
    return f"{titled.table}\n"


def to_latex(titled: Titled) -> str:
    """A `table` environment for the package booktabs, with a caption; everything is escaped."""
    table = titled.table
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex(titled.title)}}}",
        rf"\label{{tab:{titled.name}}}",
        rf"\begin{{tabular}}{{{'l' * len(table.header)}}}",
        r"\toprule",
        _row(table.header),
        r"\midrule",
        *(_row(texts(line)) for line in table.lines),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(entries: Iterable[str]) -> str:
    return " & ".join(map(latex, entries)) + r" \\"
