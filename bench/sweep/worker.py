"""A worker process: runs the cells it is sent, one after the other, and stays warm between them."""

import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.cell import Cell
from bench.config import Settings
from bench.results.store import LOG


@dataclass(frozen=True, slots=True)
class Job:
    """One cell to run."""

    cell: Cell
    settings: Settings


def serve(connection: Connection, gpu: str | None) -> None:
    """Run jobs from `connection` until it says None or closes; answer each with its record's status.

    `gpu` is the UUID of the one device that this worker may see; None leaves the devices as they are.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which decides
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu  # before anything imports torch
    while True:
        try:
            job: Job | None = connection.recv()
        except EOFError:
            return  # the parent is gone
        if job is None:
            return
        connection.send(_run(job))


def _run(job: Job) -> str:
    folder = job.cell.folder(job.settings.results_dir)
    folder.mkdir(parents=True, exist_ok=True)
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    # the descriptors themselves, so that what native libraries print is in the cell's log too
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)
    from bench.run import run_cell

    record = run_cell(job.cell, job.settings)
    sys.stdout.flush()
    sys.stderr.flush()
    return record.status.value
