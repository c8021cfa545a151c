"""What Slurm says about jobs: who is in the queue, and how one ended. Works without accounting."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

PATIENCE_SECONDS = 60.0
"""For one answer."""

INTERRUPTED = ("TIMEOUT", "PREEMPTED", "NODE_FAIL", "BOOT_FAIL", "REQUEUED")
"""States of jobs that ended through no doing of their cells; a cell that is too long for the time limit aside."""


class NoAnswer(Exception):
    """The controller did not answer; nothing is known about any job."""


@dataclass(frozen=True, slots=True)
class Queued:
    """An array task (or a job) in the queue."""

    job_id: str
    """Of the whole array."""
    state: str
    reason: str

    @property
    def waits(self) -> bool:
        """Whether it has not started yet."""
        return self.state == "PENDING"


def queued(names: Iterable[str]) -> dict[tuple[str, int], Queued]:
    """What is in the queue of jobs with these names, by name and array index (0 for a job that is no array).

    Pending, running and completing tasks are in the queue, ended ones are not. Raises NoAnswer.
    """
    wanted = ",".join(names)
    if not wanted:
        return {}
    lines = _ask("squeue", "--noheader", "--array", f"--name={wanted}", "--format=%j|%F|%K|%T|%r").splitlines()
    found = {}
    for line in lines:
        name, job_id, index, state, reason = line.strip().split("|", 4)
        found[name, int(index) if index.isdigit() else 0] = Queued(job_id, state, reason)
    return found


@dataclass(frozen=True, slots=True)
class Ended:
    """How Slurm remembers a job that is out of the queue."""

    state: str
    """Slurm's word for it, `COMPLETED` or `TIMEOUT`, say."""
    exit_code: str
    """`code:signal`."""
    node: str


def ended(task_id: str) -> Ended | None:
    """How the job or array task ended: by the controller, which forgets after minutes, or by accounting; else None."""
    try:
        text = _ask("scontrol", "show", "job", "--oneliner", task_id)
    except NoAnswer:
        return _accounted(task_id)
    fields = dict(re.findall(r"(\w+)=(\S*)", text))
    return Ended(fields.get("JobState", "?"), fields.get("ExitCode", "?"), fields.get("NodeList", "?"))


def _accounted(task_id: str) -> Ended | None:
    command = ("--noheader", "--parsable2", "--allocations", f"--jobs={task_id}", "--format=State,ExitCode,NodeList")
    try:
        lines = _ask("sacct", *command).splitlines()
    except NoAnswer:
        return None  # there is no accounting, or it does not know the job
    if not lines:
        return None
    state, code, node = lines[-1].split("|")
    return Ended(state.split()[0], code, node)  # "CANCELLED by 1000"


def max_array_size(patience: float = PATIENCE_SECONDS) -> int:
    """How many tasks an array may have. Raises NoAnswer."""
    said = _ask("scontrol", "show", "config", patience=patience)
    match = re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.MULTILINE)
    return int(match[1]) if match else 1001  # Slurm's own default


def cancel(job_ids: Iterable[str], *, waiting_only: bool = False) -> None:
    """Cancel jobs and arrays, or those of their tasks that have not started. Raises NoAnswer."""
    _ask("scancel", *(["--state=PENDING"] if waiting_only else []), *job_ids)


def _ask(*command: str, patience: float = PATIENCE_SECONDS) -> str:
    try:
        ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=patience)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswer(f"{command[0]}: {error}") from error
    if ended.returncode != 0:
        raise NoAnswer((ended.stderr.strip() or f"{command[0]} ended with {ended.returncode}").splitlines()[-1])
    return ended.stdout
