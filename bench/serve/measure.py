"""`bench serve MODEL --measure`: how fast a model answers, asked over HTTP from this machine."""

import ctypes
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.arguments import option_of
from bench.errors import UserError, said
from bench.models import files, kept, refitted
from bench.models.kept import KeptModel
from bench.predict.cell import cell_of
from bench.predict.file_options import FileOptions
from bench.predict.loading import Wanted, device_of
from bench.results import store
from bench.results.serving import FILE, Asked, Serving
from bench.running.cores import cores
from bench.running.provenance import device_name, now, packages
from bench.serve.callers import bodies_of, health, measured
from bench.serve.options import Limits
from bench.sources.cache import cache_folder

CALLERS = (1, 8, 64)
SECONDS = 10.0
WARM_SECONDS = 2.0
"""How long a first caller asks before anything is measured."""
ENDING_SECONDS = 30
"""How long the server may take to end."""
SET_PARENT_DEATH_SIGNAL = 1
"""`PR_SET_PDEATHSIG` of Linux's prctl(2)."""


@dataclass(frozen=True, slots=True)
class Plan(FileOptions):
    """What is to be measured."""

    callers: Sequence[int] = CALLERS
    seconds: float = SECONDS
    """Of each number of callers."""
    texts: str | None = None
    """A file, as of `bench predict --file`; None: made up."""


def measure(folder: Path, model: tuple[Path, KeptModel], wanted: Wanted, limits: Limits, plan: Plan) -> Serving:
    """Serve the model of `folder` in a process of its own, ask it, and write `serving.json` into the model's folder.

    `model` is what `bench.predict.loading.described` gives of `folder`. Raises UserError where texts can't be read,
    the server does not start, or it refuses a text.
    """
    where, description = model
    device = device_of(description, wanted)
    texts = _texts(plan, description)
    cells, refit = _cells(where)
    if not os.access(where, os.W_OK):  # before it is measured for nothing
        raise UserError(f"{where} cannot be written: {FILE} goes there")
    with served(folder, wanted, limits) as (port, ready_seconds):
        bodies = bodies_of(texts)
        measured(port, bodies, 1, min(WARM_SECONDS, plan.seconds))
        loads = [measured(port, bodies, callers, plan.seconds) for callers in plan.callers]
        told = health(port)
    found = Serving(
        measured=now(),
        cells=cells,
        refit=refit,
        device="cuda" if device == "cuda" else "cpu",
        device_name=device_name(device),
        cores=cores(),
        platform=platform.platform(),
        packages=packages(),
        options=asdict(limits),
        texts=None
        if plan.texts is None
        else Asked(source=Path(plan.texts).name, count=len(texts), mean_characters=statistics.fmean(map(len, texts))),
        ready_seconds=ready_seconds,
        memory_bytes=told["memory_bytes"],
        gpu_memory_bytes=told["gpu_memory_bytes"],
        model_bytes=sum((where / name).stat().st_size for name in kept.file_hashes(where)),
        base_bytes=_base_bytes(description, wanted),
        loads=tuple(loads),
    )
    try:
        found.write(where)
    except OSError as error:
        raise UserError(f"{where} cannot be written: {said(error)}") from error
    return found


@contextmanager
def served(folder: Path, wanted: Wanted, limits: Limits) -> Iterator[tuple[int, float]]:
    """The port of a server of the model in `folder`, and the seconds until it was ready. Raises UserError."""
    begun = time.perf_counter()
    words = [sys.executable, "-m", "bench.serve", str(folder), "--port", "0", "--device", wanted.device]
    for name, value in asdict(limits).items():
        words += [option_of(name), str(value)]
    words += ["--trust-remote-code"] if wanted.trust_remote_code else []
    words += [] if wanted.mirror_dir is None else ["--mirror-dir", wanted.mirror_dir]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:  # a pipe that nobody reads would fill
        end_with_parent = _end_with_parent if sys.platform == "linux" else None
        server = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=errors, text=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - there are no threads yet
        )  # fmt: skip
        try:
            assert server.stdout is not None
            port = re.search(r":(\d+)/predict \(Ctrl-C ends it\)$", server.stdout.readline().rstrip())
            if port is None:
                raise UserError(_reason(errors))
            yield int(port[1]), time.perf_counter() - begun
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _end_with_parent() -> None:
    """End this process when the one that measures is killed."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _reason(errors: Any) -> str:
    """What a server said that did not start."""
    errors.seek(0)
    lines = [line.strip() for line in errors if line.strip()]
    first = next((line for line in lines if line.startswith("error: ")), lines[-1] if lines else "")
    return first.removeprefix("error: ") or "the server did not start, and said nothing of why"


def _texts(plan: Plan, description: KeptModel) -> list[str]:
    """Those of a file, none where they are made up. Raises UserError."""
    if plan.texts is None:
        return []
    found, places = plan.read(plan.texts, description)
    texts = [found.texts[place] for place in places]
    if not texts:
        raise UserError(f"--texts {plan.texts} has no text")
    return texts


def _cells(model: Path) -> tuple[tuple[str, ...], bool]:
    """Keys of the cells that a model is of, none where that is not known, and whether `bench best` trained it on all
    rows."""
    if (model / refitted.FILE).is_file():
        return tuple(refitted.read(model).cells), True
    cell = cell_of(model)
    record = None if cell is None else store.read(cell)
    return () if record is None else (record.key,), False


def _base_bytes(description: KeptModel, wanted: Wanted) -> int | None:
    """Bytes of the weights of a base that the model needs beside its folder; None where they are not here."""
    if description.base is None:
        return 0
    location = files.locate(description.base, cache=cache_folder(wanted.cache_dir), mirror_dir=wanted.mirror_dir)
    return files.weight_bytes(location, description.base.revision)
