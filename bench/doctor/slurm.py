"""Slurm, where the sweep runs on it or could."""

import shutil
from collections.abc import Iterator

from bench.doctor.finding import Finding, ok, problem, problem_if
from bench.doctor.sweep import Sweep
from bench.errors import UserError
from bench.sweep.slurm import queue
from bench.sweep.slurm.submission import COMMANDS

PATIENCE_SECONDS = 10.0


def examine(sweep: Sweep) -> Iterator[Finding]:
    """Whether jobs can be submitted from here, and whether the controller answers."""
    needed = sweep.runner.name == "slurm"
    if needed:
        try:
            sweep.runner.check(sweep.todo, sweep.settings)
        except UserError as error:
            yield problem(str(error))
            return
    elif absent := [command for command in COMMANDS if shutil.which(command) is None]:
        why = f"not needed with hydra/launcher={sweep.runner.name}"
        yield ok(f"not here ({', '.join(absent)} cannot be found), and {why}")
        return
    try:
        tasks = queue.max_array_size(PATIENCE_SECONDS)
    except queue.NoAnswer as error:
        fix = "`sinfo` says more" if needed else None
        yield problem_if(needed, f"its commands are here, and its controller does not answer: {error}", fix)
    else:
        use = "is used" if needed else "is used with hydra/launcher=slurm"
        yield ok(f"the controller answers (arrays of {tasks:,} tasks), and {use}")
