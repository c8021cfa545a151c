"""Room for records, for caches and for what is to be downloaded."""

import os
from collections.abc import Iterator
from pathlib import Path

from bench.config import TransformerConfig
from bench.doctor.files import missing
from bench.doctor.finding import Finding, note, ok, problem, problem_if
from bench.doctor.sweep import Sweep
from bench.errors import UserError
from bench.running.preflight import check_place
from bench.sources.cache import cache_folder
from bench.sweep.wording import gigabytes

FULL = 100e6
"""Bytes: where less is free, records of a sweep and their predictions do not fit."""
LITTLE = 5e9
BYTES_A_PARAMETER = 2
"""Of weights to be downloaded, at least."""


def examine(sweep: Sweep) -> Iterator[Finding]:
    """The folders that a sweep writes to; where they are not there yet, those that they would be made in."""
    from huggingface_hub import constants

    settings = sweep.settings
    weights = sum(
        (source.parameters or 0) * 1e6 * BYTES_A_PARAMETER
        for source in missing(sweep)
        if isinstance(source, TransformerConfig)
    )
    yield _room("results_dir", settings.results_dir, FULL)
    yield _room("reports_dir", settings.reports_dir, FULL)
    yield _room("cache_dir", str(cache_folder(settings.cache_dir)), FULL)
    yield _room("HF_HUB_CACHE", constants.HF_HUB_CACHE, weights)


def _room(option: str, folder: str, needed: float) -> Finding:
    """Whether so many bytes can be written into a folder, by the numbers and by trying."""
    try:
        place = check_place(option, folder)
    except UserError as error:
        return problem_if(needed > 0, str(error), f"make room or give rights there, or set {option} to another folder")
    free, files = _free(place)
    text = f"{option}={folder}: {gigabytes(free)} free"
    if files == 0:
        return problem(f"{text}, but no further file fits (no inode is free)", "remove files there")
    if free < needed:
        return problem(f"{text}, and {gigabytes(needed)} at least are needed", f"make room, or set {option}")
    if free < LITTLE:
        return note(text, f"little: models and predictions add up; make room, or set {option}")
    return ok(text)


def _free(place: Path) -> tuple[int, int | None]:
    """Bytes and files that may be written; None for files without a limit."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None
