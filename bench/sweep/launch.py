"""An experiment's grid, from its composed points to the exit code: what is missing is run, then reported."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.cell import Cell
from bench.compose import check, to_cell, to_settings
from bench.config.names import is_address
from bench.errors import INTERRUPTED, UserError, said
from bench.escape.terminal import say
from bench.options.overrides import check_given, effective
from bench.options.without_effect import Point
from bench.report.asked import Asked
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions, Shard
from bench.results import store
from bench.results.record import Status
from bench.running.garbage import gc_disabled
from bench.running.observers import check_observers, tell_of_report
from bench.running.preflight import check_cells, check_extras, check_folders, check_readable, check_tasks
from bench.settings import Settings
from bench.sources.fingerprint import once
from bench.sweep.aged import said_of_kept
from bench.sweep.bars import Bars, no_bar
from bench.sweep.baseline import check_baseline
from bench.sweep.crowded import memory_notes
from bench.sweep.displayed import displayed_data, displayed_row
from bench.sweep.index import Entry
from bench.sweep.merged import check_more, record_folders
from bench.sweep.missing import records, wanted
from bench.sweep.plan import plan
from bench.sweep.progress import Progress
from bench.sweep.report_folder import Grid, ReportFolder, grid_of, report_folder, take
from bench.sweep.rerun import rerun_command, sweep_command
from bench.sweep.rows import row_names, rows_of
from bench.sweep.runners.base import Runner
from bench.sweep.runners.given import check_effect
from bench.sweep.served import named_servings, servings
from bench.sweep.shard import with_shard
from bench.sweep.status import status
from bench.sweep.stopped import Interrupted, Stopped
from bench.sweep.summary import print_summary
from bench.wording import counted


def launch(
    configs: Sequence[dict[str, Any]],
    runner: Runner,
    overrides: Sequence[Sequence[str]] = (),
    given: Sequence[str] = (),
) -> int:
    """Run, report or plan the cells of all composed points; return the exit code (0 done, 1 a cell failed).

    `overrides` are what the points were composed from, for the report: how to run a cell again; `given` are those of
    the command line alone, Hydra's own among them. Raises UserError, before any work, where the sweep can't be run.
    """
    points, cells, settings = read(configs)
    grid = grid_of((cell.key for cell in cells), overrides)
    part = None if settings.shard is None else part_of(settings.shard, cells, points)
    if part is not None:
        say(f"shard {settings.shard}: {part.num_cells} of {part.grid_cells} cells of the grid")
    asked, settings = settings, named(settings, grid)
    if not cells:  # more shards than cells
        return 0
    if settings.command == "report":
        _report(cells, asked, grid, again(points, overrides), overrides, part=part)
        return 0
    if settings.command in ("run", "plan"):
        check_given(given, points)
        check_effect(given, runner, settings)
    if settings.command == "plan":
        return plan(cells, settings, runner)
    if settings.command == "status":
        return status(cells, settings, runner)
    ended = _run(cells, settings, runner)
    if isinstance(ended, Stopped):
        say(f"stopped early: {ended}", error=True)
        return INTERRUPTED if isinstance(ended, Interrupted) else 1
    _report(cells, asked, grid, again(points, overrides), overrides, part=part)
    return _exit_code({None if record is None else record.status for _, record in ended})


def _run(cells: Sequence[Cell], settings: Settings, runner: Runner) -> list[tuple[Cell, Entry | None]] | Stopped:
    """Run what is missing of the cells and print how all of them ended; their records, or what ended it early."""
    check_tasks(cells)
    stamps = {cell.key: store.stamp(cell.folder(settings.results_dir)) for cell in cells}  # before records are read
    todo, kept = wanted(cells, settings)
    if todo:
        check_run(todo, settings, runner)
        check_reported(cells, settings)
    say(f"{settings.title}: {counted(len(cells), 'cell')}, {len(cells) - len(todo)} done, {len(todo)} to run")
    if (line := said_of_kept(kept, settings)) is not None:
        say(line)
    names = rows_of(cells).labels
    for note in memory_notes(todo, settings, runner.workforce(settings, len(todo))) if todo else ():
        say(note, error=True)
    stopped = run_cells(todo, settings, stamps, runner, names) if todo else None
    ended = records(cells, settings)
    print_summary(ended, settings, names)
    return ended if stopped is None else stopped


def _exit_code(statuses: Set[Status | None]) -> int:
    """0 where nothing is left to do; what the data can't give was said, and no rerun mends it: only a sweep of nothing
    else has failed."""
    return 0 if Status.OK in statuses and statuses <= {Status.OK, Status.SKIPPED, Status.PRUNED} else 1


def read(configs: Sequence[dict[str, Any]]) -> tuple[list[Point], list[Cell], Settings]:
    """The points, their cells (each once; those of the shard that is asked for) and the settings.

    Raises UserError where one of them is not valid.
    """
    check(configs[0])
    settings = _common_settings(configs)
    check_readable("results_dir", settings.results_dir)
    check_readable("more_results", *(folder for folder in settings.more_results if not is_address(folder)))
    with gc_disabled(), once():
        points = [Point(config, to_cell(config)) for config in configs]
        cells = list({point.cell.key: point.cell for point in points}.values())
    check_baseline(cells, settings)
    cells, settings = with_shard(cells, settings)
    return points, cells, settings


def part_of(shard: str, cells: Sequence[Cell], points: Sequence[Point]) -> Shard:
    """Which part of the grid of `points` the `cells` of a `shard` are, "2/3"."""
    index, _, count = shard.partition("/")
    return Shard(int(index), int(count), num_cells=len(cells), grid_cells=len({point.cell.key for point in points}))


def check_run(cells: Sequence[Cell], settings: Settings, runner: Runner) -> None:
    """Raise UserError, before any work, where `cells` can't be run so."""
    check_extras(cells)
    runner.check(cells, settings)
    check_cells(cells, settings)
    check_observers(settings)
    check_folders(settings.results_dir, settings.reports_dir, settings.title)


def check_reported(cells: Sequence[Cell], settings: Settings) -> None:
    """Raise UserError, before any work, where the report on the grid of `cells` could not take in what it shall."""
    check_more(settings)
    named_servings({cell.key for cell in cells}, settings)


def again(points: Sequence[Point], overrides: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """The overrides that each cell is run again by, by key."""
    return {point.cell.key: effective(words, point) for point, words in zip(points, overrides, strict=False)}


def run_cells(
    todo: Sequence[Cell],
    settings: Settings,
    stamps: Mapping[str, store.Stamp | None],
    runner: Runner,
    names: Mapping[str, str],
    *,
    bars: Bars = no_bar,
) -> Stopped | None:
    """Run the cells; what ended that early, if anything did. `names` are of rows, by key, `bars` as of `Runner.run`."""
    with Progress(todo, rows=names) as progress:
        try:
            runner.run(todo, settings, progress, stamps, **({} if bars is no_bar else {"bars": bars}))
        except Stopped as stopped:
            return stopped
    return None


def _found(settings: Settings, grid: Grid) -> ReportFolder:
    """Where the sweep's report goes, as far as is known now. Raises UserError."""
    try:
        return report_folder(settings.reports_dir, settings.title, grid)
    except OSError as error:
        raise UserError(f"reports_dir={settings.reports_dir} cannot be read: {said(error)}") from error


def named(settings: Settings, grid: Grid) -> Settings:
    """The settings with the name that the sweep's report will have."""
    found = _found(settings, grid)
    if found.note is not None:
        say(found.note)
    return replace(settings, name=found.name)


def _common_settings(configs: Sequence[dict[str, Any]]) -> Settings:
    """The settings of the whole sweep. Raises UserError where its points differ in one."""
    for name in Settings.__dataclass_fields__:
        if any(config.get(name) != configs[0].get(name) for config in configs):
            raise UserError(f"{name} is a setting of the whole sweep: give it one value")
    return to_settings(configs[0])


def _report(
    cells: Sequence[Cell],
    settings: Settings,
    grid: Grid,
    again: Mapping[str, Sequence[str]],
    overrides: Sequence[Sequence[str]],
    *,
    part: Shard | None,
) -> None:
    """Write the report unless it is there already; `again` are the overrides of each cell that has some, by key, and
    `overrides` those of all points. It goes where `settings` say, or beside the report of another grid."""
    with gc_disabled():
        expected = expected_cells(cells, settings, again)
        rerun = sweep_command(overrides, settings.shard) if again else None
    if not any(Path(each.folder, store.RECORD).exists() for each in expected):
        say(f"note: {settings.results_dir} has no record of these {counted(len(cells), 'cell')}")
    draw_report(expected, settings, grid, rerun=rerun, part=part)


def draw_report(
    expected: Sequence[ExpectedCell],
    settings: Settings,
    grid: Grid,
    *,
    rerun: str | None = None,
    race: Asked | None = None,
    part: Shard | None = None,
) -> None:
    """Write the report on `expected` unless it is there already, where `settings` say or beside that of another grid.

    `rerun` is the command that runs what is missing, `race` what was asked where rows raced, `part` which part of a
    grid this is (None: all of it). Raises UserError.
    """
    from bench.report.stamp import unchanged_page

    where, serving = settings.reports_dir, servings(expected, settings)

    def told(name: str) -> tuple[Sequence[ExpectedCell], Path, ReportOptions]:
        options = ReportOptions.of(settings, name, rerun, settings.experiment, race, shard=part, serving=serving)
        return expected, Path(where, name), options

    with gc_disabled():
        page = None if settings.redraw else unchanged_page(*told(_found(settings, grid).name))
    if page is not None:
        say(f"report: {page} (unchanged)")
        return
    from bench.report.page import write_report  # with figures and statistics: they take a second to import

    try:
        folder = take(where, settings.title, grid)
        written = write_report(*told(folder.name))
    except OSError as error:
        raise UserError(f"reports_dir={where}: no report can be written: {said(error)}") from error
    say(f"report: {written}")
    tell_of_report(written, replace(settings, name=folder.name))


def expected_cells(
    cells: Sequence[Cell], settings: Settings, again: Mapping[str, Sequence[str]] | None = None
) -> list[ExpectedCell]:
    """The cells as a report knows them, with the command of those that have overrides in `again`, by key."""
    names, commands = row_names(cells), again or {}
    folders = record_folders(cells, settings)
    return [
        ExpectedCell(
            folder=folder,
            key=cell.key,
            model=names[cell.key][0],
            method=names[cell.key][1],
            data=cell.task.data.name,
            num_labels=cell.task.num_labels,
            train_size=cell.task.train_size,
            seed=cell.task.seed,
            published_as=(
                getattr(cell.model, "id", None) or cell.model.name,
                cell.approach.label,
            ),
            command=rerun_command(commands[cell.key]) if cell.key in commands else None,
            role=cell.approach.role,
            names=(displayed_row(cell, names[cell.key]), displayed_data(cell)),
        )
        for cell, folder in zip(cells, folders, strict=True)
    ]
