"""A claim as its file says it, and what else may stand in its place: half of one, somebody else's, no file at all."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from bench.results.processes import is_alive, machine
from bench.results.regular import MEGABYTE, Repeated, read_regular, validated

CLAIM = "claim.json"
Name = Annotated[str, Field(max_length=1000)]
Process = Annotated[str, Field(pattern=r"^[0-9]{1,10}@[0-9?]{0,20}$")]
"""As `processes.process` names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who runs a cell, as its file says it."""

    owner: Name
    """Unique to this claim."""
    host: Name
    machine: Name
    """Host, boot and process namespace: processes can be looked up only there (`processes.machine`)."""
    processes: Annotated[tuple[Process, ...], Field(min_length=1)]
    """The sweep's process (`processes.own_process`), and others that must be dead before it is."""
    device: Name
    started: Name
    """ISO 8601, UTC."""
    launcher: Name = "pool"
    job: Name | None = None
    """What a cluster calls the job."""


@dataclass(frozen=True, slots=True)
class Odd:
    """What is in a claim's place and is none that can be read."""

    reason: str
    torn: bool = False
    """Whether it is half of one, or nothing: its writer was ended meanwhile, or still writes."""
    is_file: bool = True


_CLAIM = TypeAdapter(Claim)


def look(folder: Path) -> Claim | Odd | None:
    """The claim on the cell in `folder`, whatever it is; None where there is none."""
    path = folder / CLAIM
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return Odd("it is not a regular file", is_file=False)
        content = read_regular(path, MEGABYTE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Odd(error.strerror or str(error))
    try:
        return validated(_CLAIM, content)
    except Repeated as error:
        return Odd(str(error))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "content"
        return Odd(f"{where}: {first['msg']}", torn=first["type"] == "json_invalid")


def read(folder: Path) -> Claim | None:
    """The claim on the cell in `folder`; None where there is none that can be read."""
    found = look(folder)
    return found if isinstance(found, Claim) else None


def is_dead(claim: Claim) -> bool:
    """Whether the claim's owner is known to be dead: its processes can be looked up on their own machine only."""
    return claim.machine == machine() and not any(map(is_alive, claim.processes))
