"""The comparison as a page: the report's own frame, styles and tables, with what changed in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.metrics.table import ACCURACY
from bench.report.compare.points import Comparison
from bench.report.compare.provenance import ChangedOption, Origin, changed_options, origins
from bench.report.compare.tables import options_table, origins_table, points_table, rows_table
from bench.report.compare.words import alternative, card, finding_of_points, finding_of_rows, origin_text
from bench.report.content.parts import Picture, Section, Titled
from bench.report.content.wording import capitalised
from bench.report.figures import style
from bench.report.figures.changes import before_after_lines, change_heatmap, drawn_points
from bench.report.inputs.records import CellRecord, ExpectedCell
from bench.report.render.document import Block, Document, Fold, anchored
from bench.report.render.publish import drawing_room, publish
from bench.report.render.table_files import named, write_tables
from bench.report.sections.answers import as_dict
from bench.report.stamp import MARKDOWN, PAGE
from bench.report.statistics.changes import PointChange
from bench.results.record import Record
from bench.results.store import write_atomically
from bench.wording import counted

SCRIPTS = ("theme", "page", "tables", "folds", "edges", "last")
LINES, HEATMAP = "changes", "difference"


@dataclass(frozen=True)
class Sets:
    """The two folders that were compared, and what they are called."""

    a: Path
    b: Path
    notes: tuple[str, ...] = ()
    """What was left out."""

    @property
    def names(self) -> tuple[str, str]:
        """The last parts of the folders' names in which they differ."""
        one, other = self.a.absolute().parts, self.b.absolute().parts
        pairs = zip(reversed(one), reversed(other), strict=False)
        return next(((a, b) for a, b in pairs if a != b), (one[-1], other[-1]))

    @property
    def folder_name(self) -> str:
        """What a folder on the two is called."""
        return "-to-".join(re.sub(r"[^A-Za-z0-9.]+", "_", name).strip("_.")[:60] or "records" for name in self.names)


def write_page(found: Comparison, sets: Sets, folder: Path) -> Path:
    """Write the page on `found` to `folder` and return it, `index.html`.

    Beside it: its figures as PNG and SVG, and in `tables` every table. All files are made before the first of an
    earlier page is replaced. Raises OSError where the folder can't be written: then it is as it was.
    """
    with drawing_room(folder) as new:
        told = origins(found.before, found.after)
        options = changed_options(found.before, found.after, found.row_names)
        pictures = _draw_lines(found, sets, new)
        blocks = anchored(
            [(one.title, one) for one in named((one, "") for one in _sections(found, told, options, new))]
        )
        failed = write_tables([titled for block in blocks for titled in block.section.tables], new)
        shown = {"card": as_dict(card(found, told, options)), "pictures": pictures, "without_files": failed}
        page = _render({**_context(found, sets), **shown}, blocks, new)
        write_atomically(new / PAGE, page.encode())
        publish(new, folder, last=(MARKDOWN, PAGE))
    return folder / PAGE


def _render(context: dict[str, Any], blocks: list[Block], folder: Path) -> str:
    document = Document(context, folder)
    bodies = {one.anchor: document.section(one) for one in blocks}
    bodies["files"] = document.body("compare_files.html.j2", "files", names=_files(context["pictures"], blocks))
    folds = [Fold(one.anchor, one.title, one.section.finding) for one in blocks]
    folds.append(Fold("files", "Files", "Everything on this page as CSV, Markdown, LaTeX, PNG and SVG."))
    return document.render("compare.html.j2", folds, bodies, SCRIPTS, metrics={})


def _files(pictures: list[Picture], blocks: list[Block]) -> list[str]:
    drawn = [*pictures, *(one for block in blocks for one in block.section.pictures)]
    return [f"{one.name}.{suffix}" for one in drawn for suffix in ("png", "svg")]


def _context(found: Comparison, sets: Sets) -> dict[str, Any]:
    a, b = sets.names
    sides = ((f"A, before: {sets.a}", found.before), (f"B, after: {sets.b}", found.after))
    return {
        "title": f"{a} and {b}",
        "question": f"What changed between {a} and {b}?",
        "about": [f"{name}: {_records(cells)}." for name, cells in sides],
        "notes": sets.notes,
    }


def _records(cells: dict[ExpectedCell, CellRecord]) -> str:
    """How many records a side has, and from when."""
    days = sorted({record.provenance.started[:10] for record in cells.values() if isinstance(record, Record)})
    when = f", {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "") if days else ""
    return f"{counted(len(cells), 'record')}{when}"


def _draw_lines(found: Comparison, sets: Sets, folder: Path) -> list[Picture]:
    """The figures of the first screen, one for each metric that points are compared by; none where the sets have no
    point in common."""
    made: list[Picture] = []
    for name in dict.fromkeys(each.metric.name for each in found.decidings.values()):
        own = [one for one in found.changes if found.metric_of(one.data).name == name]
        points = drawn_points(own)
        if not points:
            continue
        note = "Bars are 95 % intervals of one point; whether it changed is corrected for all points."
        both = sum(one.before is not None and one.after is not None for one in own)
        if len(points) < both:
            note += f" The {len(points)} of {both} points that changed most; the heatmap below has all."
        metric = found.metric_of(own[0].data)
        title = f"{capitalised(metric.label)}: {' → '.join(sets.names)}"
        file = LINES if not made else f"{LINES}_{len(made) + 1}"
        style.save(before_after_lines(points, _heading(found), metric, title, note), folder, file)
        made.append(Picture(file, f"{capitalised(metric.label)} before and after. {alternative(found)}"))
    return made


def _heading(found: Comparison) -> Callable[[PointChange], str]:
    several = len(found.decidings) > 1

    def heading(one: PointChange) -> str:
        return found.name_of(one.point.row) + (f" on {found.data_names[one.data]}" if several else "")

    return heading


def _sections(found: Comparison, told: list[Origin], options: list[ChangedOption], folder: Path) -> list[Section]:
    return [
        Section(
            "By row",
            [_about_rows()],
            pictures=_heatmaps(found, folder),
            tables=[rows_table(found)],
            finding=finding_of_rows(found),
        ),
        Section("All points", [_about_points()], tables=[points_table(found)], finding=finding_of_points(found)),
        _explanation(told, options),
        Section("How it was compared", _protocol(found), finding="What is paired, which test, what counts as noise."),
    ]


def _about_rows() -> str:
    return (
        "Differences are after less before, in percentage points; a row's mean counts each of its compared points "
        "alike, on the seeds that all of them have. p is corrected for all rows."
    )


def _about_points() -> str:
    return (
        "Differences are after less before, in percentage points, on the seeds and test examples of both; p is "
        "corrected for all points. Files have scores and differences as shares: 0.08 is 8 points."
    )


def _heatmaps(found: Comparison, folder: Path) -> list[Picture]:
    """The differences of each data set that has points in both sets."""
    made: list[Picture] = []
    for data in found.decidings:
        points = [one for one in found.changes if one.data == data]
        if not any(one.comparison is not None for one in points):
            continue
        name, metric = found.data_names.get(data, data), found.metric_of(data)
        note = "After less before; green is better. • beyond noise, corrected for all points. Grey cells say why they "
        note += "have no difference."
        title = f"Difference in {metric.label} on {name}"
        figure = change_heatmap(points, found.name_of, title, note, f"difference in {metric.label}")
        file = HEATMAP if not made else f"{HEATMAP}_{len(made) + 1}"
        style.save(figure, folder, file)
        made.append(Picture(file, f"{title}, by row, label count and training size. {alternative(found)}"))
    return made


def _explanation(told: list[Origin], options: list[ChangedOption]) -> Section:
    """What the records were made with, as far as it differs; what is the same in a line."""
    same = [f"{one.what} {one.before}" for one in told if not one.differs]
    paragraphs = ["What differs may explain a change, and need not: nothing here shows a cause."]
    if options:
        paragraphs.append("Cells of the same name were run with other options: they are compared all the same.")
    if same:
        paragraphs.append(f"The same on both sides: {', '.join(same)}.")
    tables: list[Titled] = [one for one in (options_table(options), origins_table(told)) if one is not None]
    return Section("What may explain it", paragraphs, tables=tables, finding=origin_text(told, options))


def _protocol(found: Comparison) -> list[str]:
    said = [f"{found.data_names.get(data, data)} is compared by {each.metric.label}, {each.reason}."
            for data, each in found.decidings.items()]  # fmt: skip
    return [
        *said,
        "A point is a row at one label count and training size. Its seeds are paired with the same seeds of the other "
        "set, on the test examples that both answered, and tested by a paired t-test over seeds and test examples; "
        f"{_at_one_seed(found)}. Few seeds say little of how much seeds differ, so that is learnt from all points of a "
        "row, and not taken to be less than a point's own seeds say. p is corrected for all compared points (Holm); "
        "below 0.05 a point changed beyond noise.",
        "One seed tells nothing of other seeds: where a point has only one in common and its answers differ, it is "
        "said, and it counts neither as better nor as worse.",
        "The 95 % intervals are of one point or row alone. That nothing changed beyond noise does not say that nothing "
        "changed: the intervals say how much may have.",
        "What the command prints first is of single cells, by accuracy (of several labels a text, subset accuracy), "
        "each with a test of its own.",
    ]


def _at_one_seed(found: Comparison) -> str:
    """Which test takes its place: of accuracy another one than of a metric that is no share of right answers."""
    exact, alone = "McNemar's exact test", "a t-test over the test examples alone"
    of_accuracy = {each.metric.name == ACCURACY for each in found.decidings.values()}
    if of_accuracy == {True}:
        return f"one seed, or answers that are all alike, by {exact}"
    if of_accuracy == {False}:
        return f"one seed by {alone}, answers that are all alike by {exact}"
    return f"one seed of accuracy, or answers that are all alike, by {exact}, one seed of another metric by {alone}"
