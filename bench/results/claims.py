"""Claims: who runs a cell now, so that no two sweeps over the same results ever run it at once.

A claim is a file in the cell's folder. Creating it is exclusive, also on network file systems. A claim whose owner is
dead is taken over: on the same machine that is known from the processes, elsewhere from a claim that its owner has
stopped touching. How long that is gets measured with the watcher's own clock, so clocks need not agree and may be
moved.

`filelock.SoftFileLease` (read at 4.2.11) does the same by the same means: heartbeats, boots, process namespaces,
takeover. Claims are not made of it, for three things that it has not. A claim here is dead only when the sweep and its
worker both are, for a worker may outlive its sweep by a moment. Its file says to `status` and `watch` what runs where,
since when, in which job. And one thread touches all claims of a process, where a stack of 64 cells would have 64. What
would be left to write on top of a lease is about what is here.
"""

import errno
import json
import os
import platform
import time
import uuid
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock

from bench.results.claim_file import CLAIM, Claim, Odd, is_dead, look, read
from bench.results.fresh import kept_fresh
from bench.results.processes import machine, own_process
from bench.results.store import write_atomically
from bench.rights import shared_lock
from bench.running.provenance import now

__all__ = ["CLAIM", "Claim", "Claims", "Odd", "cluster_job", "is_dead", "look", "read"]

LOCK = ".takeover.lock"
"""In the results folder: held for a moment while a claim is taken over or given up."""
TOUCH_SECONDS = 15.0
"""How often an owner touches its claims."""
STALE_SECONDS = 120.0
"""A claim of another machine that is not touched for so long has lost its owner."""
TORN_SECONDS = 20.0
"""Half of a claim that stays so for this time, in which any owner touches it, is nobody's."""
ELSEWHERE = "/elsewhere"
"""Behind a host whose processes nobody looks up: no machine is called so (`processes.machine`)."""
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)
"""What file systems without hard links answer."""


def cluster_job() -> str | None:
    """What Slurm calls the job that this process is part of (`12`, or `12_3` in an array); None outside of jobs."""
    array, index = (os.environ.get(f"SLURM_ARRAY_{name}") for name in ("JOB_ID", "TASK_ID"))
    return f"{array}_{index}" if array else os.environ.get("SLURM_JOB_ID")


class Claims:
    """The claims that this process holds, in one results folder. As a context it touches them, and gives them up."""

    def __init__(self, results_dir: str | Path, launcher: str = "pool", job: str | None = None) -> None:
        self.results_dir, self.launcher, self.job = Path(results_dir), launcher, job or cluster_job()
        self.held: dict[Path, Claim] = {}
        self._watched: dict[Path, tuple[object, float]] = {}
        self._fresh = ExitStack()

    def __enter__(self) -> "Claims":
        # one that is gone was taken by somebody who took this process for dead; `release` looks whose it is
        self._fresh.enter_context(kept_fresh(self._files, lambda: TOUCH_SECONDS, _touch, "claims"))
        return self

    def __exit__(self, *_: object) -> None:
        self._fresh.close()
        for folder in list(self.held):
            self.release(folder)

    def take(self, folder: Path, device: str, processes: tuple[str, ...] = (), *, host: str | None = None) -> bool:
        """Claim the cell in `folder`; False where somebody who is alive, as far as is known, has it.

        `processes` (`processes.process`) must be dead, beside this one, before anyone on this machine takes it over.
        `host` is where the cell runs, if that is elsewhere: then no processes tell, and others wait until this claim is
        not touched any more.
        Look at the cell's record again afterwards: another sweep may have run it meanwhile. Raises OSError where it
        can't be claimed; that is about this cell alone, but for the numbers in `regular.FULL`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        found = look(folder)
        if isinstance(found, Odd) and not found.is_file:
            raise OSError(errno.EINVAL, found.reason, str(folder / CLAIM))
        is_there = found is not None
        if is_there and not self._is_dead(folder):
            return False
        claim = Claim(
            owner=uuid.uuid4().hex,
            host=host or platform.node(),
            machine=machine() if host is None else f"{host}{ELSEWHERE}",
            processes=(own_process(), *processes),
            device=device,
            started=now(),
            launcher=self.launcher,
            job=self.job,
        )
        taken = self._take_over(folder, claim) if is_there else _create(folder / CLAIM, claim)
        if taken:
            self.held[folder] = claim
            self._watched.pop(folder, None)
        return taken

    def release(self, folder: Path) -> None:
        """Give up the claim on the cell in `folder`, unless somebody took this process for dead and has it now.

        Where the file system refuses that, it stays until it is seen that this process has ended.
        """
        claim = self.held.pop(folder)
        with suppress(OSError), _lock(self.results_dir):
            current = read(folder)
            if current is not None and current.owner == claim.owner:
                (folder / CLAIM).unlink(missing_ok=True)

    def drop_own_job(self, folder: Path) -> None:
        """Remove a claim that this process's cluster job made before it was requeued: the job runs only once at a time.

        Not for jobs in which several processes run cells. Raises OSError.
        """
        with _lock(self.results_dir):
            claim = read(folder)
            if claim is not None and self.job is not None and claim.job == self.job and folder not in self.held:
                (folder / CLAIM).unlink(missing_ok=True)

    def _is_dead(self, folder: Path) -> bool:
        """Whether the owner of a claim that is there has ended, or has stopped touching it while this one watched."""
        found = look(folder)
        if isinstance(found, Claim) and found.machine == machine():
            return is_dead(found)
        try:
            stamp = (found.owner if isinstance(found, Claim) else None, (folder / CLAIM).lstat().st_mtime_ns)
        except FileNotFoundError:
            return False  # given up just now: the next try will have it
        first, since = self._watched.setdefault(folder, (stamp, time.monotonic()))
        if first != stamp:
            self._watched[folder] = (stamp, time.monotonic())
            return False
        patience = min(TORN_SECONDS, STALE_SECONDS) if isinstance(found, Odd) and found.torn else STALE_SECONDS
        return time.monotonic() - since > patience

    def _take_over(self, folder: Path, claim: Claim) -> bool:
        """Put `claim` in the place of a dead one; False where another watcher was quicker."""
        with _lock(self.results_dir):
            if not self._is_dead(folder):
                return False
            write_atomically(folder / CLAIM, _content(claim))
            return True

    def _files(self) -> list[Path]:
        return [folder / CLAIM for folder in list(self.held)]


def _touch(path: Path) -> None:
    os.utime(path)


def _content(claim: Claim) -> bytes:
    return json.dumps(asdict(claim), indent=1).encode()


def _create(path: Path, claim: Claim) -> bool:
    """Make the file, whole and exclusively; False where there is one."""
    temporary = path.with_name(f".{CLAIM}.{claim.owner}")
    try:
        temporary.write_bytes(_content(claim))
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return _create_without_links(path, claim)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _create_without_links(path: Path, claim: Claim) -> bool:
    """The same on file systems that have no hard links: exclusive too, but a reader may see half of it.

    Who sees half of it for long takes it for nobody's; then it was not this one's for long enough to count.
    """
    try:
        with path.open("xb") as file:
            file.write(_content(claim))
    except FileExistsError:
        return False
    found = read(path.parent)
    return found is not None and found.owner == claim.owner


def _lock(results_dir: Path) -> FileLock:
    return shared_lock(results_dir / LOCK)
