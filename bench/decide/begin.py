"""What a race is made of, and whether it can answer what it is asked: said before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil

from scipy import special

from bench.cell import Cell
from bench.decide.ledger import Ledger
from bench.decide.options import DecideOptions
from bench.decide.session import HOUR, Session
from bench.errors import UserError
from bench.report.asked import MAX_SEEDS, Asked, Question, Rules
from bench.report.inputs.records import ExpectedCell
from bench.report.race.field import Field, Place, field_of
from bench.report.statistics.baseline import CLASSICAL
from bench.report.statistics.classical import baseline_of
from bench.report.statistics.paired import ALPHA
from bench.settings import Settings
from bench.sweep.composed import Composed, composed
from bench.sweep.feasible import feasibility, local_data
from bench.sweep.launch import again, expected_cells, read
from bench.sweep.shard import refuse_shard
from bench.wording import counted

MARGIN = 0.01
SEED = "seed"


def with_seeds(words: Sequence[str], options: DecideOptions) -> list[str]:
    """The words of the sweep over all seeds that may be run. Raises UserError where they are given twice."""
    given = any(word.partition("=")[0] == SEED for word in words)
    if given and options.max_seeds is not None:
        raise UserError("seed= says which seeds may be run, so leave max_seeds out")
    if given:
        return list(words)
    return [*words, f"{SEED}={','.join(map(str, range(options.max_seeds or MAX_SEEDS)))}"]


def begun(words: Sequence[str], options: DecideOptions) -> tuple[Session, Composed]:
    """The race of a sweep's words. Raises UserError where it can't be run, or can't answer what is asked."""
    made = composed(with_seeds(words, options))
    points, cells, settings = read(made.configs)
    if settings.command not in ("run", "plan"):
        raise UserError(f"command={settings.command} is none of a race: run or plan")
    if settings.overwrite == "always":
        raise UserError(
            "overwrite=always is none of a race, which goes on from the records: overwrite=failed or missing"
        )
    refuse_shard(settings, "a race decides by all of its cells; machines that share results_dir race together")
    settings = replace(settings, name=f"{settings.title}_race")
    commands = again(points, made.overrides)
    expected = expected_cells(cells, settings, commands)
    of = field_of(expected, largest_only=options.question == "best_at_largest")
    kept = {cell.key for cell in of.cells}
    cells = [cell for cell in cells if cell.key in kept]
    expected = [each for each in expected if each.key in kept]
    seeds = tuple(sorted({each.seed for each in expected if each.train_size}))
    baseline = baselines(expected, settings)
    _check(of, options.question, baseline, seeds)
    rules = Rules(seeds=seeds, margin=margin(options.margin, cells, settings))
    session = Session(
        cells=cells,
        expected=expected,
        settings=settings,
        runner=made.runner,
        of=of,
        asked=Asked(rules, options.question),
        baseline=baseline,
        ledger=Ledger.of(settings.results_dir, settings.title),
        prune=options.prune,
        budget=None if options.budget_hours is None else options.budget_hours * HOUR,
    )
    return session, made


def baselines(expected: Sequence[ExpectedCell], settings: Settings) -> dict[str, str | None]:
    """The classical row that others are held against, by data set."""
    rows: dict[str, list[str]] = {each.data: [] for each in expected}
    for each in expected:
        if each.role == CLASSICAL:
            rows[each.data].append(each.row)
    return {data: baseline_of(classical, settings.baseline) for data, classical in rows.items()}


def _check(of: Field, question: Question, baseline: Mapping[str, str | None], seeds: Sequence[int]) -> None:
    """Raise UserError where the grid has not what the question is about."""
    if len(seeds) < 2:
        raise UserError("a race needs rows that are trained with at least 2 seeds: one seed decides nothing")
    _check_seeds(of)
    if all(len(rows) < 2 for rows in of.places.values()):
        raise UserError("there is one row at each point of this grid: a race needs two, or a sweep does it")
    if question == "beats_baseline":
        without = [data for data, row in baseline.items() if row is None]
        if without:
            raise UserError(
                f"question={question}: the grid has no classical row on {', '.join(without)}: add one "
                "(model=...,tfidf_sgd)"
            )


def _check_seeds(of: Field) -> None:
    """Raise UserError where rows of a point have other seeds than others: they would wait for each other."""
    for place, lanes in of.places.items():
        untrained = of.untrained(place)
        seeds = {row: sorted(lane) for row, lane in lanes.items() if row not in untrained}
        first = next(iter(seeds), "")
        other = next((row for row in seeds if seeds[row] != seeds[first]), None)
        if other is not None:
            raise UserError(
                f"rows of a race need the same seeds, but {first} has {_numbers(seeds[first])} and {other} "
                f"{_numbers(seeds[other])}: take seed out of the experiment's rows"
            )


def _numbers(seeds: Sequence[int]) -> str:
    return ",".join(map(str, seeds))


def margin(asked: float | None, cells: Sequence[Cell], settings: Settings) -> float:
    """The margin that is asked for, else `MARGIN`, or the least that the test examples can tell where that is more.

    Two rows that differ by a share m differ in the answers to so many test examples at least, and by as many the mean
    difference is uncertain: its standard error is no less than sqrt(m / n). Raises UserError where the one that is
    asked for is less.
    """
    tasks = [cell.task for cell in cells]
    drawn = feasibility(tasks, local_data(tasks, settings)).drawn
    sizes = [len(splits.test) for splits in drawn.values()]
    if not sizes:
        return MARGIN if asked is None else asked
    z2 = float(special.ndtri(1 - ALPHA)) ** 2
    least = z2 / min(sizes)
    if asked is None:
        return max(MARGIN, ceil(least * 1000) / 1000)
    if asked < least:
        raise UserError(
            f"margin={asked:g} is less than {counted(min(sizes), 'test example')} can tell, whatever the seeds: at "
            f"least margin={ceil(least * 1000) / 1000:g}, or {ceil(z2 / asked):,} test examples"
        )
    return asked


def check_budget(session: Session, first: Mapping[Place, float], cells: int) -> None:
    """Raise UserError where the budget does not pay the first look; `first` are its seconds by place."""
    if session.budget is None or session.ledger.begun():
        return
    need = sum(first.values()) / session.place.per_device
    if need > session.budget:
        raise UserError(
            f"budget_hours={session.budget / HOUR:g} is less than the first round takes: about {need / HOUR:.2g} hours "
            f"for {counted(cells, 'cell')}, two seeds of each row at {counted(len(first), 'point')}"
        )
