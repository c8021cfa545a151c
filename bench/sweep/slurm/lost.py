"""An array task that is out of the queue with cells that left no record: what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.cell import Cell
from bench.results import store
from bench.results.record import Record, Status
from bench.running.recording import failed
from bench.settings import Settings
from bench.sweep.slurm import queue
from bench.sweep.slurm.submission import Submission
from bench.sweep.slurm.task import DONE

TAIL_BYTES, TAIL_LINES = 4000, 20
"""Of a job's error log, in the record of a cell that it lost."""
TIME_LIMIT = ("TIMEOUT", "SIGUSR2")
"""Words of Slurm and of a task for one that ran out of its time."""


class JobLost(Exception):
    """A job ended without a record of a cell that it was to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How a task ended that left cells without a record."""

    kind: Literal["interrupted", "cancelled", "failed"]
    """Through no doing of its cells, because somebody wanted it, or by itself."""
    time_limit: bool
    words: str
    tail: str
    """The last lines of its error log."""


def loss(submission: Submission, index: int, results_dir: str | Path, *, silent: bool) -> Loss:
    """How the task ended, by what it said itself, by what Slurm remembers, and by its log.

    `silent`: it had given no sign of life, and the sweep cancelled it.
    """
    task_id = submission.task_id(index)
    files = submission.folder(results_dir)
    own = _read(files / f"{task_id}.ended")
    log = files / f"{task_id}_0_log.err"
    tail = "\n".join(_read(log, last=TAIL_BYTES).splitlines()[-TAIL_LINES:])
    ended = queue.ended(task_id)
    state = ended.state if ended else _state_by_log(tail, started=log.exists())
    node = (ended.node if ended else "") or _read(files / f"{task_id}.started") or "no node"
    words = f"slurm job {task_id} on {node} ended without a record of this cell: {state}"
    if ended:
        words += f", exit code {ended.exit_code}"
    if own and own != DONE:
        words += f", after {own}"
    kind: Literal["interrupted", "cancelled", "failed"] = "failed"
    if silent:
        words += ", after it had given no sign of life"
    elif state == "CANCELLED":
        kind = "cancelled"
    elif own or state in queue.INTERRUPTED:  # it was told to end, and did, or left its cells to somebody else
        kind = "interrupted"
    return Loss(
        kind=kind,
        time_limit=state in TIME_LIMIT or own in TIME_LIMIT,
        words=f"{words} (its log: {log})",
        tail=tail,
    )


def _state_by_log(tail: str, *, started: bool) -> str:
    """Slurm's last word in the log of a job that it has forgotten.

    What was cancelled while it waited as part of an array is forgotten at once, and never had a log.
    """
    if not started:
        return "CANCELLED"
    if "CANCELLED AT" not in tail:
        return "gone"
    for reason, state in (("TIME LIMIT", "TIMEOUT"), ("PREEMPTION", "PREEMPTED"), ("NODE FAILURE", "NODE_FAIL")):
        if f"DUE TO {reason}" in tail:
            return state
    return "CANCELLED"


def last_sign(submission: Submission, index: int, results_dir: str | Path) -> int | None:
    """When the task last gave a sign of life, in nanoseconds of the file system's clock; None: not yet."""
    return _changed(submission.folder(results_dir) / f"{submission.task_id(index)}.alive")


def begun(submission: Submission, index: int, cells: Sequence[Cell], settings: Settings) -> list[Cell]:
    """Those of the task's cells that it had begun: their log is younger than its start."""
    marker = submission.folder(settings.results_dir) / f"{submission.task_id(index)}.started"
    start = _changed(marker)
    if start is None:
        return []
    logs = [(cell, _changed(cell.folder(settings.results_dir) / store.LOG)) for cell in cells]
    return [cell for cell, time in logs if time is not None and time >= start]


def record(cell: Cell, lost: Loss, submission: Submission, device: str) -> Record:
    """The record of a cell that its job left without one: `timeout` at the job's time limit, else `crashed`."""
    status = Status.TIMEOUT if lost.time_limit else Status.CRASHED
    error = JobLost(f"{lost.tail}\n{lost.words}".strip())
    return failed(cell, status, error, submission.started, device)


def _read(path: Path, last: int | None = None) -> str:
    """The file's text, or its last bytes; empty where there is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    return content[-last if last else 0 :].decode(errors="replace").strip()


def _changed(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
