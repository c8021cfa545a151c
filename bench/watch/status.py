"""What the strip of the page shows: `bench status`, for a program."""

from typing import Any

from bench.cell import Cell
from bench.escape.characters import visible_line
from bench.escape.secrets import masked
from bench.results.claims import Claim
from bench.sweep.claimed import where
from bench.sweep.left import TextLengths, time_left
from bench.sweep.status import SHOWN, state_counts
from bench.sweep.survey import State, Survey
from bench.watch.study import Study
from bench.wording import counted


def status_of(found: Survey, study: Study, lengths: TextLengths) -> dict[str, Any]:
    """How far the cells are, what runs where, the time left. Raises UserError where data can't be read as described."""
    states = [standing.state for standing in found.standings]
    running = [s for s in found.standings if s.state is State.RUNNING and s.claim is not None]
    left = time_left(found, study.settings, study.runner, lengths)
    done, failed, pruned = map(states.count, (State.DONE, State.FAILED, State.PRUNED))
    return {
        "cells": len(states),
        "done": done,
        "running": len(running),
        "failed": failed,
        "left": len(states) - done - failed - pruned - len(running),
        "states": state_counts(found),
        "where": [_told(s.cell, s.claim, found) for s in running[:SHOWN] if s.claim is not None],
        "time_left": "nothing is left to run" if left is None else str(left),
        "seconds_left": 0.0 if left is None else left.seconds,
    }


def _told(cell: Cell, claim: Claim, found: Survey) -> dict[str, str]:
    """A cell that runs: which, and who runs it since when."""
    task = cell.task
    size = counted(task.train_size, "example") if isinstance(task.train_size, int) else f"{task.train_size} examples"
    which = f"{found.named.labels[cell.key]}, {task.data.name}: {task.num_labels} labels, {size}, seed {task.seed}"
    return {"key": cell.key, "cell": masked(visible_line(which)), "where": masked(visible_line(where(claim)))}
