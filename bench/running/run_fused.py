"""Running cells that can be fused, all in one stack; each leaves its own record."""

import importlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.cell import Cell
from bench.data.read import load_pool
from bench.data.split import Splits, draw
from bench.errors import TaskInfeasible
from bench.methods.fitted import Context, Fitted, Report
from bench.results.record import Record
from bench.running import memory
from bench.running.bf16 import as_computed, notice, precision_of
from bench.running.garbage import gc_disabled
from bench.running.positions import within_positions
from bench.running.provenance import now
from bench.running.recording import Run, failed
from bench.running.run import choose_device, quiet_libraries, say_length, status_of, to_keep, write
from bench.running.warm import Warm
from bench.settings import Settings
from bench.sources.cache import cache_folder

if TYPE_CHECKING:
    from bench.methods.fused.fit import FusedCells  # torch and its friends, which take seconds


@dataclass(frozen=True, slots=True)
class Drawn:
    """A cell with its examples."""

    cell: Cell
    computed: Cell
    """What is run in its place (`bench.running.bf16.as_computed`, `bench.running.positions.within_positions`)."""
    splits: Splits
    revision: str | None
    seconds: float
    """For drawing, and its share of reading the data."""


def run_fused(
    cells: Sequence[Cell], settings: Settings, *, report: Report | None = None, warm: Warm | None = None
) -> list[Record]:
    """Run `cells`, which agree in `groups.can_fuse`; keep their records in their folders and return them in order.

    Cells whose task is infeasible or whose training diverges have a record that says so, and the others go on. What
    fails for all of them together (memory, say, or Unfusable) is raised, and those without a record can be run one by
    one then. Where memory does not hold all (`fused.fitting`), they go in several stacks. Otherwise as
    `bench.running.run.run_cell`.
    """
    started, device, warm = now(), choose_device(settings), warm or Warm()
    cache = cache_folder(settings.cache_dir)
    context = Context(cache, settings.mirror_dir, device, report, warm, settings.feature_cache_gb)
    errors: dict[str, Exception] = {}
    try:
        drawn, most = _prepare(cells, context, errors)
        if most < len(drawn):
            parts = [cells[start : start + most] for start in range(0, len(cells), most)]
            return [record for part in parts for record in run_fused(part, settings, report=report, warm=warm)]
        runs = _measure(drawn, context, started, errors)
    except BaseException:
        warm.clear()
        raise
    records = []
    for cell in cells:
        folder = cell.folder(settings.results_dir)
        try:
            if cell.key in errors:
                raise errors[cell.key]
            contents = to_keep(*runs[cell.key], settings)
        except Exception as error:  # any failure costs one cell and is kept with its traceback
            records.append(write(folder, failed(cell, status_of(error), error, started, device)))
        else:
            records.append(write(folder, *contents))
    return records


def _prepare(cells: Sequence[Cell], context: Context, errors: dict[str, Exception]) -> tuple[list[Drawn], int]:
    """The cells with their examples, and how many of them fit in one stack. Infeasible ones are put into `errors`."""
    quiet_libraries()
    if (said := notice(cells[0], context.device)) is not None:
        print(said, file=sys.stderr, flush=True)
    context.warm.begin(as_computed(cells[0], context.device), context.device)
    memory.reset_peak()
    if not (drawn := _draw(cells, context, errors)):
        return [], 0
    with gc_disabled():
        importlib.import_module("bench.methods.fused.fit")  # which `_measure` needs; torch and its friends
    from bench.methods.fused.fitting import most_at_once

    context.warm.imported()
    return drawn, most_at_once([each.computed for each in drawn], [each.splits for each in drawn], context)


def _measure(
    drawn: Sequence[Drawn], context: Context, started: str, errors: dict[str, Exception]
) -> dict[str, tuple[Run, Fitted]]:
    """Fit the cells in one stack and predict with them; by key. What ended single cells is put into `errors`."""
    if not drawn:
        return {}
    from bench.methods.fused.fit import fit

    fused = fit([each.computed for each in drawn], [each.splits for each in drawn], context)
    return _runs(drawn, fused, context, started, errors)


def _runs(
    drawn: Sequence[Drawn], fused: "FusedCells", context: Context, started: str, errors: dict[str, Exception]
) -> dict[str, tuple[Run, Fitted]]:
    """Predict with all cells at once; what each of them gave, by key."""
    clocks = [time.perf_counter()]
    predicted = {}
    for name in ("train", "validation", "test"):
        predicted[name] = fused.predict(name)
        clocks.append(time.perf_counter())
    shares = [_shares(drawn, name, end - start) for name, (start, end) in zip(predicted, pairwise(clocks), strict=True)]
    peaks = memory.peak_process(), memory.peak_device() if context.device == "cuda" else None
    runs: dict[str, tuple[Run, Fitted]] = {}
    for i, (of, member) in enumerate(zip(drawn, fused.members, strict=True)):
        if member.error is not None:
            errors[of.cell.key] = member.error
            continue
        say_length(of.cell, of.computed, member.fitted)
        test = predicted["test"][i]
        assert test is not None
        run = Run(
            cell=of.cell,
            halved=None,
            splits=of.splits,
            summary=member.fitted.summary,
            train=predicted["train"][i],
            validation=predicted["validation"][i],
            test=test,
            data_revision=of.revision,
            device=context.device,
            started=started,
            load_data_seconds=of.seconds,
            evaluate_seconds=sum(share[i] for share in shares),
            test_seconds=shares[-1][i],
            total_seconds=of.seconds + fused.seconds[i] + sum(share[i] for share in shares),
            precision=precision_of(of.computed),
            peak_process=peaks[0],
            peak_device=peaks[1],
            fused=len(drawn),
        )
        runs[of.cell.key] = run, member.fitted
    return runs


def _draw(cells: Sequence[Cell], context: Context, errors: dict[str, Exception]) -> list[Drawn]:
    """The cells with their examples; those whose task is infeasible are left out."""
    clock = time.perf_counter()
    pool = load_pool(cells[0].task.data, cache=context.cache, mirror_dir=context.mirror_dir)
    share = (time.perf_counter() - clock) / len(cells)
    drawn = []
    for cell in cells:
        clock = time.perf_counter()
        try:
            splits = draw(cell.task, pool)
        except TaskInfeasible as error:
            errors[cell.key] = error
        else:
            computed = within_positions(as_computed(cell, context.device), context.cache, context.mirror_dir)
            drawn.append(Drawn(cell, computed, splits, pool.revision, share + time.perf_counter() - clock))
    return drawn


def _shares(drawn: Sequence[Drawn], name: str, seconds: float) -> list[float]:
    """The time for predicting a split, by each cell's number of examples."""
    counts = [len(getattr(each.splits, name)) for each in drawn]
    return [seconds * count / max(sum(counts), 1) for count in counts]
