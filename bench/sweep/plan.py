"""`command=plan`: what a sweep would run, on how much memory, how long and for how much money. Runs nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from bench.cell import Cell
from bench.data.task import Task
from bench.escape.terminal import console, line
from bench.kind import MULTI_LABEL
from bench.results.counts import cleaned_text, left_out_text, overlap_text, share_text
from bench.running.positions import shortened
from bench.running.precision import plan_notice
from bench.running.preflight import missing_packages
from bench.settings import Settings
from bench.sweep.duration import RATE, TOKENS, Basis, Duration, Durations
from bench.sweep.feasible import Feasibility, LocalData
from bench.sweep.forecast import forecast
from bench.sweep.index import Entry
from bench.sweep.room import fit, room_of_row
from bench.sweep.runners.base import Runner
from bench.sweep.stacks import stack_notes
from bench.sweep.survey import Standing, State
from bench.sweep.wording import gigabytes, table
from bench.sweep.workforce import Workforce
from bench.wording import counted, money_text, rough_duration

REASONS = 8
"""Reasons that are shown of infeasible tasks."""
MARKS = {Basis.RECORDS: "", Basis.LIKE: "*", Basis.GUESS: "?"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the grid."""

    standings: list[Standing]
    infeasible: int
    """Of the cells that a sweep would run, those that the data can't give."""
    memory: str
    fits: str
    durations: list[Duration]
    """How long each cell that would be run takes."""

    @property
    def done(self) -> int:
        """Cells that a sweep leaves as they are."""
        return sum(not standing.wanted for standing in self.standings)


def plan(cells: Sequence[Cell], settings: Settings, runner: Runner) -> int:
    """Print the plan of a sweep over `cells` by that runner; return the exit code, 0."""
    made = forecast(cells, settings, runner)
    found, infeasible, place, durations = made.found, made.infeasible, made.place, made.durations
    rows = {
        name: _row(standings, infeasible, found.records, durations, alone=name not in found.named.several)
        for name, standings in found.rows.items()
    }
    todo = [standing.cell for standing in found.standings if standing.wanted]
    out = console()
    _print_rows(rows, settings, out)
    _print_data(made.feasible, made.local, out)
    _print_infeasible(infeasible, made.feasible, made.wanted, out)
    _print_totals(rows, place, settings, out)
    if settings.engine == "fused" and runner.without_effect("engine", settings) is None:
        to_run = {name: [s.cell for s in standings if s.wanted] for name, standings in found.rows.items()}
        for note in stack_notes(to_run, found.records, settings.fused, place):
            out.print(line(note))
    if place.device == "cpu" and place.is_here and (said := plan_notice(todo)) is not None:
        out.print(said, markup=False)
    for note in (*shortened(todo, settings), *missing_packages(todo)):
        out.print(line(note))
    return 0


def _row(
    standings: list[Standing],
    infeasible: dict[Task, str],
    records: Sequence[Entry],
    durations: Durations,
    *,
    alone: bool,
) -> Row:
    """`alone`: no other row has its model and method, so that records of these are of this row."""
    cells = [standing.cell for standing in standings]
    run = [s.cell for s in standings if s.wanted and s.cell.task not in infeasible]
    needed = room_of_row(cells, records, alone=alone)
    return Row(
        standings=standings,
        infeasible=sum(s.wanted and s.cell.task in infeasible for s in standings),
        memory="–" if needed is None else f"{gigabytes(needed.tensors)}{'' if needed.measured else '?'}",
        fits="–" if needed is None else fit(needed, durations.place),
        durations=[durations.of(cell) for cell in run],
    )


def _print_rows(rows: dict[str, Row], settings: Settings, out: Console) -> None:
    shown = table(
        "model and method", "cells", "done", "to run", "infeasible", "GPU memory", "fits", "a cell", "in all",
        title=f"Plan of {settings.title}",
    )  # fmt: skip
    for name, row in rows.items():
        shown.add_row(
            line(name),
            f"{len(row.standings):,}",
            f"{row.done:,}",
            f"{len(row.durations):,}",
            f"{row.infeasible:,}" if row.infeasible else "",
            row.memory,
            row.fits,
            *_times(row.durations),
        )
    out.print(shown)
    standings = [standing for row in rows.values() for standing in row.standings]
    out.print(f"{counted(len(standings), 'cell')}: {_counts(rows)}{_states(standings)}.")


def _counts(rows: dict[str, Row]) -> str:
    counts = {
        "done": sum(row.done for row in rows.values()),
        "to run": sum(len(row.durations) for row in rows.values()),
        "infeasible": sum(row.infeasible for row in rows.values()),
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _states(standings: Sequence[Standing]) -> str:
    """What is behind the cells to run, where there is more to say than that they are missing."""
    counts = Counter(s.record.status.value for s in standings if s.wanted and s.state is State.FAILED and s.record)
    running = sum(standing.state is State.RUNNING for standing in standings)
    parts = [f"{count:,} ended as {status}" for status, count in counts.items()]
    parts += [f"{running:,} running now"] if running else []
    return f" (of those not done {', '.join(parts)})" if parts else ""


def _times(durations: Sequence[Duration]) -> tuple[str, str]:
    """The mean and the sum, with the mark of the least certain one."""
    if not durations:
        return "", ""
    total = sum(each.seconds for each in durations)
    mark = max((MARKS[each.basis] for each in durations), key=list(MARKS.values()).index)
    return f"{rough_duration(total / len(durations))}{mark}", f"{rough_duration(total)}{mark}"


def _print_data(feasible: Feasibility, local: LocalData, out: Console) -> None:
    """How much of the data the tasks use, and what is odd about it."""
    for (data, num_labels), splits in feasible.drawn.items():
        if (source := splits.source) is None:
            continue
        share = share_text(num_labels, source.labels, source.rows_of_labels, source.rows)
        left_out = left_out_text(
            source.conflicting_texts,
            splits.conflicts_dropped,
            splits.duplicates_dropped,
            several=splits.kind == MULTI_LABEL,
        )
        overlap = overlap_text(splits.test_texts_in_training())
        cleaned = "" if source.cleaned is None else cleaned_text(source.cleaned)
        if said := "; ".join(part for part in (share, cleaned, left_out, overlap) if part):
            out.print(line(f"Data {data}, num_labels={num_labels}: {said}."))
    for note in dict.fromkeys(f"{data.name}: {note}" for data, pool in local.pools.items() for note in pool.notes):
        out.print(line(f"Data {note}."))


def _print_infeasible(infeasible: dict[Task, str], feasible: Feasibility, wanted: list[Task], out: Console) -> None:
    counts = Counter(infeasible[task] for task in wanted if task in infeasible)
    for reason, count in counts.most_common(REASONS):
        out.print(f"Infeasible, {counted(count, 'cell')}: {reason}")
    if len(counts) > REASONS:
        out.print(f"... and {counted(len(counts) - REASONS, 'further reason')}")
    for data, reason in feasible.unchecked.items():
        out.print(f"Not checked against the data of {data}: {reason}. Its sweep finds out.")


def _money(amount: float, currency: str | None) -> str:
    return money_text(amount, currency) if currency else f"{money_text(amount, None)} in money"


def _print_totals(rows: dict[str, Row], place: Workforce, settings: Settings, out: Console) -> None:
    durations = [each for row in rows.values() for each in row.durations]
    out.print(place.described())
    if not durations:
        out.print("Nothing is to run.")
        return
    seconds = sum(each.seconds for each in durations)
    wall = max(seconds / place.workers, *(each.seconds for each in durations))
    if place.device == "cuda":
        hours = seconds * place.devices / place.workers / 3600
        price = settings.price_per_gpu_hour
        money = "" if price is None else f", {_money(hours * price, settings.currency)}"
        out.print(f"In all about {hours:,.1f} GPU-hours{money}; done in about {rough_duration(wall)}.")
    else:
        out.print(f"In all about {rough_duration(seconds)} of work; done in about {rough_duration(wall)}.")
        if settings.price_per_gpu_hour is not None:
            out.print("price_per_gpu_hour: nothing is charged, for no GPU is used.")
    _print_basis(rows, Counter(each.basis for each in durations), place, out)


def _print_basis(rows: dict[str, Row], counts: Counter[Basis], place: Workforce, out: Console) -> None:
    """What the numbers rest on, the uncertain ones by their marks."""
    if measured := counts[Basis.RECORDS]:
        out.print(f"Times of {counted(measured, 'cell')} are from {Basis.RECORDS}.")
    if like := counts[Basis.LIKE]:
        out.print(f"* Times of {counted(like, 'cell')} are from {Basis.LIKE}: take them for guesses.")
    if guessed := counts[Basis.GUESS]:
        out.print(
            f"? Times of {counted(guessed, 'cell')} are guesses from {Basis.GUESS}: {RATE[place.device] / 1e12:g} "
            f"TFLOP/s and, where the data is not here, {TOKENS} tokens a text are assumed."
        )
    if any(row.memory.endswith("?") for row in rows.values()):
        out.print("? Memory is by arithmetic (bench/models/estimate.py); about 1 GB more is reckoned with in `fits`.")
