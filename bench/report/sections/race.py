"""The race: after how many seeds each row was dropped, and what was not needed."""

from collections import Counter

from bench.report.content.parts import Entry, Section, Titled, point_id, size_entry
from bench.report.content.race_words import counts_text, fate_text, needed_text, question_text, verdict_text
from bench.report.content.table import table
from bench.report.content.wording import capitalised
from bench.report.inputs.frame import NOT_NEEDED
from bench.report.race.races import PlaceRace
from bench.report.view import View
from bench.results.record import Status
from bench.wording import counted


def section(view: View) -> Section | None:
    """A line a point and a line a row; None where all cells were to be run."""
    if not view.races or view.options.race is None:
        return None
    needed = [f"{labels_and_size(one)}: {text}" for one in view.races if (text := needed_text(one, view.words))]
    return Section(
        "The race",
        [f"{question_text(view.options.race, view.words)} {_saved(view)}"],
        lists=[("What more would take", needed)] if needed else [],
        tables=[_points(view), _rows(view)],
        finding=f"{capitalised(counts_text(view.races))}; {_saved(view)}",
    )


def labels_and_size(one: PlaceRace) -> str:
    """ "5 labels, 512 examples"."""
    return f"{one.place.num_labels} labels, {one.place.train_size:,} examples"


def _saved(view: View) -> str:
    """How many cells were run, and how many were not needed."""
    counts = Counter(view.cells["status"])
    run = sum(count for status, count in counts.items() if status not in (NOT_NEEDED, "missing"))
    if not counts[NOT_NEEDED]:
        return f"{counted(run, 'cell')} run."
    return f"{counted(run, 'cell')} run, {counts[NOT_NEEDED]:,} not needed."


def _points(view: View) -> Titled:
    lines = []
    for one in view.races:
        cells = view.cells[
            (view.cells["num_labels"] == one.place.num_labels) & (view.cells["train_size"] == one.place.train_size)
        ]
        run, spared = int((cells["status"] == Status.OK.value).sum()), int((cells["status"] == NOT_NEEDED).sum())
        lines.append(
            [
                Entry(str(one.place.num_labels), numbers={"": one.place.num_labels}),
                size_entry(one.place.train_size),
                capitalised(verdict_text(one, view.words)),
                Entry(f"{run:,}", numbers={"": run}),
                Entry(f"{spared:,}", numbers={"": spared}),
            ]
        )
    head = ["labels", "training examples", "verdict", "cells run", "not needed"]
    return Titled("Verdicts", table(head, lines), name="race_points")


def _rows(view: View) -> Titled:
    lines = []
    for one in view.races:
        for row in (*one.race.fates, *one.no_chance):
            size = 0 if row in one.untrained else one.place.train_size
            place = point_id(view.data, row, one.place.num_labels, size)
            seeds = one.race.fates[row].seeds if row in one.race.fates else 0
            lines.append(
                [
                    Entry(str(one.place.num_labels), numbers={"": one.place.num_labels}),
                    size_entry(one.place.train_size),
                    Entry(view.name_of(row), point=place),
                    Entry(str(seeds), numbers={"": seeds}),
                    capitalised(fate_text(one, row, view.words)),
                ]
            )
    head = ["labels", "training examples", "row", "seeds", "how it ended"]
    return Titled("What became of every row", table(head, lines), name="race_rows", folded=f"All {len(lines)} rows")
