"""Which of several like jobs this one is, as clusters say it in the environment: what `shard=auto` goes by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bench.errors import UserError

AUTO = "auto"
_NUMBER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class System:
    """The variables by which a system numbers like jobs."""

    name: str
    index: str
    """The variable with this job's number. No job of several has it empty, or without digits."""
    first: str | int
    """The first job's number, or the variable that has it."""
    count: str | None = None
    """The variable with the number of jobs; None where the system sets none."""
    last: str | None = None
    """The variable with the last job's number, in the place of `count`."""
    step: str | None = None
    """The variable with the distance of numbers; 1 where it is not set."""


SYSTEMS = (
    System("SkyPilot", "SKYPILOT_NODE_RANK", 0, count="SKYPILOT_NUM_NODES"),
    System("a Kubernetes indexed Job", "JOB_COMPLETION_INDEX", 0),
    System("AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", 0, count="AWS_BATCH_JOB_ARRAY_SIZE"),
    System(
        "a Slurm array", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN",
        count="SLURM_ARRAY_TASK_COUNT", step="SLURM_ARRAY_TASK_STEP",
    ),
    System("a PBS array", "PBS_ARRAY_INDEX", 1),
    System("an LSF array", "LSB_JOBINDEX", 1, last="LSB_JOBINDEX_END", step="LSB_JOBINDEX_STEP"),
    System("a Grid Engine array", "SGE_TASK_ID", "SGE_TASK_FIRST", last="SGE_TASK_LAST", step="SGE_TASK_STEPSIZE"),
)  # fmt: skip
OWN = "FINETUNE_BENCH_JOB"
"""Set in jobs that a sweep submitted itself: their numbers count groups of its cells."""


def index_here(count: int | None, environment: Mapping[str, str]) -> tuple[int, int]:
    """This job's number, from 1, and the number of jobs, which `count` gives where the system does not.

    Raises UserError where no system says it, where two do, or where that is no number of so many.
    """
    found = [system for system in SYSTEMS if _is_set(system, environment)] if OWN not in environment else []
    if not found:
        raise UserError(
            f"shard={AUTO}: this is no job of several, for none of {', '.join(each.index for each in SYSTEMS)} is set; "
            "shard=1/4 is the first of four"
        )
    if len(found) > 1:
        raise UserError(
            f"shard={AUTO}: {' and '.join(each.index for each in found)} are both set; say which one counts: "
            f"shard=$(({found[0].index} + 1))/4, say"
        )
    (system,) = found
    total = _count(system, environment) if count is None else count
    if total is None:
        raise UserError(f"shard={AUTO}: {system.name} does not say how many jobs there are: shard={AUTO}/4, say")
    number, first, step = _read(environment, system.index), _first(system, environment), _step(system, environment)
    past, odd = divmod(number - first, step)
    if odd or not 0 <= past < total:
        steps = f" in steps of {step}" if step > 1 else ""
        raise UserError(
            f"shard={AUTO}: {system.index}={number} is none of {total} jobs that are numbered from {first}{steps}"
        )
    return past + 1, total


def _is_set(system: System, environment: Mapping[str, str]) -> bool:
    value = environment.get(system.index, "")
    is_job = _NUMBER.fullmatch(value) is not None  # Grid Engine writes `undefined` outside of arrays
    return is_job and not (system.index == "LSB_JOBINDEX" and value == "0")  # and LSF 0


def _first(system: System, environment: Mapping[str, str]) -> int:
    return system.first if isinstance(system.first, int) else _read(environment, system.first)


def _step(system: System, environment: Mapping[str, str]) -> int:
    is_said = system.step is not None and system.step in environment
    return max(1, _read(environment, str(system.step))) if is_said else 1


def _count(system: System, environment: Mapping[str, str]) -> int | None:
    if system.count is not None:
        return _read(environment, system.count)
    if system.last is None:
        return None
    return (_read(environment, system.last) - _first(system, environment)) // _step(system, environment) + 1


def _read(environment: Mapping[str, str], name: str) -> int:
    """The number in a variable. Raises UserError where there is none."""
    value = environment.get(name, "")
    if _NUMBER.fullmatch(value) is None:
        raise UserError(f"shard={AUTO}: {name}={value[:60]} is no number; shard=1/4 is the first of four")
    return int(value)
