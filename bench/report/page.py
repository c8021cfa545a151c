"""The report: tables, figures, and the page that shows them."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from bench.errors import said
from bench.escape.filename import FileNames
from bench.escape.markdown import environment
from bench.escape.sheet import frame_csv
from bench.escape.terminal import say
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.report import stamp
from bench.report.attempts import entries_or_said, made_or_said, make_sections, plain_or_said
from bench.report.content.context import about, labels_line, part_text, question
from bench.report.content.parts import Section, Titled
from bench.report.content.protocol import protocol
from bench.report.content.wording import metric_words, status_counts
from bench.report.figures.display import display_names
from bench.report.inputs.frame import NOT_NEEDED, ExpectedCell, cells_frame, row_order, summary_frame
from bench.report.inputs.mistakes import Texts
from bench.report.inputs.published import published_for
from bench.report.inputs.read_predictions import ReadPredictions, read_predictions
from bench.report.inputs.records import CellRecord, read_records
from bench.report.options import ReportOptions
from bench.report.render.details import details
from bench.report.render.document import TEMPLATES, anchored
from bench.report.render.html import first_card, render
from bench.report.render.publish import drawing_room, in_place, publish
from bench.report.render.table_files import named, write_tables
from bench.report.sections.ranks import ALL, overall_ranking
from bench.report.stamp import MARKDOWN, PAGE
from bench.report.statistics.metrics import labels_are
from bench.report.study.schema import FILE
from bench.report.study.study import as_json, compact, study
from bench.report.study.tidy import POINTS, points_frame, with_intervals
from bench.report.tables import results as tables
from bench.report.view import View, views
from bench.results.record import Record, Status
from bench.results.store import record_writes, write_atomically
from bench.running.garbage import gc_relaxed

ANSWERS_CACHE = ".answers.parquet"
GAPS = "cells_not_ok"
"""The name of a table that every report has."""


@dataclass(frozen=True)
class Part:
    """One data set's sections."""

    data: str
    suffix: str
    sections: list[Section]
    methods: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Of the intervals that these sections show (`protocol.Methods`)."""
    entries: list[dict[str, Any]] = field(default_factory=list)
    """What the first screen chooses from (`sections.answers.entries`)."""
    plain: Mapping[str, Any] | None = None
    """The same for machines (`study.data_set`); null for what is no data set, or could not be made so."""
    name: str = ""
    """What people call the data set."""
    kind: Kind = SINGLE_LABEL

    @property
    def has_failed(self) -> bool:
        """Whether something of it could not be made."""
        return any(section.failed for section in self.sections) or (self.plain is None and self.data != ALL)


def write_report(expected: Sequence[ExpectedCell], folder: Path, options: ReportOptions) -> Path:
    """Write the report on `expected` to `folder` and return its page, `index.html`.

    Beside it: the same as Markdown (`index.md`), `results.csv` (`cells_frame`), `summary.csv` (`summary_frame`, with
    intervals), `points.csv` (`study.tidy`), `report.json` (`study.schema`), the figures of `sections` as PNG and SVG,
    and in `tables` every table; with several data sets, each has figures of its own, named after it. All files are made
    before the first of an earlier report is replaced, and the pages are replaced last; the page shows only what this
    call made. A section that fails, whatever a record holds, is replaced by a line that says so, and a table whose
    files can't be written stands in the page alone. A report without such a section or table gets a stamp last
    (`stamp.unchanged_page`). Raises ValueError where `expected` is empty or ambiguous (see `cells_frame`), and OSError
    where the folder can't be written: then it is as it was.
    """
    if not expected:
        raise ValueError("there is nothing to report: the grid has no cells")
    # before anything is read
    made_of = stamp.fingerprint(expected, options)
    with drawing_room(folder) as new:
        stamp.forget(folder)
        found, cache = read_records(expected), folder / ANSWERS_CACHE
        with record_writes() as written, gc_relaxed():
            cells, read = cells_frame(expected, found), read_predictions(found, cache)
            parts = _make_parts(cells, found, read, new, options)
            texts = Texts()
            points = details(cells, found, read.library, texts)
            context = _context(cells, found, parts, options) | {"unreadable": tables.unreadable(read.unreadable)}
            context["unreadable_texts"] = tables.unreadable_texts(texts.unreadable.values())
            context["study"] = _write_study(new, parts, options)
            failed = _write_pages(new, context, parts, points)
        publish(new, folder, last=(MARKDOWN, PAGE))
        written = in_place(written, new, folder)
    _kept_or_said(lambda: read.keep(cache), "what was read of predictions cannot be kept, and is read again next time")
    if made_of is not None and not failed and not any(part.has_failed for part in parts):
        _kept_or_said(lambda: stamp.remember(folder, made_of, written), "the report has no stamp, and is drawn again")
    return folder / PAGE


def _kept_or_said(keep: Callable[[], None], else_said: str) -> None:
    """What only saves time may be lost: the page is there."""
    try:
        keep()
    except OSError as error:
        say(f"warning: {else_said}: {said(error)}", error=True)


def _make_parts(
    cells: pd.DataFrame,
    found: Mapping[ExpectedCell, CellRecord],
    read: ReadPredictions,
    folder: Path,
    options: ReportOptions,
) -> list[Part]:
    """The frames' files, and every data set's sections with their figures."""
    published = published_for(options.experiment or options.title, list(found))
    summary = summary_frame(cells)
    write_atomically(folder / "results.csv", frame_csv(cells))
    rows, parts, files = row_order(found), [], FileNames()
    files.take(GAPS)
    suffixes = name_suffixes([str(data) for data in cells["data"].cat.categories])
    of_data = views(cells, found, read, options, summary=summary, folder=folder, suffixes=suffixes, published=published)
    for view in of_data:
        made = named(((section, view.suffix) for section in make_sections(view)), files)
        entries, plain = entries_or_said(view), plain_or_said(view)
        parts.append(Part(view.data, view.suffix, made, _methods_of(view), entries, plain, view.data_name, view.kind))
    _write_points(folder, summary, of_data)
    if len(parts) > 1:
        suffix = name_suffixes([*(part.data for part in parts), ALL])[ALL]
        names = {row: view.name_of(row) for view in of_data for row in view.rows}
        make = partial(_ranks_of, of_data, rows, folder, suffix, name=names.__getitem__)
        with display_names(names):
            ranks = made_or_said("Ranks", ALL, make)
        parts += [Part(ALL, suffix, named([(ranks, suffix)], files))] if ranks is not None else []
    return parts


def _ranks_of(
    views: Sequence[View], rows: Sequence[str], folder: Path, suffix: str, *, name: Callable[[str], str]
) -> Section | None:
    """Ranks over all data sets, by the metric that decides on each."""
    metrics = list(dict.fromkeys(view.deciding.metric.label for view in views))
    return overall_ranking({view.data: view.compared for view in views}, metrics, rows, folder, suffix, name=name)


def _write_pages(folder: Path, context: dict[str, Any], parts: list[Part], points: dict[str, Any]) -> set[str]:
    """The tables' files and the two pages; returns the names of the tables that have no files."""
    blocks = anchored(
        [
            (section.title if len(parts) == 1 else f"{section.title}: {part.name or part.data}", section)
            for part in parts
            for section in part.sections
        ]
    )
    gaps = Titled("Failed or missing runs", context["gaps"], name=GAPS)
    failed = write_tables([*(titled for block in blocks for titled in block.section.tables), gaps], folder)
    shown = {**context, "gaps": gaps, "without_files": failed}
    entries = [one for part in parts for one in part.entries]
    kinds = {part.kind for part in parts if part.data != ALL}
    with labels_are(MULTI_LABEL if kinds == {MULTI_LABEL} else SINGLE_LABEL):
        page = render(shown, blocks, points, entries, folder)
    markdown = {**context, "first": first_card(entries)}
    text = environment(str(TEMPLATES)).get_template(f"{MARKDOWN}.j2").render(markdown)
    write_atomically(folder / MARKDOWN, text.encode())
    write_atomically(folder / PAGE, page.encode())
    return failed


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


def _write_points(folder: Path, summary: pd.DataFrame, views: Sequence[View]) -> None:
    """`summary.csv` and `points.csv`, with the intervals that the sections have made."""
    intervals = {view.data: view.known_intervals for view in views}
    write_atomically(folder / "summary.csv", frame_csv(with_intervals(summary, intervals)))
    frames = [points_frame(view.summary, view.cells, view.known_intervals, view.cost_points) for view in views]
    write_atomically(folder / POINTS, frame_csv(pd.concat(frames, ignore_index=True)))


def _write_study(folder: Path, parts: Sequence[Part], options: ReportOptions) -> dict[str, Any]:
    """Write `report.json`; return the form that the page embeds."""
    known = [{**part.plain, "answers": part.entries} for part in parts if part.plain is not None]
    failed = [part.data for part in parts if part.plain is None and part.data != ALL]
    whole = study(options, known, failed)
    write_atomically(folder / FILE, as_json(whole))
    # the page has the answers beside it
    return compact({**whole, "data_sets": [{**one, "answers": []} for one in whole["data_sets"]]})


def _methods_of(view: View) -> dict[str, dict[str, int]]:
    """How the intervals that the view has made came about, by what metrics are called with its labels."""
    counts = {metric: frame["method"].value_counts() for metric, frame in view.known_intervals.items()}
    with labels_are(view.kind):
        return {
            metric_words(metric).removeprefix("test "): {str(name): int(count) for name, count in found.items()}
            for metric, found in counts.items()
        }


def _methods(parts: Sequence[Part]) -> dict[str, Counter[str]]:
    """Those of all data sets together."""
    together: dict[str, Counter[str]] = {}
    for part in parts:
        for metric, counts in part.methods.items():
            together.setdefault(metric, Counter()).update(counts)
    return together


def _labels(found: Mapping[ExpectedCell, CellRecord]) -> list[str]:
    """The names of the most labels of a cell; none where there are several data sets, whose labels differ."""
    if len({cell.data for cell in found}) > 1:
        return []
    known = (record.measurements for record in found.values() if isinstance(record, Record))
    return max((list(one.examples.labels) for one in known if one is not None), key=len, default=[])


def _context(
    cells: pd.DataFrame, found: Mapping[ExpectedCell, CellRecord], parts: list[Part], options: ReportOptions
) -> dict[str, Any]:
    started = [record.provenance.started for record in found.values() if isinstance(record, Record)]
    gaps, left_out = tables.gap_table(cells)
    return {
        "title": options.title,
        "question": question([part.name or part.data for part in parts if part.data != ALL], cells),
        "about": [
            *about(options.title, cells, started, options.price_per_gpu_hour, options.currency),
            *([labels_line(labels)] if (labels := _labels(found)) else []),
        ],
        "done_finding": "The grid: rows, data, numbers of labels and examples, seeds.",
        "provenance_finding": "Protocol, versions, and the command that runs it again.",
        "rerun": options.rerun,
        "part": part_text(options.shard),
        "n_cells": int((cells["status"] != NOT_NEEDED).sum()),
        "n_ok": int((cells["status"] == Status.OK.value).sum()),
        "counts": status_counts(cells),
        "done": tables.what_was_done(cells),
        "parts": parts,
        "gaps": gaps,
        "left_out": left_out,
        "protocol": protocol(cells, _methods(parts)),
        "versions": tables.versions(cells),
    }
