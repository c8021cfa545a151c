"""One array of jobs: submitting it, and the file that lets a later sweep find it again.

The file is written before the array is submitted, under the name that the jobs will carry, so that no array can be
in the queue without a file. `results/.slurm/<name>.json` is the file, `results/.slurm/<name>/` submitit's folder.
"""

import contextlib
import io
import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

from filelock import FileLock
from pydantic import Field, TypeAdapter

from bench.cell import Cell
from bench.errors import UserError, said
from bench.escape.filename import key_part
from bench.escape.terminal import say
from bench.extras import how_to_install, is_here
from bench.results import store
from bench.results.record import Status
from bench.results.regular import read_regular, validated
from bench.rights import shared_lock
from bench.running.provenance import now
from bench.settings import Settings
from bench.sweep.slurm.options import SlurmOptions

FOLDER = ".slurm"
COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol")
OWN_OPTIONS = ("array", "error", "job-name", "nodes", "ntasks", "open-mode", "output", "signal")
"""Options of sbatch that `options` may not touch."""


class Refused(Exception):
    """Slurm did not take a job; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An array of tasks, each of which runs some cells."""

    name: str
    """The jobs' name in the queue, unique."""
    started: str
    """ISO 8601, UTC."""
    tasks: tuple[tuple[str, ...], ...]
    """Keys of the cells of each task."""
    stamps: Mapping[str, store.Stamp | None]
    """Of the record that each cell had when it was chosen to be run, by key."""
    job_id: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None = None
    """Slurm's number; None until it has answered."""

    def task_id(self, index: int) -> str:
        """What Slurm calls the task."""
        return f"{self.job_id}_{index}" if len(self.tasks) > 1 else str(self.job_id)

    def folder(self, results_dir: str | Path) -> Path:
        """Where submitit keeps scripts and logs."""
        return home(results_dir) / self.name


_SUBMISSION = TypeAdapter(Submission)


def home(results_dir: str | Path) -> Path:
    """Where a results folder keeps its submissions."""
    return Path(results_dir).absolute() / FOLDER


def lock(results_dir: str | Path) -> FileLock:
    """To be held while it is looked up what is in the queue, and something is added to it."""
    home(results_dir).mkdir(parents=True, exist_ok=True)
    return shared_lock(home(results_dir) / "lock")


def check_slurm(options: SlurmOptions, settings: Settings) -> None:
    """Raise UserError where no job can be submitted from here, or not as asked."""
    if not is_here("submitit"):
        raise UserError(f"hydra/launcher=slurm needs a package that is not installed: {how_to_install('submitit')}")
    if missing := [command for command in COMMANDS if shutil.which(command) is None]:
        raise UserError(
            f"hydra/launcher=slurm needs Slurm's commands, and {', '.join(missing)} cannot be found: start the sweep "
            "on a machine that submits jobs"
        )
    if settings.device == "cuda" and options.gpus_per_task == 0:
        raise UserError("hydra.launcher.gpus_per_task=0 gives no GPU, and device=cuda needs one")
    if options.gpus(settings) and options.workers is not None:
        raise UserError(
            "hydra.launcher.workers is for the CPU; hydra.launcher.gpus_per_task=0 or device=cpu asks for no GPU"
        )
    if own := [name for name in options.options if name.replace("_", "-") in OWN_OPTIONS]:
        raise UserError(f"hydra.launcher.options.{own[0]} is the sweep's own to set (as are {', '.join(OWN_OPTIONS)})")
    if options.signal_seconds >= 60 * options.time_minutes:
        raise UserError(
            f"hydra.launcher.signal_seconds={options.signal_seconds} is not before the time limit "
            f"(hydra.launcher.time_minutes={options.time_minutes})"
        )


def submit(
    groups: Sequence[Sequence[Cell]],
    settings: Settings,
    options: SlurmOptions,
    stamps: Mapping[str, store.Stamp | None],
    *,
    after: str | None = None,
) -> Submission:
    """Submit an array with one task for each group of cells; with `after`, it starts when that job has ended.

    `stamps` (by key) are of the records that were there when the cells were chosen. Raises Refused, and then leaves
    nothing behind.
    """
    submission = Submission(
        name=f"{key_part(settings.title)}-{uuid.uuid4().hex[:8]}",
        started=now(),
        tasks=tuple(tuple(cell.key for cell in cells) for cells in groups),
        stamps={cell.key: stamps[cell.key] for cells in groups for cell in cells},
    )
    folder = submission.folder(settings.results_dir)
    folder.mkdir(parents=True)
    mode = folder.stat().st_mode
    folder.chmod(0o700)
    _write(submission, settings.results_dir)
    try:
        parameters = _parameters(submission, settings, options, after)
        submission = replace(submission, job_id=_submit(submission, groups, settings, options, parameters))
    except Refused:
        forget(submission, settings.results_dir)
        raise
    for path in folder.iterdir():  # batch script and tasks hold all options, secret ones too, and are the user's alone
        path.chmod(0o600)
    folder.chmod(mode)  # what tasks log is for all who share the results
    _write(submission, settings.results_dir)
    return submission


def _submit(
    submission: Submission,
    groups: Sequence[Sequence[Cell]],
    settings: Settings,
    options: SlurmOptions,
    parameters: Mapping[str, object],
) -> str:
    """Submit the array, with those parameters of submitit's; return Slurm's number of it. Raises Refused."""
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    from bench.sweep.slurm.task import run_task

    folder = submission.folder(settings.results_dir)
    executor = submitit.SlurmExecutor(folder)
    # the batch script becomes the program, which so gets the signals that Slurm sends to the script
    executor.python = f"exec {executor.python}"
    executor.update_parameters(**parameters)
    try:
        with contextlib.redirect_stderr(io.StringIO()), executor.batch():  # the error has the text as well
            jobs = [
                executor.submit(run_task, list(cells), _of(cells, submission.stamps), settings, options, folder)
                for cells in groups
            ]
    except (FailedJobError, FailedSubmissionError) as error:
        raise Refused(" ".join(str(error).split())) from error
    return str(jobs[0].job_id).partition("_")[0]


def _of(cells: Sequence[Cell], stamps: Mapping[str, store.Stamp | None]) -> dict[str, store.Stamp | None]:
    return {cell.key: stamps[cell.key] for cell in cells}


def _parameters(
    submission: Submission, settings: Settings, options: SlurmOptions, after: str | None
) -> dict[str, object]:
    """For submitit, which knows some options of sbatch by name and takes the others as they are."""
    more: dict[str, object] = {"signal": f"B:USR2@{options.signal_seconds}"}
    more |= {name.replace("_", "-"): value for name, value in options.options.items() if value is not False}
    if after is not None:
        more["dependency"] = f"afterany:{after}"
    parameters = {
        "job_name": submission.name,
        "time": options.time_minutes,
        "cpus_per_task": options.cpus_per_task,
        "gpus_per_node": options.gpus(settings) or None,
        "mem": None if options.memory_gb is None else f"{round(options.memory_gb * 1024)}M",
        "partition": options.partition,
        "array_parallelism": options.max_running or len(submission.tasks),
        "use_srun": False,
        "additional_parameters": more,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def load(results_dir: str | Path) -> list[Submission]:
    """The submissions that have not been forgotten, in the order in which they were made.

    What can't be read is told and left alone: jobs that it names, if there are any, hold claims on their cells.
    """
    found = []
    for path in sorted(home(results_dir).glob("*.json")):
        try:
            found.append(_read(path))
        except FileNotFoundError:  # forgotten just now
            continue
        except (OSError, ValueError) as error:
            say(f"slurm: {path} is no submission and is left alone: {said(error)}"[:1000], error=True)
    return sorted(found, key=lambda submission: submission.started)


def forget(submission: Submission, results_dir: str | Path, *, keep_logs: bool = False) -> None:
    """None of the submission's tasks is in the queue any more: remove its file, and its folder."""
    if not keep_logs:
        shutil.rmtree(submission.folder(results_dir), ignore_errors=True)
    _file(submission, results_dir).unlink(missing_ok=True)


def with_job_id(submission: Submission, job_id: str, results_dir: str | Path) -> Submission:
    """The submission and its file with the number that was found in the queue, where it has none."""
    if submission.job_id is None:
        submission = replace(submission, job_id=job_id)
        _write(submission, results_dir)
    return submission


def all_ok(submission: Submission, folders: Mapping[str, Path]) -> bool:
    """Whether each of the submission's cells has ended `ok`, as far as `folders` (by key) knows them."""
    keys = [key for keys in submission.tasks for key in keys]
    return all(key in folders and store.status(folders[key]) is Status.OK for key in keys)


def _file(submission: Submission, results_dir: str | Path) -> Path:
    return home(results_dir) / f"{submission.name}.json"


def _write(submission: Submission, results_dir: str | Path) -> None:
    store.write_atomically(_file(submission, results_dir), json.dumps(asdict(submission), indent=1).encode())


def _read(path: Path) -> Submission:
    """Raises OSError, and ValueError where the file is no submission."""
    found = validated(_SUBMISSION, read_regular(path))
    if found.name != path.stem:
        raise ValueError("it says that it has another name")
    return found
