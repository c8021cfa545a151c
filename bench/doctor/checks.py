"""What the doctor looks at. A further check is one entry, and a function of a sweep that yields findings."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.doctor import cpu, disk, experiment, files, gpus, hub, installed, memory, slurm
from bench.doctor.finding import Finding, problem
from bench.doctor.sweep import Sweep
from bench.errors import UserError, said
from bench.escape.terminal import say

Check = Callable[[Sweep], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "experiment": experiment.examine,
    "Python": installed.python,
    "torch": installed.torch,
    "GPU": gpus.devices,
    "bf16": gpus.bf16,
    "4-bit": gpus.four_bit,
    "CPU": cpu.examine,
    "memory": memory.examine,
    "disk": disk.examine,
    "hub": hub.reach,
    "token": hub.token,
    "licences": hub.licences,
    "files": files.examine,
    "Slurm": slurm.examine,
}
"""By subject, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """A finding and what it is about."""

    subject: str
    finding: Finding


def examined(sweep: Sweep) -> Iterator[Line]:
    """The findings of all checks, as they come; a problem that several of them meet is said by the first alone."""
    told: set[str] = set()
    for subject, check in CHECKS.items():
        for finding in _found(check, sweep):
            if finding.state != "problem" or finding.text not in told:
                yield Line(subject, finding)
            told.add(finding.text)


def _found(check: Check, sweep: Sweep) -> Iterator[Finding]:
    """A check that breaks off is a problem, and costs the others nothing."""
    try:
        yield from check(sweep)
    except UserError as error:
        yield problem(str(error))
    except Exception as error:
        say(traceback.format_exc().rstrip(), error=True)
        yield problem(f"could not be looked at: {type(error).__name__}: {said(error)}")
